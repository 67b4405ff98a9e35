"""The clock of a team, and whose public holidays are its own: those of its first schedule; without one the organisation's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from oncall.models import Schedule
from teams.models import Organisation


class Clock(NamedTuple):
    """An IANA zone, and a region whose public holidays are no working days (empty: none are known)."""

    zone: str
    region: str = ""


def zone_of(team_id: int | None) -> str:
    """The IANA name of the zone of a team; None: of the organisation."""
    return clock_of(team_id).zone


def clock_of(team_id: int | None) -> Clock:
    """The clock of a team; None: of the organisation."""
    return clocks_of([team_id])[team_id]


def clocks_of(team_ids: Iterable[int | None]) -> dict[int | None, Clock]:
    """The clock of each of these teams, in two queries."""
    found: dict[int | None, Clock | None] = dict.fromkeys(team_ids)
    newest_first = Schedule.objects.live().filter(team__in=[team for team in found if team]).order_by("-pk")
    found |= {
        team: Clock(zone, region) for team, zone, region in newest_first.values_list("team_id", "timezone", "region")
    }
    everybodys = Clock("") if all(found.values()) else Clock(Organisation.the().timezone)
    return {team: clock or everybodys for team, clock in found.items()}
