"""What alerts do to an incident by themselves: keep it open, date it back, and end it after a hold-down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

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


def heard(firing: Collection[int], *, ended: Collection[int] = ()) -> None:
    """There is news of these incidents, so their pages change; the `firing` ones do not resolve by themselves now.

    The caller holds the locks and has told the story.
    """
    version = F("version") + 1
    if firing:
        Incident.objects.filter(pk__in=firing).update(version=version, resolve_due_at=None, resolve_as_of=None)
    if ended:
        Incident.objects.filter(pk__in=ended).update(version=version)


def resolve_many_later(ends: Sequence[tuple[int, datetime, datetime]]) -> None:
    """All alerts of these incidents have ended: (id, since when, when to resolve). One statement; the caller holds the locks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE incidents_incident i SET resolve_as_of = g.as_of, resolve_due_at = g.due_at, version = version + 1 "
            "FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS g(id, as_of, due_at) WHERE i.id = g.id",
            [list(column) for column in zip(*ends, strict=True)],
        )


@transaction.atomic
def end_silence(incident: Incident, *, at: datetime, cause: str, text: str = "") -> None:
    """An alert came that no silence covers, or what `text` says: page now, or when the holder's time is over."""
    incident = Incident.objects.locked(incident.pk)
    lifecycle.end_quiet(incident, at=at, cause=cause, text=text or _("An alert came that no silence covers."))
    incident.page_due_at = incident.held_until if incident.is_held else at
    lifecycle.save(incident)


def stays_quiet(incident: Incident, *, until: datetime) -> None:
    """It is quiet for longer, for the reason that its story tells. The caller holds the lock."""
    if incident.page_due_at == incident.silenced_until:
        incident.page_due_at = until
    incident.silenced_until = until
    lifecycle.save(incident)


@transaction.atomic
def impact_began(incident: Incident, start: datetime) -> None:
    """Customers felt it earlier than we knew: move the stamp and its own interval back. The caller holds the lock."""
    incident = Incident.objects.locked(incident.pk)
    interval = incident.impacts.filter(automatic=True, end=None).first()
    incident.stamp("alert", impact_started_at=start)
    if interval:
        interval.start = min(interval.start, start)
        interval.save(update_fields=["start"])
    elif incident.service_id:
        lifecycle.impact_of(incident, start).save()
    lifecycle.save(incident)


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
