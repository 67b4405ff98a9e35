"""What a calendar of somebody else would change, seen before it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from desk.away import Changed
from oncall import rosters
from oncall.calendars import Copy, add_calendar, known_people
from oncall.differences import compare
from oncall.ics_in import AHEAD
from oncall.models import CalendarEntry, ImportedCalendar
from oncall.stand_ins import Plan, plan_of
from teams.models import User

MOST = 40
"""Rows of a list; how many more there are is said."""
Kind = ImportedCalendar.Kind


@dataclass(frozen=True)
class Preview:
    """What was read: the first entries and how many, the names that nobody has, those that leave people free, what changes."""

    calendar: ImportedCalendar
    entries: Sequence[CalendarEntry]
    count: int
    unmatched: Sequence[str]
    free: int
    changed: Sequence[Changed]

    @property
    def more(self) -> int:
        """Entries that are not shown."""
        return self.count - len(self.entries)


def preview(calendar: ImportedCalendar, copy: Copy, by: User, at: datetime) -> Preview:
    """By keeping it and taking the transaction back: the preview cannot disagree with the pager.

    Raises ValidationError for what the writer refuses.
    """
    span = at, at + AHEAD
    before = _plan(calendar, at)
    with transaction.atomic():
        rows = ahead(add_calendar(calendar, copy, by=by, at=at), at)
        after = rosters.shifts_of(before, *span, role=calendar.role)
        transaction.set_rollback(True)
    found = [Changed(one, compare(before[one], after[one])) for one in before]
    away = calendar.kind == Kind.ABSENCES
    return Preview(
        calendar,
        rows[:MOST],
        len(rows),
        unmatched(rows) if calendar.kind != Kind.HOLIDAYS else [],
        sum(not one.busy and one.end > at for one in copy.entries) if away else 0,
        [one for one in found if one.differences],
    )


def _plan(calendar: ImportedCalendar, at: datetime) -> Plan:
    """The shifts ahead of the schedules that it may change."""
    if calendar.schedule:
        return rosters.shifts_of([calendar.schedule], at, at + AHEAD, role=calendar.role)
    if calendar.kind == Kind.HOLIDAYS:
        return {}
    people = {calendar.person_id} if calendar.person_id else {one.pk for one in known_people(calendar)[0]}
    return plan_of(people, at)


def ahead(calendar: ImportedCalendar, at: datetime) -> list[CalendarEntry]:
    """What is kept of it and not over, in order."""
    return list(calendar.entries.filter(end__gt=at).select_related("person").order_by("start", "pk"))


def unmatched(rows: Sequence[CalendarEntry]) -> list[str]:
    """The names among them that nobody here has, each once."""
    return list(dict.fromkeys(row.summary for row in rows if row.person_id is None))[:MOST]
