"""Declaring an incident by hand, now or with its true times in the past."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from incidents import command, lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident, State
from teams.models import Service, User


@transaction.atomic
def declare(
    *,
    title: str,
    service: Service | None,
    severity: str,
    by: User,
    at: datetime,
    stamps: dict[str, datetime] | None = None,
    restricted: bool = False,
    drill: bool = False,
    text: str = "",
) -> Incident:
    """Open an incident because a person says so; with a `resolved_at` it is a backfill and pages nobody.

    Raises NotAllowed when the stamps stand in an impossible order.
    """
    stamps = stamps or {}
    facing = service is None or service.customer_facing
    backfill = "resolved_at" in stamps
    opening = Opening(
        title=title,
        service=service,
        severity=severity,
        by=by,
        restricted=restricted,
        drill=drill,
        text=text,
        detected_at=stamps.get("detected_at"),
        impact_started_at=stamps.get("impact_started_at") or (None if backfill else at),
        customer_facing=facing or "impact_started_at" in stamps,
    )
    incident = lifecycle.open_one(opening, at=at)
    if restricted:  # whoever declares it is one of its people, or they could not see what they wrote
        command.take_role(incident, role="responder", person=by, by=by, at=at)
    if stamps:
        _apply(incident, stamps, at)
    return incident


def _apply(incident: Incident, stamps: dict[str, datetime], at: datetime) -> None:
    incident.stamp("human", **stamps)
    if incident.resolved_at:
        incident.state = State.RESOLVED
        incident.page_due_at = None
        lifecycle.look_at_clocks(incident, at)
        incident.stamp("auto", mitigated_at=incident.mitigated_at or incident.resolved_at)
    command.check_order(incident)
    if incident.mitigated_at:
        incident.impacts.filter(end=None).update(end=incident.mitigated_at)
    lifecycle.save(incident)
