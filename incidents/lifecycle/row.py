"""What the doors do to the locked row of an incident: refuse what is over, stamp, move the fence, and write it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from incidents.models import OVER, ImpactInterval, Incident, Kind, NotAllowed, State
from incidents.severity import IMPACT_OF

PAGING = "paging"
"""The name of the due work that looks at `page_due_at`."""
CLOCKS = "clocks"
"""The name of the due work that looks at `clocks_due_at`: what the end of an incident makes somebody owe."""
QUIET_CRITICAL, QUIET_OTHERS = timedelta(hours=1), timedelta(days=1)
"""The longest that a person may keep an open incident quiet."""


def open_or_refuse(pk: int) -> Incident:
    """The locked row of an incident that is not over. Raises NotAllowed, which says who was faster."""
    incident = Incident.objects.locked(pk)
    if incident.state in OVER:
        raise NotAllowed(who_ended(incident), lost_race=True)
    return incident


def who_ended(incident: Incident) -> str:
    """ "INC-12 was resolved by Bob Bell": whoever comes late hears who was first."""
    words = {"incident": incident, "state": incident.get_state_display()}
    last = incident.timeline.filter(kind=incident.state).select_related("by").order_by("-pk").first()
    if last and last.by:
        return _("%(incident)s was %(state)s by %(by)s.") % {**words, "by": last.by}
    if last and last.cause:
        return _("%(incident)s was %(state)s (%(cause)s).") % {**words, "cause": last.cause}
    return _("%(incident)s is %(state)s.") % words


def save(incident: Incident) -> Incident:
    """Write a locked incident with its next version, and wake paging and the clocks when they must look."""
    incident.version += 1
    incident.save()
    if incident.page_due_at:
        wake(PAGING)
    if incident.clocks_due_at:
        wake(CLOCKS)
    return incident


def clocks_looked(incident: Incident) -> None:
    """The deadlines agree with the incident as it stands, and its pages show them. The caller holds the lock; one statement."""
    incident.clocks_due_at = None
    incident.version += 1
    incident.save(update_fields=["clocks_due_at", "version"])


def look_at_clocks(incident: Incident, at: datetime) -> None:
    """Something changed that deadlines follow from. The caller holds the lock and saves."""
    incident.clocks_due_at = at


def reacted(incident: Incident, at: datetime, *, source: str = "human") -> None:
    """Stamp the first human act of any kind; an incident nobody had looked at is now being investigated."""
    if incident.reacted_at is None:
        incident.stamp(source, reacted_at=at)
    if incident.state == State.TRIAGE:
        incident.state = State.INVESTIGATING


def start_paging(incident: Incident, at: datetime) -> None:
    """Earlier pages no longer count, and paging starts at the first step."""
    incident.held_by = incident.held_until = incident.waits_until = incident.acks = None
    incident.held_by_sender = ""
    incident.page_fence += 1
    incident.page_due_at = max(at, incident.silenced_until or at)


def stop_paging(incident: Incident) -> None:
    """Nobody is paged any more, and nothing waits to resolve it."""
    incident.page_due_at = incident.held_until = incident.held_by = incident.waits_until = None
    incident.acks, incident.held_by_sender = None, ""
    incident.resolve_due_at = incident.resolve_as_of = None
    incident.page_fence += 1


def impact_of(incident: Incident, start: datetime) -> ImpactInterval:
    """The interval that an incident of this class opens by itself."""
    kind, share, estimated = IMPACT_OF[incident.severity]
    return ImpactInterval(
        incident=incident, service=incident.service, start=start, kind=kind, share=share, estimated=estimated
    )


def end_impact(incident: Incident, at: datetime, *, source: str) -> None:
    """Stamp the end of customer impact and close the open intervals (never before they began)."""
    incident.stamp(source, mitigated_at=max(at, incident.impact_started_at or at))
    for interval in incident.impacts.filter(end=None):
        interval.end = max(at, interval.start)
        interval.save(update_fields=["end"])


def end_quiet(incident: Incident, *, at: datetime, cause: str, text: str) -> None:
    """It is not quiet any more, and the story says why. The caller holds the lock and saves."""
    incident.silenced_until, incident.silenced_because = None, ""
    incident.tell(Kind.QUIET, at=at, cause=cause, text=text)


def waits(incident: Incident, at: datetime) -> bool:
    """Whether it is held to a working morning that is still ahead."""
    return incident.waits_until is not None and incident.waits_until > at


def next_look(incident: Incident, *, due_at: datetime | None) -> None:
    """Paging says when it must look next. The caller holds the lock; one statement."""
    incident.page_due_at = due_at
    incident.version += 1
    moved = ["page_due_at", "page_fence", "held_by", "held_by_sender", "held_until", "silenced_until", "waits_until"]
    incident.save(update_fields=[*moved, "acks", "version"])


def page_left(incident_ids: Sequence[int], *, at: datetime) -> None:
    """A channel accepted a page for these: stamp the first such hand-over of each, and move their versions."""
    rows = Incident.objects.filter(pk__in=incident_ids)
    if len(incident_ids) > 1:  # one UPDATE over several rows locks them in no order: take the locks by id first
        list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    rows.update(first_page_at=Coalesce("first_page_at", at), version=F("version") + 1)
