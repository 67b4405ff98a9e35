"""How often one address may ring: pure rules, limits as data (paging rules, "order under storm").

A throttle may bundle or switch the method, never delay a first page: a person's first page leaves at once; others that come
due within the gap leave together as one bundle at its end.
"""

from __future__ import annotations

from datetime import datetime, timedelta

GAP: dict[str, timedelta] = {"sms": timedelta(minutes=1), "voice": timedelta(minutes=1)}
DEFAULT_GAP = timedelta(seconds=10)
RETRY_AFTER = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2))
"""Waits after the first, second and third temporary failure of one delivery; after the last it has failed."""


def next_slot(kind: str, last_sent_at: datetime | None, at: datetime) -> datetime:
    """When the next bundle may leave on a method of `kind` whose last one left at `last_sent_at`; `at` or later."""
    if last_sent_at is None:
        return at
    return max(at, last_sent_at + GAP.get(kind, DEFAULT_GAP))


def retry_at(attempt: int, at: datetime, asked: float | None = None) -> datetime | None:
    """When to try again after temporary failure number `attempt` (1 is the first), or None when it is time to give up.

    A provider that `asked` for a wait in seconds gets at least that; meanwhile the next method rings.
    """
    if attempt > len(RETRY_AFTER):
        return None
    return at + max(RETRY_AFTER[attempt - 1], timedelta(seconds=asked or 0))
