"""Resolving by itself: when all alerts have ended, after a hold-down."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from foundation.dispatch.registry import Key
from foundation.dispatch.wake import wake
from incidents import lifecycle
from incidents.models import OPEN_Q, Incident

RESOLVING = "resolving"


def resolve_later(incident: Incident, *, as_of: datetime, due_at: datetime) -> None:
    """All alerts have ended at `as_of`; resolve at `due_at` unless one fires again. The caller holds the lock."""
    incident.resolve_as_of, incident.resolve_due_at = as_of, due_at
    lifecycle.save(incident)
    wake(RESOLVING)


def fires_again(incident: Incident) -> None:
    """An alert fires: nothing resolves by itself now. The caller holds the lock and saves."""
    incident.resolve_due_at = incident.resolve_as_of = None


def due(at: datetime, limit: int) -> list[Key]:
    """Incidents whose hold-down is over."""
    found = Incident.objects.filter(OPEN_Q, resolve_due_at__lte=at).order_by("resolve_due_at")
    return list(found.values_list("pk", flat=True)[:limit])


@transaction.atomic
def resolve_one(key: Key, at: datetime) -> bool:
    """Resolve the incident if its hold-down is still over; returns whether it was."""
    found = Incident.objects.select_for_update(skip_locked=True, no_key=True).filter(
        OPEN_Q, pk=key, resolve_due_at__lte=at
    )
    incident = found.first()
    if incident is None:
        return False
    lifecycle.resolve(incident, at=at, as_of=incident.resolve_as_of, cause="all alerts resolved")
    return True
