"""How long a start takes, and how much memory everything takes at rest."""

from __future__ import annotations

import time
from statistics import median

from bench.figures import Result, Scale, spread
from bench.house import House
from tests.system import System

READY_AGAIN = 10.0  # seconds
MOST_MEMORY = 500e6  # bytes


def starting(house: House, scale: Scale) -> Result:
    """The first start on an empty home with the virtual environment there, rest, then starts on what it left."""
    result = Result()
    first = _seconds_to_ready(house.system)
    time.sleep(scale.idle)
    memory = house.memory()
    again = []
    for _run in range(scale.runs):
        house.system.stop()
        again.append(_seconds_to_ready(house.system))
    result.add("first start, virtual environment there, once", f"{first:.1f} s to ready")
    result.add(
        "all processes at rest after the first start", f"{memory / 1e6:.0f} MB PSS", "<= 500 MB", memory <= MOST_MEMORY
    )
    good = median(again) <= READY_AGAIN
    result.add("second start", spread(again, ".1f", "s to ready"), "<= 10 s", good)
    return result


def _seconds_to_ready(system: System) -> float:
    begun = time.monotonic()
    system.start()
    return time.monotonic() - begun
