"""Pure: working days and hours on the clock of a zone. Monday to Friday; public holidays are not known here yet."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from oncall.wallclock import first_instant, is_working_day, to_local, zone_named

MORNING, EVENING = time(9), time(18)
"""Working hours of those who are not on call at night: from the first, before the second."""
SOON = 15  # days; more than any weekend


def is_working(at: datetime, zone: str) -> bool:
    """Whether `at` lies in the working hours of `zone`."""
    local = to_local(at, zone)
    return is_working_day(local.date()) and MORNING <= local.time() < EVENING


def is_taken(during: str, at: datetime, zone: str) -> bool:
    """Whether a step that is for these hours ("always", "working_hours", "off_hours") is taken at `at`."""
    return during == "always" or is_working(at, zone) == (during == "working_hours")


def next_morning(at: datetime, zone: str) -> datetime:
    """09:00 of the first working day after `at`."""
    return first_after(at, zone, working=True, clock=MORNING)


def first_after(at: datetime, zone: str, *, working: bool, clock: time) -> datetime:
    """The first instant after `at` at which the clock of `zone` shows `clock`; `working`: on a working day."""
    local = at.astimezone(zone_named(zone))
    days = (on_clock(local, days, clock, zone) for days in range(SOON))
    return next(then for then in days if then > at and works(then, zone, working=working))


def works(at: datetime, zone: str, *, working: bool) -> bool:
    """Whether the day of `at` will do: any day, or a working day."""
    return not working or is_working_day(at.astimezone(zone_named(zone)))


def on_clock(local: datetime, days: int, clock: time, zone: str) -> datetime:
    """When the clock of `zone` shows `clock`, so many days after the day of `local`."""
    return first_instant(datetime.combine(local.date() + timedelta(days=days), clock), zone)
