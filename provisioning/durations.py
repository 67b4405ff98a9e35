"""Pure: durations as the organisation's file writes them: `30s`, `5m`, `2h`, `1d`."""

from __future__ import annotations

import re
from datetime import timedelta

SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
LONGEST = timedelta(days=3650)
WRITTEN = re.compile(r"([0-9]{1,9})([smhd])")


def parse(text: str) -> timedelta:
    """The duration that `text` says. Raises ValueError with one sentence."""
    found = WRITTEN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a duration such as 30s, 5m, 2h or 1d.")
    seconds = int(found[1]) * SECONDS[found[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{text!r} is longer than {LONGEST.days}d.")
    return timedelta(seconds=seconds)


def show(duration: timedelta) -> str:
    """`duration` in the largest unit that says it exactly, in whole seconds; nothing at all is `0m`."""
    seconds = int(duration.total_seconds())
    if not seconds:
        return "0m"
    unit = next(unit for unit, size in SECONDS.items() if seconds % size == 0)
    return f"{seconds // SECONDS[unit]}{unit}"
