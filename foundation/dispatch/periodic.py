"""Work that comes round: each piece is a due row, so that a lost beat loses nothing and two dispatchers do it once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from foundation.dispatch.registry import Key, Work, register
from foundation.models import Periodic

LEASE = timedelta(minutes=10)


@dataclass(frozen=True)
class Round:
    """One piece of periodic work."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


_rounds: dict[str, Round] = {}


def periodic(name: str, every: timedelta, run: Callable[[datetime], object]) -> None:
    """Register work to be done once in each `every`."""
    _rounds[name] = Round(name, every, run)


def plant(at: datetime) -> None:
    """Make the rows of all registered rounds; rows that are there keep their time."""
    Periodic.objects.bulk_create([Periodic(name=name, due_at=at) for name in _rounds], ignore_conflicts=True)


def _due(at: datetime, limit: int) -> list[Key]:
    """Those whose time has come, or lies further ahead than their round is long: the clock was set back since."""
    rows = Periodic.objects.filter(name__in=_rounds).order_by("due_at").values_list("name", "due_at")
    found: list[Key] = [name for name, due_at in rows if not at < due_at <= at + _rounds[name].every]
    return found[:limit]


def _run(key: Key, at: datetime) -> bool:
    """Claim the round by moving its time, then do it outside the lock."""
    round_ = _rounds[str(key)]
    with transaction.atomic():
        row = Periodic.objects.select_for_update(skip_locked=True).filter(name=key).first()
        if row is None or at < row.due_at <= at + round_.every:
            return False
        row.due_at = at + round_.every
        row.ran_at = at
        row.save(update_fields=["due_at", "ran_at"])
    round_.run(at)
    return True


register(Work("periodic", "default", due=_due, run=_run))
