"""When an alert that fires counts as stale: its sender repeated it, and has been silent for longer than that. Pure.

Alertmanager sends no end for what was silenced, inhibited, or forgotten over a restart, but it repeats what fires at each
`repeat_interval`. Where it cannot be asked itself, its silence is what we have (intake rules, "Reconciler").
"""

from datetime import datetime, timedelta

SHORTEST, LONGEST = timedelta(minutes=4), timedelta(days=7)
"""A wait between two words that counts as a repeat: sooner it is a second copy, later it is an accident."""
TIMES = 1.5
FLOOR = timedelta(hours=1)
"""Nothing is stale sooner: a sender that repeats each five minutes may be upgraded in between."""
SETTLED = timedelta(minutes=10)
"""So long after the first doubt people are asked: when it was us who were away, senders come back within minutes."""
ENDS_AFTER, GAPS_TO_END = timedelta(days=1), 3
CRITICAL = "critical"


def stale_after(gap: timedelta) -> timedelta:
    """How long an alert that was repeated every `gap` may be unseen."""
    return max(gap * TIMES, FLOOR)


def is_stale(gap: timedelta | None, last_seen_at: datetime, at: datetime) -> bool:
    """Whether an alert is stale at `at`; never one of which no repeat was seen (`gap` None)."""
    return gap is not None and at - last_seen_at >= stale_after(gap)


def is_asked(stale_at: datetime | None, at: datetime) -> bool:
    """Whether people are asked about an alert that is doubted since `stale_at`."""
    return stale_at is not None and at - stale_at >= SETTLED


def ends_by_itself(
    gap: timedelta | None, last_seen_at: datetime, stale_at: datetime | None, at: datetime, severity: str
) -> bool:
    """Whether one that nobody answered for ends: a day after the doubt, three repeats missed, and never a critical one."""
    if gap is None or stale_at is None or severity == CRITICAL:
        return False
    return at - stale_at >= ENDS_AFTER and at - last_seen_at >= gap * GAPS_TO_END
