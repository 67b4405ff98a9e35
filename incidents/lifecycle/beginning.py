"""How an incident begins: by an alert, by a person, or as a rehearsal that is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from foundation.dispatch.wake import wake
from incidents import statements
from incidents.lifecycle.row import PAGING, impact_of
from incidents.models import Incident, Kind, State, TimelineEntry
from teams.models import Service, User


@dataclass(frozen=True)
class Opening:
    """What is known when an incident begins. `detected_at` and `impact_started_at` are instants."""

    title: str
    service: Service | None
    severity: str
    group_key: str = ""
    detected_at: datetime | None = None
    impact_started_at: datetime | None = None
    customer_facing: bool = True
    restricted: bool = False
    drill: bool = False
    by: User | None = None
    cause: str = ""
    text: str = ""
    silenced_until: datetime | None = None
    silenced_because: str = ""
    recurrence_of_id: int | None = None
    data: dict[str, object] = field(default_factory=dict)


@transaction.atomic(savepoint=False)
def open_many(openings: Sequence[Opening], *, at: datetime) -> list[Incident]:
    """Open an incident for each opening, with its first line and impact interval; one statement."""
    begun = [_begun(opening, at) for opening in openings]
    statements.insert_begun(begun)
    wake(PAGING)
    return [one.incident for one in begun]


def _begun(opening: Opening, at: datetime) -> statements.Begun:
    incident = _begin(opening, at)
    entry = TimelineEntry(
        incident=incident,
        at=at,
        kind=Kind.DECLARED if opening.by else Kind.OPENED,
        by=opening.by,
        cause=opening.cause,
        text=opening.text,
        data={"class": opening.severity, **opening.data},
    )
    felt_at = incident.impact_started_at
    return statements.Begun(incident, entry, impact_of(incident, felt_at) if felt_at and incident.service_id else None)


def open_one(opening: Opening, *, at: datetime) -> Incident:
    """Open one incident."""
    return open_many([opening], at=at)[0]


def rehearse(opening: Opening, *, at: datetime) -> Incident:
    """An open incident that has no number, for a caller who takes the transaction back: nobody else ever sees it.

    Raises RuntimeError outside a transaction, where it would stay.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A rehearsal is taken back: it needs a transaction.")
    incident = _begin(opening, at)
    incident.pk = 0
    incident.save(force_insert=True)
    incident.tell(Kind.OPENED, at=at, cause=opening.cause)
    return incident


def _begin(opening: Opening, at: datetime) -> Incident:
    """The row of a new incident. A human declaration is already looked at; an alert is not."""
    detected = min(opening.detected_at or at, at)
    impact = opening.impact_started_at if opening.customer_facing else None
    silenced = opening.silenced_until and opening.silenced_until > at
    source = "human" if opening.by else "alert"
    incident = Incident(
        title=opening.title[:300],
        service=opening.service,
        severity=opening.severity,
        state=State.INVESTIGATING if opening.by else State.TRIAGE,
        group_key=opening.group_key,
        restricted=opening.restricted,
        drill=opening.drill,
        detected_at=detected,
        declared_at=at,
        page_due_at=opening.silenced_until if silenced else at,
        waits_until=at if opening.by else None,  # whoever declares it asks for people now
        silenced_until=opening.silenced_until if silenced else None,
        silenced_because=opening.silenced_because[:300] if silenced else "",
        recurrence_of_id=opening.recurrence_of_id,
    )
    incident.stamp(source, impact_started_at=impact, detected_at=detected)
    incident.stamp("auto", declared_at=at)
    if opening.by:
        incident.stamp("human", reacted_at=at)
    return incident
