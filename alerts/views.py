"""Our own addresses for alerts. They answer 2xx after the commit, and 503 when nothing was kept."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts import keys, replays, sns
from alerts.door import Reader, Refused, Sender, Unwrap, admit, take
from alerts.intake import Received
from alerts.kinds import KINDS, read_as
from alerts.models import Source
from alerts.outcomes import decisions
from alerts.payloads.cloudevents import structured
from foundation.direct import refusal


def intake(request: HttpRequest, kind: str, key: str = "") -> HttpResponse:
    """`POST /api/in/{kind}[/{key}]`: 202 with how many alerts were read, their incidents, and the decision on each."""
    if kind not in KINDS:
        return refusal(404, "not_found", _("There is no kind of alerts called %s.") % kind[:50])
    if request.method != "POST":
        return only_posts()
    at = timezone.now()
    try:
        sender = admit(request, keys.presented(request, key), kinds=(kind,), at=at)
        received = receive_as(request, sender, kind, at=at)
    except Refused as error:
        return refusal(error.status, error.code, error.sentence)
    return JsonResponse(_answer(received, sender.source), status=202)


def _answer(received: Received, source: Source) -> dict[str, Any]:
    """What the sender reads: `delivery` is the address at which people see the way of each alert."""
    said: dict[str, Any] = {"accepted": received.accepted, "incidents": received.incidents}
    if told := decisions(received.outcome):
        path = f"/services/sources/{source.slug}/deliveries/{received.body}/"
        said |= {"decisions": told, "delivery": f"{settings.SHARPEND_URL}{path}"}
    return said | ({"dedup_key": received.dedup_key} if received.dedup_key else {})


def only_posts() -> HttpResponse:
    """405: nothing is read here, and nothing is redirected."""
    response = refusal(405, "method_not_allowed", _("Alerts are posted here; nothing can be read."))
    response["Allow"] = "POST"
    return response


def receive_as(request: HttpRequest, sender: Sender, kind: str, *, at: datetime) -> Received:
    """Take in what was posted, read as `kind`. Raises as `take` does."""
    read: Reader = replays.named(kind, sender.source, partial(read_as, kind, sender.source))
    folded: Unwrap = _with_attributes if kind == "cloudevents" else _with_query
    if kind == "sns":
        folded, read = sns.checked(sender, read, at=at)
    return take(request, sender, read, at=at, unwrap=folded)


def _with_attributes(request: HttpRequest, body: bytes) -> bytes:
    return structured(request.headers, body, request.headers.get("Content-Type", ""))


def _with_query(request: HttpRequest, body: bytes) -> bytes:
    """UptimeRobot and curl without a body say everything behind the question mark."""
    return body or request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
