"""Pure: a month of the organisation's calendar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Self

from incidents.metrics import Window
from oncall.wallclock import first_instant, to_local

WRITTEN = re.compile(r"([0-9]{4})-([0-9]{2})")
FIRST_YEAR, LAST_YEAR = 1970, 2199
MONTHS = 12


class NoSuchMonthError(ValueError):
    """The text names no month; the message is the sentence to show."""


@dataclass(frozen=True, order=True)
class Month:
    """A month; its edges are midnights on the organisation's clock, the same for everybody."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> Self:
        """The month that is written as 2026-11. Raises `NoSuchMonthError`."""
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise NoSuchMonthError(f"{text[:20]!r} is not a month. A month is written as 2026-11.")
        year, number = int(found[1]), int(found[2])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise NoSuchMonthError(f"A month lies between {FIRST_YEAR} and {LAST_YEAR}, not in {year}.")
        if not 1 <= number <= MONTHS:
            raise NoSuchMonthError(f"A year has the months 01 to 12, not {number:02}.")
        return cls(year, number)

    @classmethod
    def at(cls, instant: datetime, zone: str) -> Self:
        """The month that a calendar on a wall in `zone` shows at `instant`."""
        return cls.of(to_local(instant, zone).date())

    @classmethod
    def of(cls, day: date) -> Self:
        """The month in which a day lies."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    def plus(self, months: int) -> Self:
        """So many months later, or earlier."""
        years, number = divmod(self.year * MONTHS + self.number - 1 + months, MONTHS)
        return type(self)(years, number + 1)

    def window(self, zone: str) -> Window:
        """From the first midnight until before the next month's, in `zone`."""
        first, then = (first_instant(datetime.combine(one.first, time()), zone) for one in (self, self.plus(1)))
        return Window(first, then)
