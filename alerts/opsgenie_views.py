"""Opsgenie's Alert API, and the same under Jira Service Management's prefix: its senders work by changing the address.

A write is done when it is answered, though the answer says "will be processed": that is what its clients expect to read.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts import door, keys, opsgenie
from alerts.door import Refused, Sender
from alerts.habits import OPSGENIE
from alerts.opsgenie_list import NotUnderstood, asked_for, span
from alerts.opsgenie_words import alert_words, paging_words, request_words
from alerts.payloads import Malformed, Oversize, Parsed
from alerts.payloads.opsgenie import MessageMissing, named, object_of, read_opsgenie, text_in
from alerts.posted import Posted, read_posted
from alerts.rows import Letter

PROCESSED = "Request will be processed"
CLOSE, ACKNOWLEDGE = "close", "acknowledge"
PUTS = frozenset({"message", "description", "priority"})
KINDS = (opsgenie.ID, opsgenie.ALIAS, opsgenie.TINY)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what it is called, and when it came."""

    request: HttpRequest
    at: datetime
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    began: float = field(default_factory=time.perf_counter)

    def answer(self, status: int, **words: Any) -> HttpResponse:
        """Their shape: what it took in seconds, and the request's id."""
        took = round(time.perf_counter() - self.began, 3)
        return JsonResponse({**words, "took": took, "requestId": self.request_id}, status=status)

    @property
    def kind(self) -> str:
        """Of which kind the identifier in the address is."""
        asked = self.request.GET.get("identifierType", "").lower()
        return asked if asked in KINDS else opsgenie.ID


def alerts(request: HttpRequest) -> HttpResponse:
    """`POST /v2/alerts`: make an alert, or tell again of the open one that has its alias. `GET`: the source's alerts."""

    def make(asked: Asked, sender: Sender) -> HttpResponse:
        _take(asked, sender, read_posted(request), lambda posted: read_opsgenie(posted.read()))
        return asked.answer(202, result=PROCESSED)

    def listed(asked: Asked, sender: Sender) -> HttpResponse:
        found, (first, most) = asked_for(sender.source, request.GET), span(request.GET)
        data = [alert_words(one) for one in found[first : first + most]]
        return asked.answer(200, data=data, paging=paging_words(request, first, most, len(data)))

    return _answered(request, {"GET": listed, "POST": make})


def count(request: HttpRequest) -> HttpResponse:
    """`GET /v2/alerts/count`: how many there are."""

    def counted(asked: Asked, sender: Sender) -> HttpResponse:
        return asked.answer(200, data={"count": asked_for(sender.source, request.GET).count()})

    return _answered(request, {"GET": counted})


def alert(request: HttpRequest, identifier: str) -> HttpResponse:
    """`GET /v2/alerts/{id}`: the alert as it stands. `DELETE` closes it: its story stays."""

    def show(asked: Asked, sender: Sender) -> HttpResponse:
        episode = opsgenie.find(sender.source, _clean(identifier), asked.kind)
        if episode is None:
            return asked.answer(404, message=_("Alert does not exist."))
        return asked.answer(200, data=alert_words(episode))

    def delete(asked: Asked, sender: Sender) -> HttpResponse:
        posted = read_posted(request, empty=True)
        door.verify(request, sender, posted.body, at=asked.at)
        fingerprint = opsgenie.fingerprint_of(sender.source, _clean(identifier), asked.kind)
        said = {"note": _("Deleted at the sender."), "user": _clean(request.GET.get("user", ""))}
        opsgenie.act(sender.source, fingerprint, "notes", said, at=asked.at)
        _end_or_hold(asked, sender, posted, fingerprint, CLOSE)
        return asked.answer(202, result=PROCESSED)

    return _answered(request, {"DELETE": delete, "GET": show})


