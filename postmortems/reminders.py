"""Words to people while a clock runs."""

from __future__ import annotations

from datetime import datetime

from postmortems.models import Clock, Postmortem, Reminder
from teams.models import User


def lay_out(clock: Clock, at: datetime) -> None:
    """Plan the reminders of a clock that began or was moved."""


def lay_out_all(written: Postmortem, at: datetime) -> None:
    """Plan the reminders of every clock that runs: the people changed."""


def handed_over(written: Postmortem, by: User, at: datetime) -> None:
    """The new owner hears of it."""
    lay_out_all(written, at)


def extension_asked(clock: Clock, by: User, at: datetime) -> None:
    """Whoever may grant it hears that more time is asked for."""


def drop(clock: Clock, at: datetime) -> None:
    """The clock is over: nobody is reminded any more."""
    Reminder.objects.filter(clock=clock, done_at=None).update(done_at=at, outcome="dropped")
