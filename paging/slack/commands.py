"""`/sharpend ...`: declare, page, note, ack, resolve, take a role, who. Each does what the same button of the page does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from incidents import command, declaring, lifecycle
from incidents.models import NUMBER, Incident, IncidentQuerySet, NotAllowed, RoleTenure
from incidents.severity import CLASSES
from oncall.models import Schedule
from oncall.rosters import on_call_now
from paging import answers, asking
from paging.incident_channels import IncidentChannel
from paging.slack.people import offer, person_of
from paging.slack.presses import VIA, page_for_help, pull_in, text_of
from teams.models import Service, User
from teams.permissions import may_act_on_incident, may_change_state, may_declare, standing

MENTION = re.compile(r"<@([UW][A-Z0-9]{6,20})(?:\|[^>]*)?>")
DAY = 24 * 60 * 60
SHOWN = 10
LONGEST = 3000
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


class Sentence(Exception):
    """Why nothing was done, for who typed it."""


@dataclass(frozen=True)
class Typed:
    """Who typed what after the word of the command, when, and in the channel of which incident."""

    by: User
    rest: str
    at: datetime
    here: Incident | None = None


def typed(form: Mapping[str, Any], *, at: datetime) -> str:
    """Do what was typed; returns the sentence for who typed it. The same command delivered twice is done once."""
    member, text = text_of(form, "user_id"), " ".join(text_of(form, "text").split())[:LONGEST]
    person = person_of(member)
    if person is None:
        return offer(member)
    verb, _blank, rest = text.partition(" ")
    act = ACTS.get(verb.lower())
    if act is None:
        return _help()
    once = text_of(form, "trigger_id")
    try:
        with transaction.atomic():
            if once and not cache.add(f"slack:once:{once[:100]}", 1, DAY):
                return _("That was done already.")
            said = act(Typed(person, rest.strip(), at, _here(text_of(form, "channel_id"))))
    except (Sentence, NotAllowed) as refusal:
        return str(refusal)
    wake("edits")
    return said


def _here(channel: str) -> Incident | None:
    """The incident whose channel this is."""
    row = IncidentChannel.objects.filter(channel=channel).select_related("incident").first() if channel else None
    return row.incident if row else None


def _help() -> str:
    return "\n".join(
        [
            _("`/sharpend ack 12` you have it, `resolve 12` it is over"),
            _("`/sharpend lead 12` you lead, `take 12 scribe` you have that role"),
            _("`/sharpend note 12 …` a line for its story"),
            _("`/sharpend page @somebody 12 why` pulls them in; `page me` is a test to you"),
            _("`/sharpend declare [class] [service] what hurts` opens an incident and pages"),
            _("`/sharpend who [schedule]` who has the pager"),
            _("In the channel of an incident its number may be left out."),
        ]
    )


def _address(incident: Incident) -> str:
    return f"{settings.SHARPEND_URL}{incident.path}"


def plain(text: str) -> str:
    """What Slack escaped, as it was typed."""
    for entity, sign in ENTITIES:
        text = text.replace(entity, sign)
    return text


def _named(asked: Typed) -> tuple[Incident, str]:
    """The incident that comes first, or whose channel this is, and the words behind it. Raises Sentence for one that is not
    theirs to see. A number that is given always counts."""
    number, _blank, rest = asked.rest.lstrip("#").partition(" ")
    if asked.here and not NUMBER.fullmatch(number):
        number, rest = asked.here.number, asked.rest
    return _incident(asked.by, number), plain(rest.strip())


def _incident(by: User, number: str) -> Incident:
    rows = IncidentQuerySet(Incident).numbered(number)
    found = rows.visible_to(by).first() or rows.filter(pages__person=by).first()
    if found is None:
        name = number[:20] or "12"
        raise Sentence(_("There is no incident %s, or it is not yours to see.") % name)
    return found


def _may_move(by: User, incident: Incident) -> None:
    roles = set(incident.tenures.filter(person=by, end=None).values_list("role", flat=True))
    if not may_change_state(standing(by), roles):
        raise Sentence(_("Your role does not allow this."))


def _may_act(by: User) -> None:
    if not may_act_on_incident(standing(by)):
        raise Sentence(_("Your role does not allow this."))


def _ack(asked: Typed) -> str:
    incident, _rest = _named(asked)
    _may_move(asked.by, incident)
    incident = Incident.objects.locked(incident.pk)
    words = {"number": incident.number, "link": _address(incident)}
    if incident.is_open and incident.held_by and incident.held_by != asked.by:
        who = {**words, "who": incident.held_by.short_name}
        return _("%(who)s has %(number)s already. To take it over: %(link)s") % who
    answers.acknowledge(incident, by=asked.by, at=asked.at, via=VIA)
    return _("You have %(number)s: %(link)s") % words


def _resolve(asked: Typed) -> str:
    incident, _rest = _named(asked)
    _may_move(asked.by, incident)
    return _("%s is resolved.") % lifecycle.resolve(incident, by=asked.by, at=asked.at, cause=VIA).number


def _note(asked: Typed) -> str:
    incident, text = _named(asked)
    _may_act(asked.by)
    command.note(incident, by=asked.by, text=text, at=asked.at)
    return _("Noted on %s.") % incident.number


def _lead(asked: Typed) -> str:
    incident, _rest = _named(asked)
    _into(incident, "facilitator", asked)
    return _("You facilitate %s.") % incident.number


def _take(asked: Typed) -> str:
    incident, word = _named(asked)
    said = word.lower().replace("_", " ").replace("-", " ")
    names = {value.replace("_", " "): value for value in RoleTenure.Role.values}
    if said not in names:
        raise Sentence(_("Say which role: %s.") % ", ".join(names))
    _into(incident, names[said], asked)
    return _("On %(number)s you have the role: %(role)s.") % {"number": incident.number, "role": said}


def _into(incident: Incident, role: str, asked: Typed) -> None:
    _may_act(asked.by)
    command.take_role(incident, role=role, person=asked.by, by=asked.by, at=asked.at)


def _page(asked: Typed) -> str:
    if asked.rest.lower() == "me":
        asking.page_me(asked.by, at=asked.at)
        return _("You are paged now, for real.")
    who, _blank, rest = asked.rest.partition(" ")
    incident, why = _named(replace(asked, rest=rest))
    if mention := MENTION.fullmatch(who):
        return pull_in(incident, mention[1], by=asked.by, why=why, at=asked.at)
    found = list(_people(who)[:2])
    if len(found) != 1:
        raise Sentence(_("Nobody, or more than one, is called %s: give the e-mail.") % who[:100])
    return page_for_help(incident, found[0], by=asked.by, why=why, at=asked.at)


def _people(who: str) -> Any:
    name = who.removeprefix("@").removeprefix("<mailto:").partition("|")[0]
    return User.objects.active().filter(Q(email__iexact=name) | Q(name__iexact=name) | Q(name__istartswith=f"{name} "))


def _declare(asked: Typed) -> str:
    if not may_declare(standing(asked.by)):
        raise Sentence(_("Observers read; they declare no incident."))
    words = plain(asked.rest).split(" ")
    severity = words.pop(0).lower() if words[0].lower() in CLASSES else "major"
    service = Service.objects.filter(slug=words[0].rstrip(":").lower()).first() if words else None
    title = " ".join(words[1:] if service else words)[:300]
    if not title:
        raise Sentence(_("Say what hurts: declare [class] [service] what hurts."))
    incident = declaring.declare(title=title, service=service, severity=severity, by=asked.by, at=asked.at)
    words_ = {"number": incident.number, "link": _address(incident)}
    return _("%(number)s is declared: %(link)s") % words_


def _who(asked: Typed) -> str:
    rows = Schedule.objects.filter(archived_at=None).select_related("team").order_by("slug")
    for word in asked.rest.split()[:5]:
        rows = rows.filter(Q(name__icontains=word) | Q(slug__icontains=word) | Q(team__name__icontains=word))
    lines = [
        f"{schedule.name or schedule.slug}: {duty.person or _('nobody')}"
        for schedule, duty in on_call_now(rows[:SHOWN], asked.at)
    ]
    return "\n".join(lines) or _("There is no such schedule.")


ACTS: dict[str, Callable[[Typed], str]] = {
    "ack": _ack,
    "acknowledge": _ack,
    "resolve": _resolve,
    "note": _note,
    "lead": _lead,
    "take": _take,
    "page": _page,
    "declare": _declare,
    "who": _who,
}
