"""PagerDuty's Events API at its own addresses: any sender with a PagerDuty integration works by changing the address.

The answers have PagerDuty's shape, whatever went wrong: its clients read `errors`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts import changes, door
from alerts.door import Reader, Refused, Sender
from alerts.habits import PAGERDUTY
from alerts.payloads import Malformed, Oversize, Parsed
from alerts.payloads.pagerduty import InvalidEvent, read_change, read_pagerduty, read_version_1
from alerts.payloads.reading import Reading, read_value
from alerts.requests import read_body

PROCESSED, CHANGE_PROCESSED = "Event processed", "Change event processed"
KEYS = ("routing_key", "service_key")
KEY_IN_TEXT = re.compile(rb'"(?:routing|service)_key"\s*:\s*"([^"\\]{1,200})"')
"""The key in a body that cannot be read: so that its owner is told, and not nobody."""
WORDS_OF = {401: "Invalid routing key", 410: "The routing key was revoked"}


@dataclass(frozen=True, slots=True)
class Posted:
    """A body that was read to find its key. `why` is what makes it unreadable."""

    body: bytes
    reading: Reading | None = None
    why: Exception | None = None

    def read(self) -> Reading:
        """Its value. Raises Malformed, Oversize."""
        if self.reading is None:
            raise self.why or Malformed(_("The body is empty."))
        return self.reading

    def reader(self, read: Callable[[Reading], Parsed]) -> Reader:
        """What the door calls to read it; it was read from its bytes already."""
        return lambda _body, _content_type: read(self.read())

    @property
    def key(self) -> str:
        """The key that it names, "" without one."""
        if self.reading is None:
            found = KEY_IN_TEXT.search(self.body)
            return found[1].decode(errors="replace") if found else ""
        value = self.reading.value if isinstance(self.reading.value, dict) else {}
        return next((text.strip() for name in KEYS if isinstance(text := value.get(name), str) and text.strip()), "")


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
    posted = _posted(request)
    secret = request.headers.get("X-Routing-Key", "").strip() or posted.key
    try:
        sender = door.admit(request, secret, kinds=(PAGERDUTY,), at=at)
        return answer(sender, posted, at)
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


def _posted(request: HttpRequest) -> Posted:
    body = b""
    try:
        body = read_body(request)
        return Posted(
            body, read_value(body, *(request.headers.get(name, "") for name in ("Content-Type", "Content-Encoding")))
        )
    except Oversize as error:
        return Posted(error.head, why=error)
    except Malformed as error:
        return Posted(body, why=error)
    except OSError:
        return Posted(b"", why=Malformed(_("The body ended too early.")))


def _invalid(status: int, *errors: Any) -> HttpResponse:
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": list(errors)}
    return JsonResponse(body, status=status)
