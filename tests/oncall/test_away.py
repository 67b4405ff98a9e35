"""Spans in which people are not there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from oncall.away import Away, Person, Span
from oncall.rotation import Cover, Layer, Override, Roster, Unit, expand
from oncall.wallclock import FAR

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_spans_that_touch_are_one_and_leaving_is_for_good() -> None:
    away = Away({"A": NOON + 9 * HOUR}, {"A": ((NOON, NOON + HOUR), (NOON + HOUR, NOON + 2 * HOUR), (NOON, NOON))})
    assert away.span_at("A", NOON) == (NOON, NOON + 2 * HOUR)
    assert away.span_at("A", NOON + 2 * HOUR) is None
    assert away.span_at("A", NOON + 99 * HOUR) == (NOON + 9 * HOUR, FAR)
    assert away.span_at("B", NOON) is None
    assert away.cuts(["A", "B"]) == [NOON, NOON + 2 * HOUR, NOON + 9 * HOUR, FAR]
    parts = list(away.parts("A", NOON - HOUR, NOON + 12 * HOUR))
    assert parts == [(NOON - HOUR, NOON), (NOON + 2 * HOUR, NOON + 9 * HOUR)]
    assert list(away.parts("B", NOON, NOON + HOUR)) == [(NOON, NOON + HOUR)]
    assert list(away.parts("A", NOON + 10 * HOUR, NOON + 11 * HOUR)) == []


def test_the_next_stands_in_and_exceptions_hold_only_while_their_person_is_there() -> None:
    day = Layer("day", ("A", "B", "C"), 1, Unit.DAY, NOON.replace(tzinfo=None), "UTC")
    absent: dict[Person, tuple[Span, ...]] = {
        "A": ((NOON + 2 * HOUR, NOON + 4 * HOUR),),
        "X": ((NOON + 6 * HOUR, NOON + 7 * HOUR),),
    }
    over = (Override("X", NOON + 5 * HOUR, NOON + 8 * HOUR),)
    covers = (Cover("X", "A", NOON + 6 * HOUR, NOON + 9 * HOUR),)
    found = expand(Roster((day,), over, covers, absent=absent), NOON, NOON + 10 * HOUR)
    assert [(block.person, (block.start - NOON) // HOUR, (block.end - NOON) // HOUR) for block in found] == [
        ("A", 0, 2), ("B", 2, 4), ("A", 4, 5), ("X", 5, 6), ("A", 6, 7), ("X", 7, 8), ("X", 8, 9), ("A", 9, 10),
    ]  # fmt: skip
