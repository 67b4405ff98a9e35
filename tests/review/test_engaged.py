"""Who was at work on an incident, from when to when, as its story tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from review.engaged import ENDED, JOINED, LAPSED, LEFT, TOOK, Act, engaged

T = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
LATE = T + timedelta(days=2)
ANA, BOB = 1, 2


def told(*acts: tuple[int, str, int | None], until: datetime = LATE) -> dict[int, list[tuple[int, int]]]:
    """(minute, what, person) -> for each person the minutes from and to."""
    story = [Act(T + timedelta(minutes=minute), what, person) for minute, what, person in acts]
    found = engaged(7, story, until)
    return {
        person: [tuple(int((edge - T).total_seconds()) // 60 for edge in one[:2]) for one in spans]  # type: ignore[misc]
        for person, spans in found.items()
    }


@pytest.mark.parametrize(
    ("acts", "spans"),
    [
        ([(0, TOOK, ANA), (30, ENDED, None), (90, ENDED, None)], {ANA: [(0, 30)]}),
        ([(0, TOOK, ANA), (20, TOOK, BOB), (50, ENDED, None)], {ANA: [(0, 20)], BOB: [(20, 50)]}),
        ([(0, TOOK, ANA), (10, LEFT, ANA), (15, TOOK, BOB), (20, ENDED, None)], {ANA: [(0, 10)], BOB: [(15, 20)]}),
        ([(0, TOOK, ANA), (30, LAPSED, ANA), (40, TOOK, ANA), (60, ENDED, None)], {ANA: [(0, 60)]}),
        ([(0, TOOK, ANA), (30, LAPSED, ANA), (45, TOOK, BOB), (60, ENDED, None)], {ANA: [(0, 30)], BOB: [(45, 60)]}),
        ([(0, TOOK, ANA), (30, LAPSED, ANA), (600, ENDED, None)], {ANA: [(0, 30)]}),
        ([(0, TOOK, ANA), (5, JOINED, BOB), (60, ENDED, None)], {ANA: [(0, 60)], BOB: [(5, 60)]}),
        ([(0, JOINED, BOB), (5, TOOK, ANA), (60, ENDED, None)], {ANA: [(5, 60)], BOB: [(0, 60)]}),
        ([(0, TOOK, ANA), (30, ENDED, None), (40, TOOK, ANA), (50, ENDED, None)], {ANA: [(0, 30), (40, 50)]}),
        ([(0, TOOK, ANA)], {ANA: [(0, 720)]}),  # nobody is at work for two days because nobody pressed a button
        ([(0, TOOK, ANA), (30, TOOK, None), (40, ENDED, None)], {ANA: [(0, 40)]}),  # somebody who is not here any more
        ([(5, LEFT, ANA), (9, LAPSED, ANA)], {}),
    ],
)
def test_a_story(acts: list[tuple[int, str, int | None]], spans: dict[int, list[tuple[int, int]]]) -> None:
    assert told(*acts) == spans


def test_what_goes_on_is_counted_until_now() -> None:
    assert told((0, TOOK, ANA), until=T + timedelta(minutes=9)) == {ANA: [(0, 9)]}
