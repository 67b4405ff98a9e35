"""Which gaps are news, and when they are said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from oncall.coverage import mark_at, unusual
from oncall.rotation import Layer, Roster, Unit, Window, gaps
from tests.factories import AT


class Gap(NamedTuple):
    start: datetime
    end: datetime


@pytest.mark.parametrize(
    ("ahead", "mark"),
    [
        (timedelta(days=15), None),
        (timedelta(days=14), 14),
        (timedelta(days=13, hours=23), 14),
        (timedelta(days=7), 7),
        (timedelta(days=3), 7),
        (timedelta(days=2), 2),
        (timedelta(hours=25), 2),
        (timedelta(days=1), 1),
        (timedelta(minutes=1), 1),
        (timedelta(0), None),
        (timedelta(days=-1), None),
    ],
)
def test_the_mark_at_which_it_stands(ahead: timedelta, mark: int | None) -> None:
    assert mark_at(AT + ahead, AT) == mark


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "UTC"])
@pytest.mark.parametrize("month", [3, 10])
def test_nights_that_somebody_wants_free_are_no_news_across_a_change_of_the_clock(zone: str, month: int) -> None:
    weekdays = Window(frozenset(range(5)), datetime(2027, 1, 1, 9).time(), datetime(2027, 1, 1, 17).time())  # noqa: DTZ001
    layer = Layer("office", ("A",), 1, Unit.WEEK, datetime(2026, 1, 5, 9), zone, (weekdays,))  # noqa: DTZ001
    start = datetime(2027, month, 1, tzinfo=UTC)
    found = gaps(Roster((layer,), zone=zone), start, start + timedelta(days=60))
    assert len(found) > 40
    later = start + timedelta(days=8)
    assert [gap for gap in unusual(found, zone) if later < gap.start and gap.end < start + timedelta(days=60)] == []


def test_one_that_was_not_there_a_week_before_is_news() -> None:
    nights = [Gap(AT + timedelta(days=day), AT + timedelta(days=day, hours=8)) for day in range(14)]
    away = Gap(AT + timedelta(days=9, hours=10), AT + timedelta(days=9, hours=12))
    assert unusual([*nights, away], "UTC")[7:] == [away]
