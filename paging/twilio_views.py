"""Where Twilio calls us: replies by text message, keys of a call, and what became of a message.

Every request is checked by its signature against the configured public address; what is not signed changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from paging import methods, phones, receipts, replies
from paging.channels import twilio_api, twilio_hooks, twilio_twiml
from paging.channels.base import Message, Receipt
from paging.channels.twilio_voice import action
from paging.messages import message_of
from paging.models import Delivery, Page
from paging.replies import Said

PASSIVE_REPLIES = 5
"""Answers that one number gets in a day to what changed nothing: two machines must not talk to each other all night."""
DAY = 24 * 60 * 60
NEWS_MOST = 3
"""Sentences about single incidents that are read aloud after a key."""
KEYS = {"1": replies.ACKNOWLEDGE, "2": replies.ESCALATE, "3": replies.RESOLVE}
AGAIN = "4"
Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponse]


def signed(view: View[Rest]) -> View[Rest]:
    """Only POST, only with the provider's signature; no session, no CSRF token."""

    @login_not_required
    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest, /, *args: Rest.args, **named: Rest.kwargs) -> HttpResponse:
        signature = request.headers.get("X-Twilio-Signature", "")
        if not twilio_hooks.is_theirs(request.get_full_path(), request.POST, signature):
            return HttpResponseForbidden("not signed by the provider", content_type="text/plain")
        try:
            with translation.override(settings.LANGUAGE_CODE):
                return view(request, *args, **named)
        except twilio_hooks.Refused:
            return HttpResponse("this address is not good any more", status=410, content_type="text/plain")

    return checked


def _xml(document: str) -> HttpResponse:
    return HttpResponse(document, content_type="text/xml")


def _field(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "")


@signed
def status(request: HttpRequest, token: str) -> HttpResponse:
    """`/in/twilio/status/{token}/`: what became of a message or a call, in any order, as often as they like."""
    batch = twilio_hooks.batch_of("status", token)
    said = twilio_api.receipt(
        _field(request, "CallStatus") or _field(request, "MessageStatus"),
        _field(request, "ErrorCode"),
        sid=_field(request, "CallSid") or _field(request, "MessageSid"),
        sequence=_field(request, "SequenceNumber"),
    )
    if said:
        receipts.record(batch, said, at=timezone.now())
    return HttpResponse(status=204)


@signed
def sms(request: HttpRequest) -> HttpResponse:
    """`/in/twilio/sms/`: a text message to our number. The same one delivered twice is one reply."""
    at, text, number = timezone.now(), _field(request, "Body"), _field(request, "From")
    if replies.is_providers(text) or _field(request, "OptOutType"):
        return _xml(twilio_twiml.sms(""))
    with transaction.atomic():
        if not _first(_field(request, "MessageSid")):
            return _xml(twilio_twiml.sms(""))
        said = phones.heard(number, text, at=at)
    return _xml(twilio_twiml.sms(said.text if said.changed or _may_answer(number, at) else ""))


def _first(name: str) -> bool:
    """Whether this is new. Remembered in the database, so that it is forgotten with what a failure takes back."""
    return not name or cache.add(f"twilio:once:{name[:100]}", 1, DAY)


def _may_answer(number: str, at: datetime) -> bool:
    key = f"twilio:said:{number[:40]}:{at:%Y%m%d}"
    cache.add(key, 0, DAY)
    return cache.incr(key) <= PASSIVE_REPLIES


@signed
def voice(request: HttpRequest, token: str) -> HttpResponse:
    """`/in/twilio/voice/{token}/`: what a call says when it is answered, and what follows a key."""
    batch, at, digits = twilio_hooks.batch_of("voice", token), timezone.now(), _field(request, "Digits")
    rows = list(_deliveries().filter(batch=batch).order_by("pk"))
    if not rows or rows[0].method is None:
        return _xml(twilio_twiml.sentence(_("This page is not known here any more. Goodbye.")))
    message = message_of(rows[0].method, rows, batch)
    if digits:
        receipts.record(batch, Receipt("read", reference=_field(request, "CallSid")), at=at)
    act = KEYS.get(digits[:1])
    if act is None or (act == replies.RESOLVE and (len(rows) > 1 or message.is_test)):
        return _xml(_menu(message, rows, digits))
    with transaction.atomic():
        if not _first(f"{_field(request, 'CallSid')}:{digits[:1]}"):
            return _xml(twilio_twiml.sentence(_("That was done already. Goodbye.")))
        said = [_press(row.page, act, at) for row in rows]
    return _xml(twilio_twiml.sentence(_news(said)))


def _deliveries() -> QuerySet[Delivery]:
    return Delivery.objects.select_related(
        "page__incident__service", "page__incident__held_by", "page__person", "method__user"
    )


def _press(page: Page, act: str, at: datetime) -> Said:
    """What a key does to one page of the call."""
    if page.incident_id:
        return replies.answer(page.person, page.incident_id, act, at=at, via="voice")
    said = replies.rang(page, at=at, via="voice")
    methods.proved(page, at=at)  # only who takes calls there could press it
    return said


def _menu(message: Message, rows: Sequence[Delivery], digits: str) -> str:
    """The words and the keys, unless there is nothing left to do."""
    gone = [_gone(row.page) for row in rows]
    if all(gone) and not digits:
        return twilio_twiml.sentence(" ".join([*dict.fromkeys(gone)][:NEWS_MOST]) + " " + _("Goodbye."))
    first = "" if digits in {"", AGAIN} else _("This key does nothing here.")
    return twilio_twiml.call(message, action(message), first=first)


def _gone(page: Page) -> str:
    """Why this page asks nothing any more, as a sentence; empty while it asks."""
    incident = page.incident
    if incident is None or page.reason in {Page.Reason.ASKED_FOR_HELP, Page.Reason.HANDOVER}:
        return ""
    words = {"number": _spoken(incident.number), "state": incident.get_state_display()}
    if not incident.is_open:
        return _("%(number)s is %(state)s.") % words
    return _("%(who)s has %(number)s already.") % {**words, "who": incident.holder} if incident.is_held else ""


def _news(said: Sequence[Said]) -> str:
    """What came of a key, for the ear."""
    texts = list(dict.fromkeys(_spoken(one.text) for one in said))
    if len(texts) > NEWS_MOST:
        done = sum(one.changed for one in said)
        texts = [_("Done for %(done)d of %(all)d incidents.") % {"done": done, "all": len(said)}]
    return " ".join([*texts, _("Goodbye.")])


def _spoken(text: str) -> str:
    return text.replace("INC-", _("incident") + " ")
