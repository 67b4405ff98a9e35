"""Pure: shifts as a calendar program keeps them, turn by turn and whole, each with an identity that outlives its person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from oncall.layers import DAY, Layer
from oncall.rotation import Person, Roster, Source, pieces
from oncall.turns import REACH, boundary, spell_at, turn_at
from oncall.wallclock import utc

NIGHT = REACH * DAY


class Slot(NamedTuple):
    """`person` is on call in [start, end). `layer` is the key of the layer whose turn it is at `start`, exceptions aside.

    So a shift that somebody else takes whole stays the same slot: (schedule, start, layer) is its identity.
    """

    person: Person
    start: datetime
    end: datetime
    layer: object
    source: Source


def slots(roster: Roster, start: datetime, end: datetime) -> Iterator[Slot]:
    """The shifts that touch [start, end), whole, in order, not joined where one person follows themselves.

    The same instants of duty as `expand`, without the gaps. The window does not matter to a slot: another window that
    touches it gives the same one. Give a roster with every exception of the turns that begin or end in the window.
    """
    start, end = utc(start), utc(end)
    for block in pieces(roster, *_whole_turns(roster, start, end)):
        if block.start < end and block.end > start and block.person is not None:
            yield Slot(block.person, block.start, block.end, _layer_at(roster, block.start), block.source)


def _whole_turns(roster: Roster, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The window, grown to whole turns of every layer, so that what lies at its edges is decided by all of them.

    By a night more: a window past midnight may stay with the person of the turn before.
    """
    first, last = [start], [end]
    for layer in roster.layers:
        number = turn_at(layer, start)
        first += [boundary(layer, number)] if number is not None else []
        number = turn_at(layer, end)
        last += [boundary(layer, number + 1)] if number is not None else []
    return min(first) - NIGHT, max(last) + NIGHT


def _on_duty(layer: Layer, at: datetime) -> bool:
    return bool(layer.members) and layer.speaks_at(at) and spell_at(layer, at) is not None


def _layer_at(roster: Roster, at: datetime) -> object:
    """The key of the last layer that is on duty at `at`; None when only an exception puts somebody there."""
    return next((layer.key for layer in reversed(roster.layers) if _on_duty(layer, at)), None)
