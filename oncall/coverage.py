"""Pure: which of the gaps ahead are news, and when they are announced (on-call rules, "What a schedule has")."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from oncall.wallclock import to_local

WEEK = timedelta(days=7)
MARGIN = timedelta(days=8)
"""What is read beyond the time that matters, on both sides: the week before, and gaps whole."""
ANNOUNCED = (14, 7, 2, 1)
"""Days before a gap at which it is said."""


class Stretch(Protocol):
    """[start, end), aware datetimes."""

    @property
    def start(self) -> datetime: ...

    @property
    def end(self) -> datetime: ...


Gap = TypeVar("Gap", bound=Stretch)


def unusual(gaps: Iterable[Gap], zone: str) -> list[Gap]:
    """The gaps that were not there a week before at the same times of the wall clock in `zone`.

    A schedule for office hours has a gap every night because somebody wants it so; that is no news. Give the gaps of a
    week more than those that matter, or the first week of them is all news.
    """
    gaps = list(gaps)
    there = {(to_local(gap.start, zone), to_local(gap.end, zone)) for gap in gaps}
    return [gap for gap in gaps if (to_local(gap.start, zone) - WEEK, to_local(gap.end, zone) - WEEK) not in there]


def mark_at(start: datetime, at: datetime) -> int | None:
    """The mark (days) at which a gap that begins at `start` stands at `at`; None before the first, and when it has begun.

    Marks that passed unsaid are not said later: a gap made three days ahead is said once, as one of the coming week.
    """
    if start <= at:
        return None
    return min((days for days in ANNOUNCED if start - timedelta(days=days) <= at), default=None)
