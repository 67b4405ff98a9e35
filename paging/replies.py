"""A reply to a page, from whichever medium: what it asks for, whether this person may, and one sentence back.

A reply names the incident: `1710a` acknowledges INC-1710, `1710r` resolves it, `1710e` asks for the next person. Words that
telephone companies listen to (stop, end, quit, cancel, unsubscribe) mean nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incidents import lifecycle
from incidents.models import Incident, NotAllowed
from paging import answers
from paging.models import Page
from teams.models import User

ACKNOWLEDGE, RESOLVE, ESCALATE = "acknowledge", "resolve", "escalate"
LETTERS = {"a": ACKNOWLEDGE, "r": RESOLVE, "e": ESCALATE}
PROVIDERS_WORDS = frozenset(
    {"stop", "stopall", "end", "quit", "cancel", "unsubscribe", "revoke", "optout", "start", "unstop"}
)
"""The provider does what these ask, and answers them."""
TEST_WAITS = timedelta(hours=24)
"""How long a test page can be answered."""
MOST = 20
"""Codes in one reply."""
NAMED = 5
"""Codes that an answer suggests."""
_CODE = r"(?:inc-?)?([0-9]{1,9})\s*(ack|acknowledge|a|resolved?|r|escalate|esc|e)"
_WHOLE = re.compile(rf"(?:{_CODE}[\s,;.!]*)+")
_ALONE = re.compile(r"(?:a|ack|acknowledged?)[\s.!]*")


@dataclass(frozen=True)
class Code:
    """One wish: an act on an incident by its number; 0 is the latest test page."""

    number: int
    act: str


@dataclass(frozen=True)
class Said:
    """What is said back, and whether anything changed."""

    text: str
    changed: bool = False


def codes(text: str) -> list[Code]:
    """The codes of a text that holds nothing else, in their order; case and blanks do not matter. Pure."""
    words = text.strip().lower()
    if not _WHOLE.fullmatch(words):
        return []
    found = (Code(int(number), LETTERS[letter[0]]) for number, letter in re.findall(_CODE, words))
    return list(dict.fromkeys(found))[:MOST]


def is_providers(text: str) -> bool:
    """Whether the text is a word that the provider acts on. Pure."""
    return text.strip().strip(".!\"'").lower() in PROVIDERS_WORDS


def reply(person: User, number: str | int, act: str, *, at: datetime, via: str) -> str:
    """Do what `person` replied to a page for an incident (12 or "INC-12"); returns the sentence to show.

    Raises nothing that a person could cause: a refusal is a sentence too.
    """
    return answer(person, number, act, at=at, via=via).text


def answer(person: User, number: str | int, act: str, *, at: datetime, via: str) -> Said:
    """As `reply`, and whether it changed anything."""
    incident = Incident.objects.numbered(str(number)).first()
    page = _page(person, incident)
    if incident is None or page is None or act not in ACTS:
        return Said(_("No page to you is about %s, so nothing was changed.") % _name(number))
    try:
        return ACTS[act](incident, page, at, via)
    except NotAllowed as refusal:
        return Said(str(refusal))


def _page(person: User, incident: Incident | None) -> Page | None:
    """The newest page of the person for it: only who was asked may answer."""
    if incident is None or not person.is_active:
        return None
    return Page.objects.filter(person=person, incident=incident).select_related("person").order_by("-pk").first()


def _name(number: str | int) -> str:
    text = str(number)[:12].upper()
    return text if text.startswith("INC-") else f"INC-{text}"


@transaction.atomic
def _acknowledge(incident: Incident, page: Page, at: datetime, via: str) -> Said:
    """The first who says so has it; whoever comes later hears who that is, and takes nothing away."""
    incident = Incident.objects.locked(incident.pk)
    person, holder = page.person, incident.held_by
    answers.seen(page, at=at)
    if incident.is_open and holder and holder != person:
        if page.reason == Page.Reason.ASKED_FOR_HELP:
            answers.heard(page, at=at)
            return Said(
                _("Noted: you help with %(incident)s. %(who)s has it.") % _words(incident, holder), changed=True
            )
        return Said(_("%(who)s has %(incident)s already.") % _words(incident, holder))
    again = holder == person
    incident = answers.acknowledge(incident, by=person, at=at, via=via)
    if words := answers.in_part(incident):
        return Said(words, changed=True)
    text = _("You have %(incident)s already") if again else _("You have %(incident)s")
    return Said(text % _words(incident, person) + _until(incident, person) + ".", changed=not again)


@transaction.atomic
def _resolve(incident: Incident, page: Page, at: datetime, via: str) -> Said:
    incident = lifecycle.resolve(incident, by=page.person, at=at, cause=via)
    Page.objects.filter(incident=incident, person=page.person, acked_at=None).update(acked_at=at)
    return Said(_("%s is resolved.") % incident, changed=True)


@transaction.atomic
def _escalate(incident: Incident, page: Page, at: datetime, via: str) -> Said:
    incident = lifecycle.escalate(incident, by=page.person, at=at)
    answers.seen(page, at=at)
    return Said(_("Paging goes on to the next step of %s now.") % incident, changed=True)


ACTS: dict[str, Callable[[Incident, Page, datetime, str], Said]] = {
    ACKNOWLEDGE: _acknowledge,
    RESOLVE: _resolve,
    ESCALATE: _escalate,
}


def _words(incident: Incident, who: User) -> dict[str, str]:
    return {"incident": incident.number, "who": who.short_name}


def _until(incident: Incident, person: User) -> str:
    """When they are asked again, on their own clock."""
    if incident.held_until is None:
        return ""
    there = timezone.localtime(incident.held_until, ZoneInfo(person.timezone))
    return " " + _("until %s") % date_format(there, "H:i T")


def by_text(person: User, text: str, *, at: datetime, via: str) -> Said:
    """Everything that a person may write back: codes, a lone "a" where one page asks, any word to a test page."""
    wishes = codes(text)
    if wishes:
        return _all([_one(person, wish, at, via) for wish in wishes])
    if _ALONE.fullmatch(text.strip().lower()):
        return _lone(person, at, via)
    test = waiting_test(person, at)
    if test and not answers.live_pages(person):
        return rang(test, at=at, via=via)
    return Said(_hint(answers.live_pages(person)))


def _one(person: User, wish: Code, at: datetime, via: str) -> Said:
    if wish.number:
        return answer(person, wish.number, wish.act, at=at, via=via)
    test = waiting_test(person, at)
    return rang(test, at=at, via=via) if test else Said(_("No test page waits for an answer."))


def _lone(person: User, at: datetime, via: str) -> Said:
    """ "a" and nothing else: clear when exactly one page asks this person."""
    live = answers.live_pages(person)
    if len(live) == 1 and live[0].incident_id:
        return answer(person, live[0].incident_id, ACKNOWLEDGE, at=at, via=via)
    test = waiting_test(person, at)
    return rang(test, at=at, via=via) if test and not live else Said(_hint(live))


def _hint(live: Sequence[Page]) -> str:
    if not live:
        return _("No page asks you now. Reply to a page with the code that it names.")
    named = " ".join(f"{page.incident_id}a" for page in live[:NAMED])
    return _("Reply %(codes)s to acknowledge; r in place of a resolves, e asks for the next person.") % {"codes": named}


def _all(said: Sequence[Said]) -> Said:
    return Said(" ".join(one.text for one in said), changed=any(one.changed for one in said))


def waiting_test(person: User, at: datetime) -> Page | None:
    """The latest test page of the last day, unless it was answered."""
    tests = Page.objects.filter(person=person, reason=Page.Reason.TEST, created_at__gt=at - TEST_WAITS)
    latest = tests.select_related("person").order_by("-pk").first()
    return latest if latest and latest.acked_at is None else None


def rang(page: Page, *, at: datetime, via: str) -> Said:
    """A test page reached its person."""
    answers.answer_page(page, at=at, via=via)
    return Said(_("Good: it rang. Pages reach you here."), changed=True)
