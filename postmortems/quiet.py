"""Pure: when a reminder may reach a person (incident rules, C14): 08-20 of their own day, managers on working days.

Measurement never pauses; only words wait. 20:00 itself is the last allowed moment of a day, 08:00 the first.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from oncall import working_hours
from oncall.wallclock import is_working_day, zone_named

FIRST, LAST = time(8), time(20)
DAILY = time(10)
LATE = timedelta(minutes=5)
"""A reminder planned for 20:00 may leave a little later: the work is not done in the very second."""


def is_allowed(at: datetime, zone: str, *, working: bool = False, late: timedelta = timedelta()) -> bool:
    """Whether a reminder may leave at `at` for a person who lives in `zone`; `working`: on working days only."""
    local = at.astimezone(zone_named(zone))
    if working and not is_working_day(local):
        return False
    return local.time() >= FIRST and at <= working_hours.on_clock(local, 0, LAST, zone) + late


def moment(step: datetime, zone: str, *, after: datetime, working: bool = False) -> datetime:
    """When a step planned for `step` goes out: then, else the last allowed moment before it, else the first one after it.

    `after` is the step before this one: a reminder never goes out at or before it.
    """
    if is_allowed(step, zone, working=working):
        return step
    early = _last_before(step, zone, working=working)
    return early if early > after else first_after(step, zone, working=working)


def first_after(at: datetime, zone: str, *, working: bool = False) -> datetime:
    """The first instant after `at` at which the clock of `zone` shows 08:00 on an allowed day."""
    return working_hours.first_after(at, zone, working=working, clock=FIRST)


def next_daily(at: datetime, zone: str) -> datetime:
    """10:00 of the next working day after `at`."""
    return working_hours.first_after(at, zone, working=True, clock=DAILY)


def _last_before(at: datetime, zone: str, *, working: bool) -> datetime:
    local = at.astimezone(zone_named(zone))
    days = (working_hours.on_clock(local, -days, LAST, zone) for days in range(working_hours.SOON))
    return next(then for then in days if then < at and working_hours.works(then, zone, working=working))
