"""Moves the clock of real processes: on PYTHONPATH, with CHAOS_CLOCK naming a file that holds seconds to add.

Only the wall clock moves (`datetime.now`, `time.time`), as when somebody sets a machine's clock; monotonic time does not.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

LOOK = 0.05  # seconds


def follow(path: Path) -> None:
    """Begin to move, in this process and in those that it forks."""
    import time_machine

    clock = time_machine.travel(datetime.now(UTC), tick=True).start()  # noqa: TID251 - no application runs here
    # What starting took would be missing from now on: processes must not disagree about the time by themselves.
    clock.shift(timedelta(seconds=time_machine.escape_hatch.time.time() - time.time()))
    moved = 0.0

    def look() -> None:
        nonlocal moved
        while True:
            try:
                wanted = float(path.read_text(encoding="ascii") or moved)
            except (OSError, ValueError):
                wanted = moved
            if wanted != moved:
                clock.shift(timedelta(seconds=wanted - moved))
                moved = wanted
            time.sleep(LOOK)

    def start() -> None:
        threading.Thread(target=look, name="moved-clock", daemon=True).start()

    os.register_at_fork(after_in_child=start)
    start()


if named := os.environ.get("CHAOS_CLOCK"):
    with contextlib.suppress(ImportError):  # the Python that makes the virtual environment has nothing of it yet
        follow(Path(named))
