"""The clock of a team: that of its first schedule; without one the organisation's."""

from __future__ import annotations

from collections.abc import Iterable

from oncall.models import Schedule
from teams.models import Organisation


def zone_of(team_id: int | None) -> str:
    """The IANA name of the zone of a team; None: of the organisation."""
    return zones_of([team_id])[team_id]


def zones_of(team_ids: Iterable[int | None]) -> dict[int | None, str]:
    """The zone of each of these teams, in two queries."""
    found: dict[int | None, str] = dict.fromkeys(team_ids, "")
    newest_first = Schedule.objects.live().filter(team__in=[team for team in found if team]).order_by("-pk")
    found |= dict(newest_first.values_list("team_id", "timezone"))
    everybodys = "" if all(found.values()) else Organisation.the().timezone
    return {team: zone or everybodys for team, zone in found.items()}
