"""How every writer of this room begins and ends: the incident's lock first, deadlines up to date, a new version last."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from incidents import lifecycle
from incidents.models import Incident, NotAllowed, State
from postmortems import clocks, draft, reminders
from postmortems.clock_plan import LENGTH, outcome
from postmortems.models import Clock, Postmortem
from teams.models import User


def enter(written: Postmortem, at: datetime) -> Postmortem:
    """Lock the incident, bring its deadlines up to date, and read the postmortem as it stands. Call inside a transaction."""
    settled(written.incident_id, at)
    rows = Postmortem.objects.select_related("incident__service__team__area", "owner")
    return rows.get(pk=written.pk)


def settled(incident_id: int, at: datetime) -> Incident:
    """The incident under its lock, its deadlines up to date."""
    incident = Incident.objects.locked(incident_id)
    clocks.settle(incident, at)
    return incident


def ensured(incident: Incident, at: datetime) -> Postmortem:
    """The postmortem of this incident, made when there is none."""
    return enter(draft.ensure(settled(incident.pk, at), at), at)


def changed_duty(written: Postmortem, at: datetime) -> None:
    """A fact that duties follow from was written: bring the clocks in line at once."""
    incident = Incident.objects.get(pk=written.incident_id)
    if incident.state in {State.RESOLVED, State.CLOSED}:
        lifecycle.look_at_clocks(incident, at)
        clocks.settle(incident, at)


def leave(written: Postmortem, by: User | None, at: datetime) -> Postmortem:
    """Save with the next version; the incident's page shows it too, so that its version moves as well."""
    written.version += 1
    written.updated_at, written.updated_by = at, by
    written.save()
    Incident.objects.filter(pk=written.incident_id).update(version=F("version") + 1)
    return written


def open_clock(written: Postmortem, kind: str, at: datetime) -> Clock:
    """The clock that runs at `at`. Raises NotAllowed when none does, or when its time is over."""
    clock = latest_clock(written, kind)
    if clock is None or clock.ended_at is not None:
        raise NotAllowed(_("No such deadline is running for %s.") % written.incident)
    if clock.state != Clock.State.PAUSED and at > clock.due_at:
        raise NotAllowed(_("The deadline passed on %s.") % f"{clock.due_at:%Y-%m-%d %H:%M} UTC")
    if clock.state == Clock.State.MISSED:  # a sweep of a later instant had the lock first
        clock.state, clock.missed_at = Clock.State.RUNNING, None
    return clock


def latest_clock(written: Postmortem, kind: str) -> Clock | None:
    """The clock of the latest round, whatever became of it; None when none ever ran, or the last was cancelled."""
    clock = Clock.objects.filter(postmortem=written, kind=kind).order_by("-round").first()
    return clock if clock and clock.state != Clock.State.CANCELLED else None


def stop(clock: Clock | None, at: datetime) -> None:
    """The duty is met at `at`: on time, on time thanks to an extension, or late (then it stays missed)."""
    if clock is None or clock.ended_at is not None:
        return
    # Judged by the instant alone: a sweep that had the lock first does not make late what was in time.
    given = clock.started_at + LENGTH[clock.kind]
    first = min(clock.due_at, max(given, clock.not_before or given)) if clock.extensions else clock.due_at
    clock.state = Clock.State(outcome(at, due_at=clock.due_at, first_due=first))
    clock.missed_at = clock.due_at if clock.state == Clock.State.MISSED else None
    clock.ended_at = at
    clock.save(update_fields=["state", "missed_at", "ended_at"])
    reminders.drop(clock, at)
