"""PagerDuty's Events API at its own addresses: any sender with a PagerDuty integration works by changing the address.

The answers have PagerDuty's shape, whatever went wrong: its clients read `errors`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts import changes, door
from alerts.door import Refused, Sender
from alerts.habits import PAGERDUTY
from alerts.payloads import Malformed, Oversize
from alerts.payloads.pagerduty import InvalidEvent, read_change, read_pagerduty, read_version_1
from alerts.posted import Posted, glance, read_whole

PROCESSED, CHANGE_PROCESSED = "Event processed", "Change event processed"
KEYS = ("routing_key", "service_key")
WORDS_OF = {401: "Invalid routing key", 410: "The routing key was revoked"}


def enqueue(request: HttpRequest) -> HttpResponse:
    """`POST /v2/enqueue`: 202 with the event's key, which is made where it has none."""

    def answer(sender: Sender, posted: Posted, at: datetime) -> HttpResponse:
        received = door.take(request, sender, posted.reader(read_pagerduty), at=at, posted=posted.body)
        return JsonResponse({"status": "success", "message": PROCESSED, "dedup_key": received.dedup_key}, status=202)

    return _answer(request, answer)


def create_event(request: HttpRequest) -> HttpResponse:
    """`POST /generic/2010-04-15/create_event.json`, version 1: 200 with the event's key."""

    def answer(sender: Sender, posted: Posted, at: datetime) -> HttpResponse:
        received = door.take(request, sender, posted.reader(read_version_1), at=at, posted=posted.body)
        return JsonResponse({"status": "success", "message": PROCESSED, "incident_key": received.dedup_key})

    return _answer(request, answer)


def change(request: HttpRequest) -> HttpResponse:
    """`POST /v2/change/enqueue`: something was changed. It pages nobody."""

    def answer(sender: Sender, posted: Posted, at: datetime) -> HttpResponse:
        door.verify(request, sender, posted.body, at=at)
        try:
            event = read_change(posted.read())
        except (Malformed, Oversize) as error:
            door.malformed(sender, str(error), at=at, content=posted.body)
            raise
        changes.take(sender.source, event, at=at)
        return JsonResponse({"status": "success", "message": CHANGE_PROCESSED}, status=202)

    return _answer(request, answer)


def _answer(request: HttpRequest, answer: Callable[[Sender, Posted, datetime], HttpResponse]) -> HttpResponse:
    if request.method != "POST":
        response = _invalid(405, _("Events are posted here; nothing can be read"))
        response["Allow"] = "POST"
        return response
    at = timezone.now()
    posted = glance(request)
    secret = request.headers.get("X-Routing-Key", "").strip() or posted.text(*KEYS)
    try:
        sender = door.admit(request, secret, kinds=(PAGERDUTY,), at=at)
        return answer(sender, read_whole(request, posted), at)
    except InvalidEvent as error:
        return _invalid(400, *error.errors)
    except Refused as error:
        cause = error.__context__
        if isinstance(cause, InvalidEvent):
            return _invalid(400, *cause.errors)
        if not secret:
            return _invalid(400, str(posted.why).rstrip(".") if posted.why else "'routing_key' is missing or blank")
        return _invalid(400, WORDS_OF.get(error.status) or error.sentence.rstrip("."))
    except (Malformed, Oversize) as error:
        return _invalid(400, str(error).rstrip("."))


def _invalid(status: int, *errors: Any) -> HttpResponse:
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": list(errors)}
    return JsonResponse(body, status=status)
