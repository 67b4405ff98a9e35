"""Pure: when a clock of one round begins and is due (incident rules, C2, C5, C7, C8, C11, C18).

A clock that is kept already holds its floor: later changes move its beginning, and never take promised time away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from postmortems.deadlines import EDIT_GRACE, INTERNAL, PUBLIC

NOTICED_GRACE = timedelta(hours=24)
"""C7, C8: what a duty that is noticed after the end gives at least."""
UPDATE = timedelta(hours=24)
"""C11: what was published is brought up to date within this time."""
LENGTH = {"internal": INTERNAL, "public": PUBLIC}


@dataclass(frozen=True)
class Plan:
    """One clock as it should stand. `not_before` is the floor under its due time; `late`: the duty was noticed late."""

    started_at: datetime
    due_at: datetime
    not_before: datetime | None = None
    late: bool = False


@dataclass(frozen=True)
class Changes:
    """What happened since the incident was over: a duty noticed, a time stamp edited (instants, or None)."""

    noticed_at: datetime | None = None
    edited_at: datetime | None = None


def plan(
    start: datetime,
    length: timedelta,
    changes: Changes,
    *,
    kept: Plan | None = None,
    extended_to: datetime | None = None,
) -> Plan:
    """The clock that begins at `start`: `kept` is how it stands until now, None when it is new."""
    floors = [kept.not_before if kept else None]
    late = kept.late if kept else changes.noticed_at is not None
    if kept is None and changes.noticed_at:
        floors.append(changes.noticed_at + NOTICED_GRACE)
    if changes.edited_at and (kept is None or kept.started_at != start):
        floors.append(changes.edited_at + EDIT_GRACE)
    if kept and kept.started_at == start:
        return Plan(start, _latest(kept.due_at, extended_to), kept.not_before, late)
    floor = max(filter(None, floors), default=None)
    return Plan(start, _latest(start + length, floor, extended_to), floor, late)


def _latest(due: datetime, *floors: datetime | None) -> datetime:
    return max(due, *filter(None, floors)) if any(floors) else due


def outcome(ended_at: datetime, *, due_at: datetime, first_due: datetime) -> str:
    """C10: `met` within the time first given, `met_extended` thanks to an extension, else `missed`. Exactly at due is met."""
    if ended_at > due_at:
        return "missed"
    return "met" if ended_at <= first_due else "met_extended"