def act(request: HttpRequest, identifier: str, name: str) -> HttpResponse:
    """`POST /v2/alerts/{id}/close` and its kin; what speaks of no open alert is dropped, and the request says so."""

    def do(asked: Asked, sender: Sender) -> HttpResponse:
        posted = read_posted(request, empty=True)
        door.verify(request, sender, posted.body, at=asked.at)
        fingerprint = opsgenie.fingerprint_of(sender.source, _clean(identifier), asked.kind)
        if name in (CLOSE, ACKNOWLEDGE):
            _end_or_hold(asked, sender, posted, fingerprint, name)
        else:
            _speak(asked, sender, posted, fingerprint, name)
        return asked.answer(202, result=PROCESSED)

    return _answered(request, {"PUT" if name in PUTS else "POST": do})


def request_status(request: HttpRequest, request_id: str) -> HttpResponse:
    """`GET /v2/alerts/requests/{requestId}`: what became of a request, for as long as requests are kept."""

    def show(asked: Asked, sender: Sender) -> HttpResponse:
        body = opsgenie.request_of(sender.source, _clean(request_id))
        if body is None:
            return asked.answer(404, message=_("Request not found. It might not be processed, yet."))
        key = next(iter(body.outcome.get("alerts", {})), "")
        return asked.answer(200, data=request_words(body, opsgenie.find(sender.source, key, opsgenie.ALIAS)))

    return _answered(request, {"GET": show})


def _answered(request: HttpRequest, answers: Mapping[str, Callable[[Asked, Sender], HttpResponse]]) -> HttpResponse:
    asked = Asked(request, timezone.now())
    answer = answers.get(request.method or "")
    if answer is None:
        methods = ", ".join(answers)
        response = asked.answer(405, message=_("This address answers to %s only.") % methods)
        response["Allow"] = methods
        return response
    try:
        return answer(asked, door.admit(request, _key(request), kinds=(OPSGENIE,), at=asked.at))
    except NotUnderstood as error:
        return asked.answer(422, message=str(error))
    except Refused as error:
        missing = {"errors": {"message": "Message can not be empty."}}
        more = missing if isinstance(error.__context__, MessageMissing) else {}
        return asked.answer(error.status, message=error.sentence, **more)


def _clean(text: str) -> str:
    """What stands in an address, without what no database takes; bodies are cleaned as they are read."""
    return text.replace("\x00", "")


def _key(request: HttpRequest) -> str:
    scheme, _space, rest = request.headers.get("Authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "geniekey" else keys.presented(request)


def _take(asked: Asked, sender: Sender, posted: Posted, read: Callable[[Posted], Parsed]) -> None:
    reader = posted.reader(lambda _reading: read(posted))
    door.take(asked.request, sender, reader, at=asked.at, posted=posted.body, digest=asked.request_id)


def _end_or_hold(asked: Asked, sender: Sender, posted: Posted, fingerprint: str, name: str) -> None:
    """Close or acknowledge; the note that came with it stands before it in the story."""

    def read(posted: Posted) -> Parsed:
        object_of(posted.read())
        word = named(fingerprint, resolved=name == CLOSE)
        return Parsed(alerts=(word,)) if name == CLOSE else Parsed(acks=(word,))

    body = posted.reading.value if posted.reading else None
    if isinstance(body, dict) and text_in(body, "note"):
        opsgenie.act(sender.source, fingerprint, "notes", body, at=asked.at)
    _take(asked, sender, posted, read)


def _speak(asked: Asked, sender: Sender, posted: Posted, fingerprint: str, name: str) -> None:
    try:
        body = object_of(posted.read())
    except (Malformed, Oversize) as error:
        door.malformed(sender, str(error), at=asked.at, content=posted.body)
        raise Refused(400, "malformed", str(error)) from None
    content_type = asked.request.headers.get("Content-Type", "")
    letter = Letter(posted.body, len(posted.body), asked.request_id, content_type)
    opsgenie.act(sender.source, fingerprint, name, body, at=asked.at, letter=letter)
