"""Public holidays: those of the region where a person works, and those of a calendar that their team imports."""

from __future__ import annotations

from datetime import date, datetime, time

from oncall.models import CalendarEntry, ImportedCalendar
from oncall.team_clock import zone_of
from oncall.wallclock import first_instant
from teams.models import User
from teams.regions import holiday

NOON = time(12)


def holiday_on(person: User, day: date) -> str:
    """The name of the holiday that `day` is for `person`; empty: none. Their region is asked first."""
    return holiday(person.region, day) or next(
        (name for team in person.memberships.values_list("team_id", flat=True) if (name := team_holiday(team, day))), ""
    )


def team_holiday(team_id: int, day: date) -> str:
    """The name that an imported calendar of the team has for `day`, as it is at noon on the team's clock; empty: none.

    What it said of days that are over stays when it is removed.
    """
    noon = first_instant(datetime.combine(day, NOON), zone_of(team_id))
    mine = {"calendar__team": team_id, "calendar__kind": ImportedCalendar.Kind.HOLIDAYS}
    rows = CalendarEntry.objects.filter(**mine, start__lte=noon, end__gt=noon)
    return rows.order_by("pk").values_list("summary", flat=True).first() or ""
