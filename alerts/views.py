"""Our own addresses for alerts. They answer 2xx after the commit, and 503 when nothing was kept."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts import keys
from alerts.door import Refused, admit, take
from alerts.kinds import KINDS, reader_of
from alerts.payloads import Parsed, parse
from foundation.direct import refusal


def intake(request: HttpRequest, kind: str, key: str = "") -> HttpResponse:
    """`POST /api/in/{kind}[/{key}]`: 202 with how many alerts were read and which incidents they belong to."""
    if kind not in KINDS:
        return refusal(404, "not_found", _("There is no kind of alerts called %s.") % kind[:50])
    if request.method != "POST":
        return only_posts()
    at = timezone.now()
    try:
        sender = admit(request, keys.presented(request, key), kinds=(kind,), at=at)
        received = take(request, sender, partial(_read, kind, sender.source.slug), at=at)
    except Refused as error:
        return refusal(error.status, error.code, error.sentence)
    answer = {"accepted": received.accepted, "incidents": received.incidents}
    return JsonResponse(answer | ({"dedup_key": received.dedup_key} if received.dedup_key else {}), status=202)


def only_posts() -> HttpResponse:
    """405: nothing is read here, and nothing is redirected."""
    response = refusal(405, "method_not_allowed", _("Alerts are posted here; nothing can be read."))
    response["Allow"] = "POST"
    return response


def _read(kind: str, slug: str, body: bytes, content_type: str) -> Parsed:
    return parse(reader_of(kind), body, content_type, source_slug=slug)
