"""A year ahead of one schedule: what nobody has, who has how much, and who is asked twice at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall import rosters
from oncall.coverage import MARGIN, WEEK, unusual
from oncall.models import Schedule
from oncall.rosters import Shift
from teams.models import User

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Load:
    """What one person has of the pager: the time, in how many stretches, and the first of them."""

    person: User
    time: timedelta
    shifts: int
    first: datetime
    share: float
    """Of the time that anybody has it, 0 to 1."""


@dataclass(frozen=True)
class Double:
    """`person` has this pager and that of `other` at once, in [start, end): nobody else is asked after them."""

    person: User
    other: Schedule
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Year:
    """Twelve months from an instant on. `gaps` are those that are news; `usual` come again each week as somebody wants it.

    `held` is what somebody has.
    """

    gaps: list[Shift]
    usual: list[Shift]
    loads: list[Load]
    doubles: list[Double]
    held: list[Shift]


def year_of(schedule: Schedule, others: Iterable[Schedule], at: datetime) -> Year:
    """The year ahead of `schedule`; `others` are those asked by the same policies. Two statements for each schedule."""
    end = at + YEAR
    found = rosters.shifts(schedule, at - WEEK - MARGIN, end + MARGIN)
    news = unusual((shift for shift in found if shift.person is None), schedule.timezone)
    usual = [shift for shift in found if shift.person is None and shift not in news]
    held = _within([shift for shift in found if shift.person], at, end)
    doubles = [
        double
        for other in others
        for double in _doubles(held, other, [one for one in rosters.shifts(other, at, end) if one.person])
    ]
    return Year(
        _within(news, at, end), _within(usual, at, end), _loads(held), sorted(doubles, key=lambda one: one.start), held
    )


def _within(shifts: Iterable[Shift], start: datetime, end: datetime) -> list[Shift]:
    """Those that touch [start, end), cut to it."""
    return [
        shift._replace(start=max(shift.start, start), end=min(shift.end, end))
        for shift in shifts
        if shift.end > start and shift.start < end
    ]


def _loads(held: Sequence[Shift]) -> list[Load]:
    """By name: who has more is seen, and nobody is ranked."""
    theirs: dict[User, list[Shift]] = {}
    for shift in held:
        if shift.person:
            theirs.setdefault(shift.person, []).append(shift)
    times = {person: sum((one.end - one.start for one in rows), timedelta(0)) for person, rows in theirs.items()}
    whole = sum(times.values(), timedelta(0))
    return [
        Load(person, times[person], len(rows), rows[0].start, times[person] / whole)
        for person, rows in sorted(theirs.items(), key=lambda pair: str(pair[0]))
    ]


def _doubles(held: Sequence[Shift], other: Schedule, others: Sequence[Shift]) -> list[Double]:
    """Where both rows (each in order) name one person at once; what goes on without a break is one."""
    found: list[Double] = []
    index = 0
    for mine in held:
        while index < len(others) and others[index].end <= mine.start:
            index += 1
        for theirs in others[index:]:
            if theirs.start >= mine.end:
                break
            if mine.person is None or theirs.person != mine.person:
                continue
            start, end = max(mine.start, theirs.start), min(mine.end, theirs.end)
            last = found[-1] if found else None
            if last and (last.person, last.end) == (mine.person, start):
                found[-1] = Double(mine.person, other, last.start, end)
            else:
                found.append(Double(mine.person, other, start, end))
    return found
