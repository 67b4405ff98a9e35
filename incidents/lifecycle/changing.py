"""What changes while it lasts: the state by hand, the class, the title, and two that were one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.lifecycle.row import (
    QUIET_CRITICAL,
    end_quiet,
    look_at_clocks,
    open_or_refuse,
    reacted,
    save,
    start_paging,
    stop_paging,
    waits,
    who_ended,
)
from incidents.models import OPEN, Incident, Kind, NotAllowed, State
from incidents.severity import LOW_URGENCY, rank
from teams.models import Severity, User


@transaction.atomic
def change_state(incident: Incident, *, to: str, by: User, at: datetime) -> Incident:
    """Move among the open states. Raises NotAllowed for any other."""
    if to not in OPEN:
        raise NotAllowed(_("An incident is moved by hand only between %s.") % ", ".join(OPEN))
    incident = open_or_refuse(incident.pk)
    before, incident.state = incident.state, State(to)
    reacted(incident, at)
    incident.tell(Kind.STATE, by=by, at=at, **{"from": before, "to": to})
    return save(incident)


@transaction.atomic
def change_class(
    incident: Incident, *, to: str, at: datetime, by: User | None = None, reason: str = "", cause: str = ""
) -> Incident:
    """Another class. A rise by an alert pages again: whoever took a minor thing must hear that it no longer is one."""
    incident = Incident.objects.locked(incident.pk)
    before = incident.severity
    if before == to:
        return incident
    incident.severity = to
    if by:
        reacted(incident, at)
    look_at_clocks(incident, at)
    incident.tell(Kind.CLASS, by=by, at=at, text=reason, cause=cause, **{"from": before, "to": to})
    if incident.is_open and rank(to) < rank(before):
        _got_worse(incident, at, by=by, cause=cause)
    return save(incident)


def _got_worse(incident: Incident, at: datetime, *, by: User | None, cause: str) -> None:
    """What the worse class changes at once: an alert that raised it pages again, and ends what a person asked to be quiet.

    A silence of alerts stays: it says which alerts may not page, and intake asks it for how long in the new class. Raised by
    hand, a critical one is quiet for an hour at most.
    """
    quiet = incident.silenced_until is not None and incident.silenced_until > at
    if by is None:
        if quiet and _quiet_by_hand(incident):
            end_quiet(incident, at=at, cause=cause, text=_("Its class rose, so it is not quiet any more."))
        start_paging(incident, at)
        return
    if waits(incident, at) and incident.severity not in LOW_URGENCY:
        incident.page_due_at, incident.waits_until = max(at, incident.silenced_until or at), at
    if quiet and incident.severity == Severity.CRITICAL:
        end = min(incident.silenced_until or at, at + QUIET_CRITICAL)
        if incident.page_due_at == incident.silenced_until:
            incident.page_due_at = end
        incident.silenced_until = end


def _quiet_by_hand(incident: Incident) -> bool:
    """Whether somebody asked for it: a person of ours, or one at the sender of its alerts."""
    last = incident.timeline.filter(kind=Kind.QUIET).order_by("-pk").first()
    return last is not None and (last.by_id is not None or "snoozed" in last.data)


@transaction.atomic
def retitle(incident: Incident, *, title: str, by: User, at: datetime) -> Incident:
    """A better title; the old one stays in the story."""
    incident = Incident.objects.locked(incident.pk)
    before, incident.title = incident.title, title[:300]
    reacted(incident, at)
    incident.tell(Kind.EDITED, by=by, at=at, field="title", old=before, new=incident.title)
    return save(incident)


@transaction.atomic
def merge(child: Incident, *, into: Incident, by: User, at: datetime) -> Incident:
    """`child` was the same as `into`: its impact and its duty to page go over; its people, pages and story stay with it.

    Returns `into` as it then is. Raises NotAllowed for itself, for one that is merged or cancelled, and for an open one into
    one that is over: nobody would be paged for it any more (incident rules, C12; paging rules, invariants).
    """
    if child.pk == into.pk:
        raise NotAllowed(_("%s cannot be merged into itself.") % child)
    locked = {pk: Incident.objects.locked(pk) for pk in sorted((child.pk, into.pk))}
    child, parent = locked[child.pk], locked[into.pk]
    for incident in (child, parent):
        if incident.state in {State.CANCELLED, State.MERGED}:
            raise NotAllowed(who_ended(incident), lost_race=True)
    if child.is_open and not parent.is_open:
        raise NotAllowed(_("%s is over: reopen it first.") % parent)
    _inherit(parent, child, at)
    child.tenures.filter(end=None).update(end=at)
    child.merged.update(merged_into=parent)
    child.state, child.merged_into = State.MERGED, parent
    stop_paging(child)
    for incident in (child, parent):
        look_at_clocks(incident, at)
        reacted(incident, at)
        incident.tell(Kind.MERGED, by=by, at=at, merged=child.number, into=parent.number)
    save(child)
    return save(parent)


def _inherit(parent: Incident, child: Incident, at: datetime) -> None:
    """The earlier beginnings, the later end, the worse class and the impact of both; a worse class pages anew."""
    for name in ("impact_started_at", "detected_at"):
        early = min(filter(None, (getattr(parent, name), getattr(child, name))), default=None)
        if early != getattr(parent, name):
            parent.stamp("auto", **{name: early})
    if not parent.is_open:
        for name in ("mitigated_at", "resolved_at"):
            parent.stamp(
                "auto", **{name: max(filter(None, (getattr(parent, name), getattr(child, name))), default=None)}
            )
    child.impacts.update(incident=parent)
    if rank(child.severity) < rank(parent.severity):
        was, parent.severity = parent.severity, child.severity
        parent.tell(Kind.CLASS, by=None, at=at, cause=child.number, **{"from": was, "to": parent.severity})
        if child.is_open and not child.is_held:
            if not (child.silenced_until and child.silenced_until > at) and parent.silenced_until:
                end_quiet(parent, at=at, cause=child.number, text=_("Its class rose, so it is not quiet any more."))
            start_paging(parent, at)
    elif waits(parent, at) and child.is_open and not child.is_held and not waits(child, at):
        parent.page_due_at = parent.waits_until = at  # somebody was being called for it, and goes on being called
