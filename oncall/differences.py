"""What becomes of a schedule: where two expansions of the same span differ in the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oncall.rosters import Shift
from teams.models import User


@dataclass(frozen=True)
class Difference:
    """[start, end) belongs to `after` instead of `before` (None: nobody)."""

    start: datetime
    end: datetime
    before: User | None
    after: User | None


def compare(before: Sequence[Shift], after: Sequence[Shift]) -> list[Difference]:
    """Where two expansions of the same span differ in the person, neighbours joined."""
    found: list[Difference] = []
    edges = sorted({shift.start for shift in (*before, *after)} | {shift.end for shift in (*before, *after)})
    for start, end in zip(edges, edges[1:], strict=False):
        was, will = _holder(before, start), _holder(after, start)
        if was == will:
            continue
        last = found[-1] if found else None
        if last and last.end == start and (last.before, last.after) == (was, will):
            found[-1] = Difference(last.start, end, was, will)
        else:
            found.append(Difference(start, end, was, will))
    return found


def _holder(shifts: Sequence[Shift], at: datetime) -> User | None:
    return next((shift.person for shift in shifts if shift.start <= at < shift.end), None)
