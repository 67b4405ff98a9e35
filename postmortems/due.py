"""Due work of this room: deadlines that must be looked at, those that passed, and remediation items."""

from __future__ import annotations

from datetime import timedelta

from foundation.dispatch.registry import Work, register
from incidents.lifecycle import CLOCKS
from postmortems import clocks, item_due, reminders

__all__ = ["item_due"]

register(
    Work(
        CLOCKS,
        "default",
        due=clocks.due,
        run=clocks.reconcile,
        oldest=clocks.oldest,
        late_after=timedelta(seconds=60),
    )
)
register(Work("missed-clocks", "default", due=clocks.to_miss, run=clocks.miss))
register(Work(reminders.REMINDERS, "default", due=reminders.due, run=reminders.remind, failed=reminders.put_aside))
