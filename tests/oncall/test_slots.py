"""Shifts as calendar programs keep them: the same duty as everywhere, and an identity that no window and no person moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.rotation import Layer, Override, Roster, Source, Unit, expand
from oncall.slots import Slot, slots
from tests.oncall.clockwork import STEP
from tests.oncall.random_rosters import STEPS, rosters

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
WEEKLY = Layer("weekly", ("A", "B"), 1, Unit.WEEK, MONDAY.replace(tzinfo=None), "UTC", key=7)


def duty(found: list[Slot], start: datetime, end: datetime) -> list[tuple[object, datetime, datetime]]:
    """(person, start, end) cut to a window and joined."""
    joined: list[tuple[object, datetime, datetime]] = []
    for one in found:
        begins, ends = max(one.start, start), min(one.end, end)
        if joined and joined[-1][0] == one.person and joined[-1][2] == begins:
            begins = joined.pop()[1]
        joined.append((one.person, begins, ends))
    return joined


@settings(max_examples=120, deadline=None)
@given(rosters(), st.integers(0, STEPS), st.integers(1, 900))
def test_they_are_the_duty_of_the_calendar(given_roster: tuple[Roster, datetime], first: int, length: int) -> None:
    roster, begins = given_roster
    start = begins + first * STEP
    end = start + length * STEP
    found = list(slots(roster, start, end))
    blocks = [Slot(b.person, b.start, b.end, None, b.source) for b in expand(roster, start, end) if b.person]
    assert duty(found, start, end) == duty(blocks, start, end)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert len({(one.layer, one.start) for one in found}) == len(found)


@settings(max_examples=120, deadline=None)
@given(rosters(), st.integers(0, STEPS), st.integers(1, 900), st.integers(-300, 300))
def test_no_window_moves_them(given_roster: tuple[Roster, datetime], first: int, length: int, later: int) -> None:
    roster, begins = given_roster
    start = begins + first * STEP
    end, shift = start + length * STEP, later * STEP
    here, there = list(slots(roster, start, end)), list(slots(roster, start + shift, end + shift))
    both = [one for one in here if one.end > start + shift and one.start < end + shift]
    assert both == [one for one in there if one.end > start and one.start < end]


def test_one_person_alone_still_has_a_slot_a_turn() -> None:
    alone = Roster((Layer("weekly", ("A",), 1, Unit.WEEK, WEEKLY.starts, "UTC", key=7),))
    found = list(slots(alone, MONDAY + WEEK, MONDAY + 3 * WEEK))
    assert [(one.start - MONDAY) // WEEK for one in found] == [1, 2]


def test_a_shift_that_somebody_takes_whole_stays_the_same_slot() -> None:
    before = list(slots(Roster((WEEKLY,)), MONDAY, MONDAY + WEEK))
    taken = Roster((WEEKLY,), (Override("C", MONDAY, MONDAY + WEEK),))
    assert list(slots(taken, MONDAY, MONDAY + WEEK)) == [before[0]._replace(person="C", source=Source.OVERRIDE)]


def test_nobody_is_no_slot() -> None:
    assert list(slots(Roster((WEEKLY,)), MONDAY - 2 * WEEK, MONDAY)) == []
    only = Roster((), (Override("C", MONDAY, MONDAY + WEEK),))
    assert [(one.person, one.layer) for one in slots(only, MONDAY, MONDAY + WEEK)] == [("C", None)]
