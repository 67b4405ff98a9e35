"""Random rosters against a walked clock, and the properties that the rules list."""

from __future__ import annotations

import os
import time as clock
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.duty import duty_at
from oncall.rotation import (
    Block,
    Layer,
    Roster,
    Unit,
    Window,
    expand,
    handovers,
    holder_at,
)
from oncall.trace import Step, why
from oncall.turns import boundary, turn_at
from oncall.wallclock import first_instant, last_instant, to_local
from tests.oncall.clockwork import STEP, holders
from tests.oncall.random_rosters import NAIVE, STEPS, WILD, ZONES, changes, layers, rosters, windows


def at_each_step(blocks: list[Block], first: datetime, steps: int) -> list[Any]:
    starts = [block.start for block in blocks]
    return [blocks[bisect_right(starts, first + i * STEP) - 1].person for i in range(steps)]


@settings(max_examples=120, deadline=None)
@given(rosters())
def test_agrees_with_a_walked_clock(given_roster: tuple[Roster, datetime]) -> None:
    roster, first = given_roster
    expected = holders(roster, first, STEPS)
    blocks = expand(roster, first, first + STEPS * STEP)
    assert at_each_step(blocks, first, STEPS) == expected
    for step in range(0, STEPS, 13):
        assert holder_at(roster, first + step * STEP) == expected[step]


@settings(max_examples=60, deadline=None)
@given(rosters(), st.integers(0, STEPS))
def test_the_instant_agrees_with_the_span_and_the_trace(given_roster: tuple[Roster, datetime], step: int) -> None:
    roster, first = given_roster
    at = first + step * STEP
    wide = timedelta(days=60)
    block = next(b for b in expand(roster, at - wide, at + wide) if b.start <= at < b.end)
    duty = duty_at(roster, at)
    assert holder_at(roster, at) == duty.person == block.person
    assert (duty.layer, duty.source) == (block.layer, block.source)
    reasons = why(roster, at)
    if block.person is None:
        assert reasons[-1].step == Step.NOBODY
    else:
        assert reasons[-1].person == block.person
        assert all(r.start is None or r.start <= at for r in reasons if r.step != Step.NOT_STARTED)
        assert all(r.end is None or r.end > at for r in reasons)
    if duty.until:
        assert holder_at(roster, duty.until - timedelta(seconds=1)) == duty.person
        assert holder_at(roster, duty.until) == duty.following != duty.person


@settings(max_examples=60, deadline=None)
@given(rosters(), st.integers(0, STEPS), st.integers(0, STEPS), st.integers(0, STEPS))
def test_blocks_join_without_holes_whatever_is_asked(
    given_roster: tuple[Roster, datetime], a: int, b: int, c: int
) -> None:
    roster, first = given_roster
    start, middle, end = (first + n * STEP for n in sorted((a, b, c)))
    blocks = expand(roster, start, end)
    assert all(x.end == y.start and x[0::3] + x[4:] != y[0::3] + y[4:] for x, y in pairwise(blocks))
    assert all(x.start < x.end for x in blocks)
    if start < end:
        assert (blocks[0].start, blocks[-1].end) == (start, end)
    parts = expand(roster, start, middle) + expand(roster, middle, end)
    cut = [piece for block in blocks for piece in divide(block, middle)]
    assert parts == cut


def divide(block: Block, at: datetime) -> list[Block]:
    if block.start < at < block.end:
        return [block._replace(end=at), block._replace(start=at)]
    return [block]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.data())
def test_the_hours_add_up_to_the_window(place: tuple[str, int], data: st.DataObject) -> None:
    zone, year = place
    change = data.draw(st.sampled_from(changes(zone, year)))
    day = to_local(change, zone).date() - timedelta(days=10)
    window = data.draw(windows())
    rotation = data.draw(layers(zone, change - timedelta(days=40)))
    layer = Layer("one", ("A", "B"), rotation.every, rotation.unit, rotation.starts, zone, (window,), rotation.count)
    start, end = (
        first_instant(datetime.combine(day, time(0)), zone),
        first_instant(datetime.combine(day, time(0)) + timedelta(20), zone),
    )
    shown = {
        (first_instant(datetime.combine(d, window.start), zone), last_instant(datetime.combine(e, window.end), zone))
        for d in (day + timedelta(n) for n in range(-2, 22))
        for e in [d + timedelta(days=window.end <= window.start)]
        if d.weekday() in window.days
    }
    minutes = set()
    for opens, closes in shown:
        at = max(opens, start)
        while at < min(closes, end):
            minutes.add(at)
            at += timedelta(minutes=15)
    on_duty = sum(((b.end - b.start for b in expand(Roster((layer,)), start, end) if b.person)), timedelta())
    assert on_duty == len(minutes) * STEP


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "UTC"])
def test_the_zone_of_the_process_does_not_matter(zone: str) -> None:
    layer = Layer(
        "x",
        tuple("ABC"),
        1,
        Unit.DAY,
        datetime.fromisoformat("2026-03-01 02:30"),
        "Europe/London",
        (Window(frozenset({6, 0}), time(22), time(6)),),
    )
    ask = (Roster((layer,)), datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC))
    expected = expand(*ask)
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = zone
        clock.tzset()
        assert expand(*ask) == expected
        assert expand(ask[0], ask[1].astimezone(ZoneInfo(zone)), ask[2].astimezone(ZoneInfo("Asia/Tokyo"))) == expected
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        clock.tzset()


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
@pytest.mark.parametrize(("every", "unit"), [(1, Unit.HOUR), (12, Unit.HOUR), (1, Unit.DAY), (1, Unit.WEEK)])
@pytest.mark.parametrize("starts", [time(0), time(2, 30)])
def test_a_year_never_hands_back(zone: str, every: int, unit: Unit, starts: time) -> None:
    people = tuple(range(40))
    layer = Layer("x", people, every, unit, datetime.combine(date(2026, 1, 1), starts), zone)
    start = datetime(2026, 1, 2, tzinfo=UTC)
    row = handovers(layer, start, start + timedelta(days=366))
    assert all(a.at < b.at and a.turn < b.turn for a, b in pairwise(row))
    assert sum(b.turn - a.turn > 1 for a, b in pairwise(row)) <= 1
    blocks = expand(Roster((layer,)), start, start + timedelta(days=366))
    assert all((b.person - a.person) % 40 in {1, 2} for a, b in pairwise(blocks))  # type: ignore[operator]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(WILD), st.data())
def test_any_turn_is_reached_at_once(zone: str, data: st.DataObject) -> None:
    year = data.draw(st.integers(1970, 2095))
    layer = data.draw(layers(zone, datetime(year, data.draw(st.integers(1, 12)), 5, tzinfo=UTC)))
    number = data.draw(st.integers(0, 3000))
    at = boundary(layer, number)
    reached = turn_at(layer, at)
    assert reached is not None
    assert boundary(layer, reached) == at
    assert reached >= number
    assert boundary(layer, reached + 1) > at
    if at > layer.begin:
        earlier = turn_at(layer, at - timedelta(microseconds=1))
        assert earlier is not None
        assert earlier < number


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(WILD), NAIVE, st.integers(0, 200_000))
def test_local_times_keep_their_order(zone: str, naive: datetime, seconds: int) -> None:
    later = naive + timedelta(seconds=seconds)
    at = first_instant(naive, zone)
    assert at <= first_instant(later, zone)
    assert last_instant(naive, zone) <= last_instant(later, zone)
    assert at <= last_instant(naive, zone)
    assert to_local(at, zone) >= naive
    assert to_local(at - timedelta(microseconds=1), zone) < naive
