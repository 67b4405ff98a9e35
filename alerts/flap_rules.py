"""When an alert flaps, and what follows from it. Pure.

A change is a beginning or an end. An alert that changed five times within half an hour has begun a third time: once is an
incident, twice may be a repair that did not hold, a third time is a pattern. While it flaps its incident stays open until
the alert has been still for that half hour, so whoever has it is not paged for each change; after that no change counts.
"""

from datetime import timedelta

WINDOW = timedelta(minutes=30)
CHANGES = 5


def flaps(changes: int) -> bool:
    """Whether so many changes within `WINDOW` are flapping."""
    return changes >= CHANGES


def hold_of(hold: timedelta, *, flapping: bool) -> timedelta:
    """How long an incident whose alerts have all ended waits before it is resolved."""
    return max(hold, WINDOW) if flapping else hold
