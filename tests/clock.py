"""Doing all due work of the application at an instant, as the dispatcher would, without processes."""

from __future__ import annotations

from datetime import datetime

from foundation.dispatch import registry


def work_off(at: datetime, *names: str, turns: int = 50) -> int:
    """Do what is due at `at` until nothing is; returns how many pieces were done. Errors are raised, not put aside."""
    done = 0
    works = [work for work in registry.every_work() if work.name != "periodic" and (not names or work.name in names)]
    for _turn in range(turns):
        pieces = [(work, key) for work in works for key in work.due(at, 1000)]
        if not pieces:
            return done
        for work, key in pieces:
            work.run(key, at)
            done += 1
    raise AssertionError(f"still due after {turns} turns: {pieces}")
