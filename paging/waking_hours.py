"""When somebody may be tested: in their own working hours, spread over the week; pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from oncall.wallclock import is_working_day

WORKING_DAYS = range(5)
OPENS, CLOSES = time(10), time(16)
"""On the person's own clock, Monday to Friday: nobody sleeps then, and the first hour of the day is left alone."""
MINUTES = 6 * 60
LATER = timedelta(hours=1)


def in_hours(at: datetime, zone: str) -> bool:
    """Whether `at` lies in the working hours of somebody in `zone` (an IANA name)."""
    local = at.astimezone(ZoneInfo(zone))
    return is_working_day(local.date()) and OPENS <= local.time() < CLOSES


def slot(person: int, zone: str, week: date) -> datetime:
    """The instant (UTC) of a person's test in the week of the Monday `week`; another day and minute each week."""
    number = crc32(f"{person} {week.isoformat()}".encode())
    return _at(week + timedelta(days=number % len(WORKING_DAYS)), number // len(WORKING_DAYS) % MINUTES, zone)


def next_slot(person: int, zone: str, after: datetime) -> datetime:
    """The person's first slot after an instant."""
    week = _monday(after, zone)
    return next(at for n in range(3) if (at := slot(person, zone, week + timedelta(weeks=n))) > after)


def next_week(person: int, zone: str, at: datetime) -> datetime:
    """The person's slot in the week after that of `at`."""
    return slot(person, zone, _monday(at, zone) + timedelta(weeks=1))


def again(person: int, zone: str, at: datetime) -> datetime:
    """When a test that could not be sent at `at` is tried next: an hour later, else at its own minute on the next working
    day, in the same week; else in the next week's slot."""
    if in_hours(at + LATER, zone):
        return at + LATER
    week = _monday(at, zone)
    own = slot(person, zone, week).astimezone(ZoneInfo(zone))
    minute = own.hour * 60 + own.minute - OPENS.hour * 60
    days = [_at(week + timedelta(days=day), minute, zone) for day in WORKING_DAYS]
    return next((day for day in days if day > at), None) or next_week(person, zone, at)


def _monday(at: datetime, zone: str) -> date:
    local = at.astimezone(ZoneInfo(zone)).date()
    return local - timedelta(days=local.weekday())


def _at(day: date, minute: int, zone: str) -> datetime:
    """So many minutes after the working day opens. No zone changes its clock at these hours, but an instant would be
    found all the same."""
    opens = datetime.combine(day, OPENS, ZoneInfo(zone)).astimezone(UTC)
    return opens + timedelta(minutes=minute)
