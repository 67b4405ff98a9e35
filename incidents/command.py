"""Writers of what people say and do beside the state: notes, roles, edits of stamps, impact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from incidents import lifecycle
from incidents.models import STAMPS, ImpactInterval, Incident, Kind, NotAllowed, RoleTenure, State, TimelineEntry
from teams.models import User

ORDER = (
    ("impact_started_at", "mitigated_at"),
    ("mitigated_at", "resolved_at"),
    ("impact_started_at", "resolved_at"),
    ("detected_at", "acked_at"),
    ("acked_at", "resolved_at"),
    ("detected_at", "resolved_at"),
)
"""Pairs of stamps of which the first must not be later (incident rules, section 1)."""


@transaction.atomic
def note(incident: Incident, *, by: User, text: str, at: datetime) -> TimelineEntry:
    """Write a note into the story. Raises NotAllowed for an empty one."""
    if not text.strip():
        raise NotAllowed(_("A note needs a few words."), fields={"text": [_("This is empty.")]})
    incident = Incident.objects.locked(incident.pk)
    lifecycle.reacted(incident, at)
    entry = incident.tell(Kind.NOTE, by=by, at=at, text=text.replace("\x00", ""))
    lifecycle.save(incident)
    return entry


@transaction.atomic
def take_role(incident: Incident, *, role: str, person: User, by: User, at: datetime) -> RoleTenure:
    """`person` holds `role` from now; whoever held a role for one hands it on."""
    if role not in RoleTenure.Role.values:
        raise NotAllowed(_("%s is not a role. Known are: %s.") % (role, ", ".join(RoleTenure.Role.values)))
    incident = Incident.objects.locked(incident.pk)
    single = role in {"facilitator", "point_of_contact", "scribe"}
    present = incident.tenures.filter(role=role, end=None)
    present = present if single else present.filter(person=person)
    if (held := present.first()) and held.person_id == person.pk:
        return held
    present.update(end=at)
    tenure = RoleTenure.objects.create(incident=incident, role=role, person=person, start=at)
    lifecycle.reacted(incident, at)
    incident.tell(Kind.ROLE, by=by, at=at, role=role, person=person.email)
    lifecycle.save(incident)
    return tenure


@transaction.atomic
def edit_stamps(
    incident: Incident, *, stamps: dict[str, datetime | None], reason: str, by: User, at: datetime
) -> Incident:
    """Correct time stamps. Raises NotAllowed without a reason, for an unknown stamp, or for a broken order."""
    if not reason.strip():
        raise NotAllowed(_("Say why the time is corrected."), fields={"reason": [_("This is needed.")]})
    incident = Incident.objects.locked(incident.pk)
    before: dict[str, datetime | None] = {}
    for name, value in stamps.items():
        if name not in STAMPS:
            raise NotAllowed(_("%s is not a time stamp of an incident.") % name)
        old = getattr(incident, name)
        incident.stamp("human", **{name: value})
        incident.tell(Kind.EDITED, by=by, at=at, text=reason, field=name, old=_iso(old), new=_iso(value))
        before[name] = old
    check_order(incident)
    _move_impact(incident, before)
    lifecycle.reacted(incident, at)
    lifecycle.look_at_clocks(incident, at)
    return lifecycle.save(incident)


def _move_impact(incident: Incident, before: dict[str, datetime | None]) -> None:
    """The stretches that the incident's life opened and closed follow its corrected stamps; those typed by hand stay."""
    own = incident.impacts.filter(automatic=True)
    start, end = incident.impact_started_at, incident.mitigated_at
    if "impact_started_at" in before:
        was = before["impact_started_at"]
        if start is None:
            own.delete()
        elif was:
            own.filter(start=was).exclude(end__lt=start).update(start=start)
        elif incident.service_id and not incident.impacts.exists():
            opened = lifecycle.impact_of(incident, start)
            opened.end = end
            opened.save()
    if "mitigated_at" in before and end is not None:
        own.filter(Q(end=before["mitigated_at"]) | Q(end=None), start__lte=end).update(end=end)


def check_order(incident: Incident) -> None:
    """Raise NotAllowed, naming the rule, when the stamps stand in an impossible order."""
    for first, then in ORDER:
        early, late = getattr(incident, first), getattr(incident, then)
        if early and late and early > late:
            raise NotAllowed(
                _("%s must not be later than %s.") % (first, then), fields={first: [_("later than %s") % then]}
            )
    _check_state(incident)


def _check_state(incident: Incident) -> None:
    """Raise NotAllowed when the stamps say of the state what it is not."""
    if incident.is_open and incident.resolved_at is not None:
        raise NotAllowed(_("%s is open: resolve it first.") % incident, fields={"resolved_at": [_("It is open.")]})
    if incident.state != State.CLOSED and incident.closed_at is not None:
        raise NotAllowed(
            _("%s is not closed: close it first.") % incident, fields={"closed_at": [_("It is not closed.")]}
        )
    if incident.state == State.CLOSED and incident.closed_at is None:
        raise NotAllowed(_("A closed incident keeps the time at which it was closed."))
    if not incident.is_open and incident.resolved_at is None and incident.state in {"resolved", "closed"}:
        raise NotAllowed(_("A resolved incident keeps the time at which it was resolved."))


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


@transaction.atomic
def set_impact(
    incident: Incident, *, interval: ImpactInterval, by: User, at: datetime, reason: str = ""
) -> ImpactInterval:
    """Write down, or correct, a stretch of customer impact by hand; a corrected one is no longer moved by itself.

    Raises NotAllowed when it ends before it starts, or belongs to another incident.
    """
    incident = Incident.objects.locked(incident.pk)
    if interval.end and interval.end < interval.start:
        raise NotAllowed(_("The impact ends before it starts."), fields={"end": [_("before the start")]})
    if interval.pk and interval.incident_id != incident.pk:
        raise NotAllowed(_("This impact is not of %s.") % incident)
    before = ImpactInterval.objects.filter(pk=interval.pk).first()
    interval.incident, interval.automatic = incident, False
    interval.save()
    _impact_told(incident, interval, by, at, reason, was=_span(before) if before else None)
    return interval


@transaction.atomic
def remove_impact(incident: Incident, *, interval: ImpactInterval, by: User, at: datetime, reason: str) -> None:
    """There was no such impact. Raises NotAllowed without a reason."""
    if not reason.strip():
        raise NotAllowed(_("Say why it is taken out."), fields={"reason": [_("This is needed.")]})
    incident = Incident.objects.locked(incident.pk)
    incident.impacts.filter(pk=interval.pk).delete()
    _impact_told(incident, interval, by, at, reason, was=_span(interval), removed=True)


def _span(interval: ImpactInterval) -> dict[str, str | None]:
    return {"interval_kind": interval.kind, "start": _iso(interval.start), "end": _iso(interval.end)}


def _impact_told(
    incident: Incident, interval: ImpactInterval, by: User, at: datetime, reason: str, **data: object
) -> None:
    lifecycle.reacted(incident, at)
    lifecycle.look_at_clocks(incident, at)
    told: dict[str, Any] = {"service": interval.service.slug, **_span(interval), **data}
    incident.tell(Kind.IMPACT, by=by, at=at, text=reason, **told)
    lifecycle.save(incident)
