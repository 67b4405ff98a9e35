"""Pure: which hours of a person are paid for being on call, and as what (on-call rules, "Pay" and "On-call health").

Everything is read off the person's own clock. A day that is special, a public holiday of their region, or a Saturday or
Sunday counts as that from midnight to midnight. On other days 08:00 to 18:00 are working hours, which are not paid here,
22:00 to 08:00 is night, and what lies between is evening.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from oncall.away import Span
from oncall.wallclock import day_bounds, first_instant, is_working_day, to_local
from teams.regions import holiday

WORK, EVENING, NIGHT = time(8), time(18), time(22)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Hours(StrEnum):
    """What an hour outside working hours is paid as; a later one wins over an earlier one."""

    EVENING = "evening"
    NIGHT = "night"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SPECIAL = "special"


class Piece(NamedTuple):
    """[start, end) in UTC, all of it one kind of hours."""

    start: datetime
    end: datetime
    hours: Hours

    @property
    def minutes(self) -> int:
        """How long it really lasted, whatever the clock on the wall did meanwhile."""
        return (self.end - self.start) // MINUTE


class Clock(NamedTuple):
    """Whose hours: an IANA zone, and the region whose public holidays are theirs ("": none)."""

    zone: str
    region: str = ""


def whole_minute(instant: datetime) -> datetime:
    """The beginning of its minute: both edges of a shift are cut alike, so no minute is lost or counted twice."""
    return instant.replace(second=0, microsecond=0)


def paid_hours(span: Span, clock: Clock, special: Collection[date] = ()) -> list[Piece]:
    """What lies in `span` outside working hours, in order; pieces that touch and are the same kind are one."""
    found: list[Piece] = []
    for start, end, hours in _cut(span, clock, special):
        if found and found[-1].end == start and found[-1].hours == hours:
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(Piece(start, end, hours))
    return found


def _cut(span: Span, clock: Clock, special: Collection[date]) -> Iterator[Piece]:
    day = to_local(span[0], clock.zone).date() - DAY  # where the clock goes back over midnight, a day begins early
    last = to_local(span[1], clock.zone).date() + DAY
    while day <= last:
        for start, end, hours in _day(day, clock, special):
            start, end = max(start, span[0]), min(end, span[1])  # noqa: PLW2901
            if start < end and hours:
                yield Piece(start, end, hours)
        day += DAY


def _day(day: date, clock: Clock, special: Collection[date]) -> Iterator[tuple[datetime, datetime, Hours | None]]:
    """The parts of one local day; None is work."""
    begins, ends = day_bounds(day, clock.zone)
    if whole := _whole_day(day, clock, special):
        yield begins, ends, whole
        return
    work, evening, night = (first_instant(datetime.combine(day, at), clock.zone) for at in (WORK, EVENING, NIGHT))
    yield begins, work, Hours.NIGHT
    yield work, evening, None
    yield evening, night, Hours.EVENING
    yield night, ends, Hours.NIGHT


def _whole_day(day: date, clock: Clock, special: Collection[date]) -> Hours | None:
    if day in special:
        return Hours.SPECIAL
    if holiday(clock.region, day):
        return Hours.HOLIDAY
    return None if is_working_day(day) else Hours.WEEKEND
