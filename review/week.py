"""Pure: an ISO week, and its instants in the organisation's zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from incidents.metrics import Window
from oncall.wallclock import first_instant, to_local

WRITTEN = re.compile(r"([0-9]{4})-W([0-9]{2})")
FIRST_YEAR, LAST_YEAR = 1970, 2100


class NoSuchWeekError(ValueError):
    """The text names no week; the message is the sentence to show."""


@dataclass(frozen=True, order=True)
class Week:
    """A week from Monday to Sunday, numbered as ISO 8601 does: week 1 holds the year's first Thursday."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> Week:
        """The week that is written as 2026-W47. Raises `NoSuchWeekError`."""
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise NoSuchWeekError(f"{text[:20]!r} is not a week. A week is written as 2026-W47.")
        year, number = int(found[1]), int(found[2])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise NoSuchWeekError(f"A week lies between {FIRST_YEAR} and {LAST_YEAR}, not in {year}.")
        try:
            date.fromisocalendar(year, number, 1)
        except ValueError:
            last = date(year, 12, 28).isocalendar().week  # ISO: 28 December is always in the last week
            raise NoSuchWeekError(f"{year} has no week {number}: it has the weeks 1 to {last}.") from None
        return cls(year, number)

    @classmethod
    def of(cls, day: date) -> Week:
        """The week in which a day lies."""
        year, number, _weekday = day.isocalendar()
        return cls(year, number)

    @classmethod
    def at(cls, instant: datetime, zone: str) -> Week:
        """The week that a calendar on a wall in `zone` shows at `instant`."""
        return cls.of(to_local(instant, zone).date())

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(6)

    @property
    def before(self) -> Week:
        """The one before."""
        return Week.of(self.monday - timedelta(7))

    @property
    def after(self) -> Week:
        """The next one."""
        return Week.of(self.monday + timedelta(7))

    def window(self, zone: str) -> Window:
        """From its Monday 00:00 until before the next, in `zone`: 167 or 169 hours when the clock jumps."""
        first, then = (datetime.combine(day, time()) for day in (self.monday, self.monday + timedelta(7)))
        return Window(first_instant(first, zone), first_instant(then, zone))
