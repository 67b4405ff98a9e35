"""Gaps ahead as people say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from desk.gaps import by_schedule, habit
from oncall.models import Schedule

BERLIN = "Europe/Berlin"


@dataclass(frozen=True)
class Gap:
    """[start, end)."""

    schedule: Schedule
    start: datetime
    end: datetime


def gap(start: str, end: str, slug: str = "a", pk: int = 1) -> Gap:
    """From "23 17:00" to "24 08:00" in November 2026, on Berlin's clock. The 23rd is a Monday."""

    def at(text: str) -> datetime:
        day, clock = text.split()
        return datetime.fromisoformat(f"2026-11-{day}T{clock}").replace(tzinfo=ZoneInfo(BERLIN))

    return Gap(Schedule(pk=pk, slug=slug, timezone=BERLIN), at(start), at(end))


NIGHTS = [gap("23 17:00", "24 08:00"), gap("24 17:00", "25 08:00")]
WEEKENDS = [gap("20 17:00", "23 08:00"), gap("27 17:00", "30 08:00")]


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        ([], ""),
        (NIGHTS[:1], ""),
        (NIGHTS, "nobody at night"),
        (WEEKENDS, "nobody at weekends"),
        ([*WEEKENDS[:1], *NIGHTS], "nobody at night and at weekends"),
        ([*NIGHTS, gap("25 09:00", "25 12:00")], ""),
        ([gap("23 00:00", "23 10:00"), gap("24 16:00", "25 00:00")], "nobody at night"),
    ],
)
def test_a_habit_has_a_word(gaps: list[Gap], said: str) -> None:
    assert habit(gaps, BERLIN) == said


def test_the_clock_is_the_schedules() -> None:
    assert habit(NIGHTS, "Pacific/Auckland") == ""


def test_one_entry_for_each_schedule() -> None:
    mine, other = NIGHTS, gap("23 18:00", "23 19:00", "b", 2)
    first, second = by_schedule([mine[0], other, mine[1]], mine[0].start)
    assert (first.gaps, first.running, first.next) == (mine, mine[0], mine[1])
    assert (second.gaps, second.running, second.next, second.habit) == ([other], None, other, "")
