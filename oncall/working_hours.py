"""Pure: working days and hours on the clock of a zone: Monday to Friday, without the public holidays of a region."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from oncall.wallclock import first_instant, is_working_day, to_local, zone_named
from teams.regions import holiday

MORNING, EVENING = time(9), time(18)
"""Working hours of those who are not on call at night: from the first, before the second."""
SOON = 40  # days; more than any weekend with all the holidays around it


def is_working(at: datetime, zone: str, region: str = "") -> bool:
    """Whether `at` lies in the working hours of `zone` and `region` (such as GB-ENG; empty: no holidays are known)."""
    local = to_local(at, zone)
    return _works(local.date(), region) and MORNING <= local.time() < EVENING


def is_taken(during: str, at: datetime, zone: str, region: str = "") -> bool:
    """Whether a step that is for these hours ("always", "working_hours", "off_hours") is taken at `at`."""
    return during == "always" or is_working(at, zone, region) == (during == "working_hours")


def next_morning(at: datetime, zone: str, region: str = "") -> datetime:
    """09:00 of the first working day after `at`."""
    return first_after(at, zone, working=True, clock=MORNING, region=region)


def first_after(at: datetime, zone: str, *, working: bool, clock: time, region: str = "") -> datetime:
    """The first instant after `at` at which the clock of `zone` shows `clock`; `working`: on a working day."""
    local = at.astimezone(zone_named(zone))
    days = (on_clock(local, days, clock, zone) for days in range(SOON))
    return next(then for then in days if then > at and works(then, zone, working=working, region=region))


def works(at: datetime, zone: str, *, working: bool, region: str = "") -> bool:
    """Whether the day of `at` will do: any day, or a working day."""
    return not working or _works(at.astimezone(zone_named(zone)).date(), region)


def _works(day: date, region: str) -> bool:
    return is_working_day(day) and not holiday(region, day)


def on_clock(local: datetime, days: int, clock: time, zone: str) -> datetime:
    """When the clock of `zone` shows `clock`, so many days after the day of `local`."""
    return first_instant(datetime.combine(local.date() + timedelta(days=days), clock), zone)
