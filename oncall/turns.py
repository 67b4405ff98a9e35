"""Pure: whose turn it is in one layer, and when its windows are open.

Days, weeks, months and hours that divide 24 keep the wall clock of the layer's zone: each handover is a local time made
into an instant, and instants are compared. Other hours are elapsed time. Any turn is reached by arithmetic, never by
walking from the first one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall.away import NOBODY, Away
from oncall.layers import DAY, Layer, Person, near, slot
from oncall.sweep import Claim, covering, strongest
from oncall.wallclock import FAR, first_instant, to_local, utc

REACH = 3
"""Local days before a span whose windows may still be open in it: 24 hours, and a clock that goes back by a day."""


class Turn(NamedTuple):
    """Turn number `number` (0 is the first) lasts [start, end)."""

    number: int
    start: datetime
    end: datetime


class Handover(NamedTuple):
    """At `at` turn `turn` begins and `person` takes over, if active."""

    at: datetime
    turn: int
    person: Person | None


class Spell(NamedTuple):
    """A stretch of duty inside one turn, [start, end); `opened` is when its window opened (None without windows)."""

    start: datetime
    end: datetime
    turn: int
    opened: datetime | None = None


def boundary(layer: Layer, number: int) -> datetime:
    """The instant at which turn `number` begins; never earlier than that of the turn before it."""
    if number <= 0:
        return layer.begin
    try:
        if layer.elapsed:
            return layer.begin + timedelta(hours=layer.every) * number
        return first_instant(slot(layer, number), layer.zone)
    except (OverflowError, ValueError):
        return FAR


def turn_at(layer: Layer, at: datetime) -> int | None:
    """The number of the turn at the instant `at`; None before `starts`."""
    if at < layer.begin:
        return None
    if layer.elapsed:
        return (at - layer.begin) // timedelta(hours=layer.every)
    number = max(0, near(layer, to_local(at, layer.zone)))
    while number > 0 and boundary(layer, number) > at:
        number -= 1
    while boundary(layer, number + 1) <= at:
        number += 1
    return number


def turns(layer: Layer, start: datetime, end: datetime) -> Iterator[Turn]:
    """The turns that touch [start, end), whole and in order; one of no length (its hour was skipped) is left out."""
    start = max(start, layer.begin)
    number = turn_at(layer, start)
    if number is None or start >= end:
        return
    begins = boundary(layer, number)
    while begins < end:
        ends = boundary(layer, number + 1)
        if begins < ends:
            yield Turn(number, begins, ends)
        begins, number = ends, number + 1


def handovers(layer: Layer, start: datetime, end: datetime) -> list[Handover]:
    """Every handover in [start, end), strictly in order; the person is the one whose turn it is, active or not."""
    start, end = utc(start), utc(end)
    return [
        Handover(turn.start, turn.number, member(layer, turn.number, NOBODY, turn.start))
        for turn in turns(layer, start, end)
        if turn.start >= start
    ]


def next_handover(layer: Layer, at: datetime) -> datetime | None:
    """The first handover after `at`; None when the calendar ends before it."""
    number = turn_at(layer, utc(at))
    if number is None:
        return layer.begin
    following = boundary(layer, number + 1)
    while following <= at:
        number += 1
        following = boundary(layer, number + 1)
    return None if following == FAR else following


def member(layer: Layer, turn: int, away: Away, at: datetime) -> Person | None:
    """Who stands for turn `turn` at `at`: the one whose turn it is or, if away then, the next who is there; else None."""
    count = len(layer.members)
    for index in range(turn, turn + count):
        person = layer.members[index % count]
        if away.span_at(person, at) is None:
            return person
    return None


def spell_at(layer: Layer, at: datetime) -> Spell | None:
    """The stretch of duty at the instant `at`, whole; None before `starts` and outside the windows."""
    number = turn_at(layer, at)
    if number is None:
        return None
    if not layer.windows:
        return Spell(boundary(layer, number), boundary(layer, number + 1), number)
    claim = covering(list(_openings(layer, at, at)), at)
    if claim is None:
        return None
    opened, closes, whole = claim.value
    if whole:
        return Spell(opened, closes, turn_at(layer, opened) or 0, opened)
    return Spell(max(opened, boundary(layer, number)), min(closes, boundary(layer, number + 1)), number, opened)


def spells(layer: Layer, start: datetime, end: datetime) -> list[Spell]:
    """Every stretch of duty that touches [start, end), disjoint and in order; the outer ones may reach beyond it."""
    if not layer.windows:
        return [Spell(turn.start, turn.end, turn.number) for turn in turns(layer, start, end)]
    openings = strongest(_openings(layer, start, end))
    if not openings:
        return []
    row = list(turns(layer, openings[0].start, openings[-1].end))
    begins = [turn.start for turn in row]
    found: list[Spell] = []
    for piece in openings:
        opened, _, whole = piece.value
        if whole:
            found.append(Spell(piece.start, piece.end, row[bisect_right(begins, opened) - 1].number, opened))
            continue
        index = bisect_right(begins, piece.start) - 1
        while index < len(row) and row[index].start < piece.end:
            turn = row[index]
            found.append(Spell(max(piece.start, turn.start), min(piece.end, turn.end), turn.number, opened))
            index += 1
    return found


def _openings(layer: Layer, start: datetime, end: datetime) -> Iterator[Claim]:
    """The windows open at some instant of [start, end], from `starts` on; of two the one that opened last decides.

    The value of each is (opened, closes, whether it belongs whole to the turn in which it opened).
    """
    if end < layer.begin:
        return
    day = to_local(max(start, layer.begin), layer.zone).date() - REACH * DAY
    last = to_local(end, layer.zone).date() + DAY
    while day <= last:
        for window in layer.windows:
            if day.weekday() in window.days:
                opened, closes = window.on(day, layer.zone)
                opened = max(opened, layer.begin)
                if opened < closes and closes > start and opened <= end:
                    whole = layer.whole_nights and window.past_midnight
                    yield Claim(opened, closes, (opened, closes), (opened, closes, whole))
        day += DAY
