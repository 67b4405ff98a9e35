"""How often one address may ring: pure rules, limits as data (paging rules, "order under storm").

A throttle may bundle or switch the method, never delay a first page: a person's first page leaves at once, others that come
due within the next 10 s leave as one bundle, then one bundle per 10 s for mail, push and chat, one per minute for voice and
SMS.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

DEFAULT_GAP = timedelta(seconds=10)
GAP: dict[str, timedelta] = {"sms": timedelta(minutes=1), "voice": timedelta(minutes=1)}
LIMITS: dict[str, tuple[tuple[int, timedelta], ...]] = {
    "voice": ((3, timedelta(minutes=15)), (7, timedelta(hours=1))),
    "sms": ((5, timedelta(minutes=15)), (11, timedelta(hours=1))),
}
"""Kind -> how many messages one person gets on one address within a span at the most, first pages apart."""
LONGEST = timedelta(hours=1)
"""Nothing older than this counts."""
RETRY_AFTER = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2))
"""Waits after the first, second and third temporary failure of one delivery; after the last it has failed."""


def next_slot(kind: str, last: datetime | None, at: datetime, *, before: datetime | None = None) -> datetime:
    """When the next bundle may leave on a method of `kind` whose last one left at `last`; `at` or later.

    `before` is when the one before the last left: after a quiet time the last one was a first page, and 10 s later the
    bundle of those that came with it may leave.
    """
    gap = GAP.get(kind, DEFAULT_GAP)
    if last is None or last > at + gap:  # a clock that was set back must not silence anybody until it is there again
        return at
    alone = before is None or last - before > gap + DEFAULT_GAP
    return max(at, last + (min(gap, DEFAULT_GAP) if alone else gap))


@dataclass(frozen=True)
class Full:
    """A limit that is reached: `most` within `span`, and when the next one fits."""

    most: int
    span: timedelta
    until: datetime


def full(kind: str, sends: Iterable[datetime], at: datetime) -> Full | None:
    """The limit that keeps a method of `kind` busy the longest, given when its messages left; None: another one fits."""
    newest = sorted(sends, reverse=True)
    reached = [
        Full(most, span, newest[most - 1] + span)
        for most, span in LIMITS.get(kind, ())
        if len(newest) >= most and newest[most - 1] > at - span
    ]
    return max(reached, key=lambda limit: limit.until, default=None)


def retry_at(attempt: int, at: datetime, asked: float | None = None) -> datetime | None:
    """When to try again after temporary failure number `attempt` (1 is the first), or None when it is time to give up.

    A provider that `asked` for a wait in seconds gets at least that; meanwhile the next method rings.
    """
    if attempt > len(RETRY_AFTER):
        return None
    return at + max(RETRY_AFTER[attempt - 1], timedelta(seconds=asked or 0))
