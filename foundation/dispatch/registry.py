"""What can be due, and how it is done."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

logger = logging.getLogger(__name__)
Key = int | str


@dataclass(frozen=True)
class Next:
    """Work that a piece of work made due: it is done at once in the same place, and nobody need be woken for it."""

    name: str
    key: Key


@dataclass(frozen=True)
class Work:
    """One kind of due work.

    `due(at, limit)` lists the keys that are due, most urgent first; `run(key, at)` claims one under its lock, does it, and
    does nothing when somebody else was faster; it may return a `Next`. `oldest(at)` is the due time of the oldest row, for
    health checks, which complain once it is more than `late_after` old. `failed(key, at, error)` puts a poisonous row aside.
    `outside` work asks others and pages nobody: the dispatcher does little of it at once, so that pages never queue behind it.
    """

    name: str
    queue: str
    due: Callable[[datetime, int], list[Key]]
    run: Callable[[Key, datetime], object]
    oldest: Callable[[datetime], datetime | None] | None = None
    late_after: timedelta = timedelta(seconds=60)
    failed: Callable[[Key, datetime, Exception], None] | None = None
    outside: bool = False


QUEUES = ("page", "callback", "default", "report")
_registry: dict[str, Work] = {}


def register(work: Work) -> Work:
    """Add a kind of work; called from a room's `due.py`."""
    if work.queue not in QUEUES:
        raise ValueError(f"{work.queue} is not a queue")
    _registry[work.name] = work
    return work


def every_work() -> list[Work]:
    """All kinds, the pages first."""
    return sorted(_registry.values(), key=lambda work: QUEUES.index(work.queue))


def named(name: str) -> Work | None:
    """The work of this name."""
    return _registry.get(name)


def do(name: str, key: Key, at: datetime) -> bool:
    """Do one piece of due work; a failure is logged and put aside, never raised: one bad row must not stop the rest."""
    work = _registry[name]
    try:
        result = work.run(key, at)
    except Exception as error:
        logger.exception("due work failed: %s %s", name, key)
        if work.failed:
            work.failed(key, at, error)
        return False
    # Its own instant: the look may have waited for a lock, and a lease counts from when it is taken.
    return do(result.name, result.key, timezone.now()) if isinstance(result, Next) else True


def oldest_due(at: datetime) -> dict[str, float]:
    """Seconds by which the oldest row of each kind is late; 0 for none."""
    late: dict[str, float] = {}
    for work in every_work():
        oldest = work.oldest(at) if work.oldest else None
        late[work.name] = max(0.0, (at - oldest).total_seconds()) if oldest else 0.0
    return late
