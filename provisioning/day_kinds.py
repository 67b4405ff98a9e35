"""Pure: days, and regions whose public holidays are known, as values of the file."""

from __future__ import annotations

from datetime import date

from provisioning.kinds import Findings, Kind
from teams.regions import is_known


class Day(Kind):
    """A day such as 2026-10-19."""

    what = "a day such as 2026-10-19"

    def parse(self, text: str, findings: Findings) -> date:
        """Within the years of the calendar."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text[:40]!r} is not a day such as 2026-10-19.") from None
        if not 1970 <= day.year <= 2199:  # noqa: PLR2004
            raise ValueError(f"{text!r} is not between 1970 and 2199.")
        return day

    def plain(self, value: date) -> str:
        """As ISO 8601 writes it."""
        return value.isoformat()


class Region(Kind):
    """A country, or a part of one, whose public holidays are known."""

    what = "a region such as GB-ENG"

    def parse(self, text: str, findings: Findings) -> str:
        """In capital letters; empty for none."""
        region = text.upper()
        if region and not is_known(region):
            raise ValueError(f"{text[:40]!r} is not a region such as GB-ENG, US-CA or DE.")
        return region


class DayName(Kind):
    """A day that is a name, or one of a list of texts."""

    what = Day.what

    def parse(self, text: str, findings: Findings) -> str:
        """As text."""
        return Day().parse(text, findings).isoformat()
