"""Pure: how far schedules and policies go, whether a form or the organisation's file sets them up."""

from __future__ import annotations

from datetime import timedelta

SHORTEST_WAIT = timedelta(seconds=30)
"""The least that a step gives people to answer."""

MOST_REPEATS = 19
MOST_ACKNOWLEDGEMENTS = 5
MOST_EVERY = 10_000

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_empty_window(start: str, end: str) -> bool:
    """Whether a window goes from a time to itself; a whole day is 00:00 to 24:00."""
    return start == end
