"""Held to the next working morning: who need not be woken, and when somebody must be all the same (paging rules, "held").

Low-urgency classes of a service that is covered in working hours only wait, unless what an hour may cost says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from incidents.models import Incident
from incidents.severity import LOW_URGENCY
from oncall import holidays
from oncall.team_clock import zone_of
from teams.models import Service

NOBODY_IS_WOKEN_UP_TO = Decimal(7000)
"""Money at risk in an hour for which nobody need be woken (review rules, "Exposure and on-call level", the lowest band)."""


@dataclass(frozen=True)
class Held:
    """Until when, on the clock of which zone, and for which service."""

    until: datetime
    zone: str
    service: str


def held(incident: Incident, at: datetime) -> Held | None:
    """Whether its first page waits at `at`; None: it leaves now. Once held, or asked for by a person, it is not held again."""
    if incident.waits_until is not None or incident.severity not in LOW_URGENCY or incident.service is None:
        return None
    service = incident.service
    if service.covered != Service.Covered.WORKING_HOURS or may_cost(incident) > NOBODY_IS_WOKEN_UP_TO:
        return None
    if holidays.is_working(service.team_id, at):
        return None
    return Held(holidays.next_morning(service.team_id, at), zone_of(service.team_id), str(service))


def may_cost(incident: Incident) -> Decimal:
    """What an hour of it may cost: the service's money at risk, times the share of customers where somebody measured it."""
    exposure = incident.service.exposure_per_hour if incident.service else None
    if not exposure:
        return Decimal(0)
    measured = incident.impacts.filter(end=None, estimated=False, share__gt=0).values_list("share", flat=True)
    return exposure * Decimal(str(max(measured, default=1)))
