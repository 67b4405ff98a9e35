"""Handovers: who gets the pager hears it once, with what burns and what the one before wrote down.

Also after an outage it is one word, about who has it now: what was missed in between is no news any more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.ui import times
from incidents.models import Incident
from oncall import rosters
from oncall.models import HandoverNote, Schedule
from oncall.rosters import Change
from paging import notices
from teams.models import Service, User

logger = logging.getLogger(__name__)
EVERY = timedelta(minutes=1)
SHOWN = 10
"""Open incidents told by name."""
BESIDE: list[Callable[[Sequence[Service]], list[str]]] = []
"""What rooms above this one add to the word: lines about these services, none when there is nothing to say."""


def tell(at: datetime) -> int:
    """Tell every handover since the last look; returns how many people heard one. One that fails does not stop the others."""
    schedules = list(Schedule.objects.filter(archived_at=None))
    told = 0
    with transaction.atomic():
        for schedule, change in rosters.handovers_to_tell(schedules, at):
            if change.after and _told(schedule, change, change.after, at):
                told += 1
        Schedule.objects.filter(pk__in=[one.pk for one in schedules]).update(handovers_told_until=at)
    return told


def _told(schedule: Schedule, change: Change, person: User, at: datetime) -> bool:
    try:
        with transaction.atomic():
            _tell(schedule, change, person, at)
    except Exception:
        logger.exception("the handover of %s was not told", schedule.slug)
        return False
    return True


def notes_of(schedules: Iterable[Schedule]) -> list[HandoverNote]:
    """What is written down for whoever has the pager of these next, in order."""
    rows = HandoverNote.objects.filter(schedule__in=list(schedules), told_at=None)
    return list(rows.select_related("author", "schedule").order_by("pk"))


def notes_told(schedules: Iterable[Schedule], since: datetime) -> list[HandoverNote]:
    """What was handed on with the pagers of these after `since`, newest first."""
    rows = HandoverNote.objects.filter(schedule__in=list(schedules), told_at__gte=since)
    return list(rows.select_related("author", "schedule").order_by("-pk"))


def burning(schedule: Schedule) -> list[Incident]:
    """Open incidents of the services for which `schedule` is asked; those of restricted ones are not told by mail."""
    found = Incident.objects.open().filter(service__in=services_of(schedule), restricted=False)
    return list(found.select_related("held_by").order_by("pk"))


def services_of(schedule: Schedule) -> list[Service]:
    """The services for which `schedule` is asked."""
    asking = {"coverage__policy__steps__notify__contains": [f"schedule:{schedule.slug}"]}
    return list(Service.objects.filter(archived_at=None, **asking).distinct())


def _tell(schedule: Schedule, change: Change, person: User, at: datetime) -> None:
    notes = notes_of([schedule])
    with timezone.override(ZoneInfo(person.timezone)):
        subject, body = _words(schedule, change, notes, at)
    notices.tell(person, subject=subject, body=body, path=schedule.path, at=at)
    HandoverNote.objects.filter(pk__in=[note.pk for note in notes]).update(told_at=at)


def _words(schedule: Schedule, change: Change, notes: list[HandoverNote], at: datetime) -> tuple[str, str]:
    duty = rosters.on_call(schedule, at)
    words = {"schedule": schedule, "until": times.full(duty.until, now=at) if duty.until else ""}
    until, open_end = _("You have the pager of %(schedule)s until %(until)s"), _("You have the pager of %(schedule)s")
    lines = [_("Since %s.") % times.full(change.at, now=at)]
    if change.before:
        lines[0] += " " + _("Before you: %s.") % change.before
    lines += ["", *_burning(burning(schedule))]
    services = services_of(schedule)
    for beside in BESIDE:
        if said := beside(services):
            lines += ["", *said]
    for note in notes:
        lines += ["", _("%(who)s wrote for you:") % {"who": note.author}, note.text]
    return (until if duty.until else open_end) % words, "\n".join(lines)


def _burning(found: list[Incident]) -> list[str]:
    if not found:
        return [_("Nothing is open.")]
    said = [ngettext("%d incident is open:", "%d incidents are open:", len(found)) % len(found)]
    for one in found[:SHOWN]:
        who = _("%s has it") % one.holder if one.is_held else _("nobody has it")
        said.append(f"- {one.number} {one.title} ({who})")
    if len(found) > SHOWN:
        said.append(_("and %d more.") % (len(found) - SHOWN))
    return said
