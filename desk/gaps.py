"""Gaps ahead as people say them: one entry for each schedule, "nobody at night and at weekends", the rest behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from oncall.models import Schedule
from oncall.wallclock import to_local

FROM, TO = time(10), time(16)
"""The part of a day in which everybody would call it day, on the schedule's clock."""
SATURDAY = 5


class Gap(Protocol):
    """A stretch [start, end) without anybody; aware datetimes."""

    @property
    def start(self) -> datetime: ...

    @property
    def end(self) -> datetime: ...


class GapOf(Gap, Protocol):
    """A gap that knows its schedule."""

    @property
    def schedule(self) -> Schedule: ...


@dataclass(frozen=True)
class Gaps:
    """All gaps of one schedule that lie ahead, soonest first."""

    schedule: Schedule
    gaps: list[Gap]
    at: datetime

    @property
    def running(self) -> Gap | None:
        """The gap in which `at` lies."""
        return self.gaps[0] if self.gaps[0].start <= self.at else None

    @property
    def next(self) -> Gap | None:
        """The first gap that is still to come."""
        return next((gap for gap in self.gaps if gap.start > self.at), None)

    @property
    def habit(self) -> str:
        """When it happens, if there is a word for it: "nobody at night and at weekends"; "" otherwise."""
        return habit(self.gaps, self.schedule.timezone)


def by_schedule(gaps: Iterable[GapOf], at: datetime) -> list[Gaps]:
    """Gaps (soonest first) put together by schedule, the schedule with the first gap first."""
    found: dict[int, tuple[Schedule, list[Gap]]] = {}
    for gap in gaps:
        found.setdefault(gap.schedule.pk, (gap.schedule, []))[1].append(gap)
    return [Gaps(schedule, theirs, at) for schedule, theirs in found.values()]


def habit(gaps: Sequence[Gap], zone: str) -> str:
    """The word for gaps that come again: only at night, only at weekends, or both. One gap is no habit."""
    if len(gaps) < 2:  # noqa: PLR2004 - twice is a habit
        return ""
    touched = [(day, in_daytime) for gap in gaps for day, in_daytime in _days(gap, zone)]
    if any(day < SATURDAY and in_daytime for day, in_daytime in touched):
        return ""
    weekends = any(day >= SATURDAY and in_daytime for day, in_daytime in touched)
    nights = any(day < SATURDAY and not in_daytime for day, in_daytime in _inner(gaps, zone))
    if weekends and nights:
        return _("nobody at night and at weekends")
    return _("nobody at weekends") if weekends else _("nobody at night")


def _days(gap: Gap, zone: str) -> list[tuple[int, bool]]:
    """(weekday, whether the gap takes part of its daytime) of each local day that the gap touches."""
    first, last = to_local(gap.start, zone).date(), to_local(gap.end, zone).date()
    found, place = [], ZoneInfo(zone)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        start, end = (datetime.combine(day, clock, place) for clock in (FROM, TO))
        found.append((day.weekday(), gap.start < end and gap.end > start))
    return found


def _inner(gaps: Sequence[Gap], zone: str) -> list[tuple[int, bool]]:
    """The days on which gaps begin that end on the next working day: a gap over a weekend is no night."""
    short = [gap for gap in gaps if gap.end - gap.start < timedelta(hours=24)]
    return [(to_local(gap.start, zone).weekday(), False) for gap in short]
