"""How it ends, and how it comes back: mitigated, resolved, closed, cancelled, reopened."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.lifecycle.row import (
    end_impact,
    impact_of,
    look_at_clocks,
    open_or_refuse,
    reacted,
    save,
    start_paging,
    stop_paging,
    who_ended,
)
from incidents.models import Incident, Kind, NotAllowed, State
from teams.models import User


@transaction.atomic
def mitigate(incident: Incident, *, by: User, at: datetime) -> Incident:
    """Customers no longer feel it; the response goes on."""
    incident = open_or_refuse(incident.pk)
    end_impact(incident, at, source="human")
    incident.state = State.MONITORING
    reacted(incident, at)
    incident.tell(Kind.MITIGATED, by=by, at=at)
    return save(incident)


@transaction.atomic
def resolve(
    incident: Incident, *, at: datetime, by: User | None = None, cause: str = "", as_of: datetime | None = None
) -> Incident:
    """The response is over. `as_of` is when it ended by the alerts' word (clamped, never refused); without one, now."""
    incident = open_or_refuse(incident.pk)
    ended = max(filter(None, (as_of or at, incident.detected_at, incident.acked_at)))
    source = "human" if by else "alert"
    if incident.mitigated_at is None:
        end_impact(incident, ended, source="auto")
    incident.stamp(source, resolved_at=max(ended, incident.mitigated_at or ended))
    incident.state = State.RESOLVED
    if by:
        reacted(incident, at)
    stop_paging(incident)
    look_at_clocks(incident, at)
    incident.tell(Kind.RESOLVED, by=by, at=at, cause=cause, self_resolved=by is None)
    return save(incident)


@transaction.atomic
def reopen(incident: Incident, *, at: datetime, by: User | None = None, cause: str = "") -> Incident:
    """It is back: paging starts again. Raises NotAllowed when it is open, cancelled or merged."""
    incident = Incident.objects.locked(incident.pk)
    if incident.state not in {State.RESOLVED, State.CLOSED}:
        raise NotAllowed(_("%s is %s.") % (incident, incident.get_state_display()), lost_race=True)
    was = {"resolved_at": str(incident.resolved_at), "mitigated_at": str(incident.mitigated_at)}
    incident.resolved_at = incident.mitigated_at = incident.closed_at = None
    incident.state = State.INVESTIGATING
    incident.reopened += 1
    start_paging(incident, at)
    if incident.impact_started_at and incident.service_id:
        impact_of(incident, at).save()
    look_at_clocks(incident, at)
    incident.tell(Kind.REOPENED, by=by, at=at, cause=cause, was=was)
    return save(incident)


@transaction.atomic
def close(incident: Incident, *, by: User, at: datetime) -> Incident:
    """Nothing is left to do. Raises NotAllowed while it is open; `postmortems.lifecycle.close_incident` asks for the duties."""
    incident = Incident.objects.locked(incident.pk)
    if incident.is_open:
        raise NotAllowed(_("%s is %s: resolve it first.") % (incident, incident.get_state_display()))
    if incident.state != State.RESOLVED:
        raise NotAllowed(who_ended(incident), lost_race=True)
    incident.stamp("human", closed_at=at)
    incident.state = State.CLOSED
    incident.tell(Kind.CLOSED, by=by, at=at)
    return save(incident)


@transaction.atomic
def cancel(incident: Incident, *, by: User, at: datetime, reason: str = "") -> Incident:
    """It was none: no clocks, no figures."""
    incident = open_or_refuse(incident.pk)
    incident.state = State.CANCELLED
    incident.impacts.filter(automatic=True).delete()
    reacted(incident, at)
    incident.state = State.CANCELLED
    stop_paging(incident)
    look_at_clocks(incident, at)
    incident.tell(Kind.CANCELLED, by=by, at=at, text=reason)
    return save(incident)
