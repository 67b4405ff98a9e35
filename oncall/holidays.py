"""The working hours of a team: Monday to Friday on its clock, without the holidays of its region and of its calendars."""

from __future__ import annotations

from datetime import date, datetime, time

from oncall import working_hours
from oncall.models import CalendarEntry, ImportedCalendar
from oncall.team_clock import clock_of
from oncall.wallclock import first_instant, to_local

NOON = time(12)
MOST = 60
"""Holidays in a row of an imported calendar that are passed over; one that never ends must not hold a page for ever."""


def team_holiday(team_id: int, day: date) -> str:
    """The name that an imported calendar of the team has for `day`, as it is at noon on the team's clock; empty: none.

    What it said of days that are over stays when it is removed.
    """
    noon = first_instant(datetime.combine(day, NOON), clock_of(team_id).zone)
    mine = {"calendar__team": team_id, "calendar__kind": ImportedCalendar.Kind.HOLIDAYS}
    rows = CalendarEntry.objects.filter(**mine, start__lte=noon, end__gt=noon)
    return rows.order_by("pk").values_list("summary", flat=True).first() or ""


def is_working(team_id: int, at: datetime) -> bool:
    """Whether the team works at `at`."""
    clock = clock_of(team_id)
    return working_hours.is_working(at, *clock) and not team_holiday(team_id, to_local(at, clock.zone).date())


def next_morning(team_id: int, at: datetime) -> datetime:
    """09:00 of the team's first working day after `at`."""
    clock = clock_of(team_id)
    morning = working_hours.next_morning(at, *clock)
    for _day in range(MOST):
        if not team_holiday(team_id, to_local(morning, clock.zone).date()):
            break
        morning = working_hours.next_morning(morning, *clock)
    return morning
