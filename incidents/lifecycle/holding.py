"""Who has it, and whom it pages from now on: acknowledge, hand over, escalate, quiet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.lifecycle.row import QUIET_CRITICAL, QUIET_OTHERS, next_look, open_or_refuse, reacted, save, start_paging
from incidents.models import Incident, Kind, NotAllowed
from incidents.severity import ACK_TIMEOUT
from teams.models import Severity, User


@transaction.atomic
def acknowledge(incident: Incident, *, by: User, at: datetime, via: str = "", needed: int = 1) -> Incident:
    """Stop paging for `incident`: `by` has it, until the class's time-out. Twice by the same person changes nothing.

    Where `needed` different people have to say so, paging goes on until the last of them did, and the last one has it.
    Raises NotAllowed when it is over.
    """
    incident = open_or_refuse(incident.pk)
    given = incident.acked_in_part
    if incident.held_by_id == by.pk or by.email in given:
        return incident
    if incident.acked_at is None:
        incident.stamp("human", acked_at=at)
        incident.acked_by = by
    before, given = incident.held_by, [*given, by.email]
    count: dict[str, Any] = {"given": len(given), "needed": needed} if needed > 1 and before is None else {}
    if count:
        incident.acks = {"needed": needed, "given": given}
    if not count or len(given) >= needed:
        timeout = ACK_TIMEOUT[incident.severity]
        incident.held_by, incident.held_until = by, (at + timeout if timeout else None)
        incident.held_by_sender = ""
        incident.page_fence += 1
        incident.page_due_at, incident.waits_until = incident.held_until, None
    reacted(incident, at)
    taken = {"from": before.email} if before else {}
    incident.tell(Kind.ACKNOWLEDGED, by=by, at=at, via=via, **taken, **count)
    return save(incident)


@transaction.atomic
def acknowledge_at_sender(incident: Incident, *, sender: str, at: datetime) -> Incident:
    """Stop paging for `incident`: somebody has it at the sender of its alerts, by nobody's name, until the class's time-out.

    Changes nothing when somebody has it already. Raises NotAllowed when it is over.
    """
    incident = open_or_refuse(incident.pk)
    if incident.is_held:
        return incident
    if incident.acked_at is None:
        incident.stamp("alert", acked_at=at)
    timeout = ACK_TIMEOUT[incident.severity]
    incident.held_by_sender, incident.held_until = sender[:200], (at + timeout if timeout else None)
    incident.page_fence += 1
    incident.page_due_at, incident.waits_until = incident.held_until, None
    reacted(incident, at, source="alert")
    incident.tell(Kind.ACKNOWLEDGED, at=at, cause=sender[:200])
    return save(incident)


@transaction.atomic
def let_go_at_sender(incident: Incident, *, sender: str, at: datetime, text: str = "") -> Incident:
    """The acknowledgement at the sender counts no longer: paging starts again. What a person of ours has stays with them."""
    incident = open_or_refuse(incident.pk)
    if not incident.held_by_sender:
        return incident
    start_paging(incident, at)
    incident.tell(Kind.UNACKNOWLEDGED, at=at, cause=sender[:200], text=text)
    return save(incident)


@transaction.atomic
def unacknowledge(incident: Incident, *, by: User, at: datetime) -> Incident:
    """Take the acknowledgement back, one's own or somebody else's: paging starts again.

    Raises NotAllowed when nobody has it or it is over.
    """
    incident = open_or_refuse(incident.pk)
    if not incident.is_held and not incident.acks:
        raise NotAllowed(_("Nobody has %s, so there is nothing to take back.") % incident, lost_race=True)
    before = incident.held_by
    taken = {"from": before.email} if before and before.pk != by.pk else {}
    start_paging(incident, at)
    incident.tell(Kind.UNACKNOWLEDGED, by=by, at=at, **taken)
    return save(incident)


def acknowledgement_expired(incident: Incident, *, at: datetime) -> None:
    """The holder's time is over: start again. The caller holds the lock and saves."""
    incident.tell(
        Kind.ACK_EXPIRED,
        at=at,
        cause="ack time-out",
        person=incident.held_by.email if incident.held_by else incident.held_by_sender,
    )
    start_paging(incident, at)


@transaction.atomic
def hand_over(incident: Incident, *, to: User, by: User, at: datetime) -> Incident:
    """Somebody else has it now; paging stays quiet and does not start again."""
    incident = open_or_refuse(incident.pk)
    timeout = ACK_TIMEOUT[incident.severity]
    incident.acks, incident.held_by_sender = None, ""
    incident.held_by, incident.held_until = to, (at + timeout if timeout else None)
    incident.page_fence += 1
    incident.page_due_at, incident.waits_until = incident.held_until, None
    if incident.acked_at is None:
        incident.stamp("human", acked_at=at)
        incident.acked_by = by
    reacted(incident, at)
    incident.tell(Kind.HANDED_OVER, by=by, at=at, to=to.email)
    return save(incident)


@transaction.atomic
def escalate(incident: Incident, *, at: datetime, by: User | None = None, cause: str = "") -> Incident:
    """Go on to the next step now, whatever the hour; when somebody has it, paging starts again.

    Without `by` a sender asked for it, named by `cause`.
    """
    incident = open_or_refuse(incident.pk)
    if incident.is_held:
        start_paging(incident, at)
    incident.page_due_at = incident.waits_until = at
    incident.silenced_until, incident.silenced_because = None, ""
    reacted(incident, at, source="human" if by else "alert")
    incident.tell(Kind.ESCALATE, by=by, at=at, cause=cause)
    return save(incident)


@transaction.atomic
def page_again(incident: Incident, *, at: datetime, cause: str) -> Incident:
    """Start paging anew because of `cause` (a later alert after everybody had been asked)."""
    incident = open_or_refuse(incident.pk)
    start_paging(incident, at)
    incident.tell(Kind.ESCALATE, at=at, cause=cause)
    return save(incident)


@transaction.atomic
def silence(
    incident: Incident, *, until: datetime, because: str, at: datetime, by: User | None = None, **data: Any
) -> Incident:
    """No page until `until`; then paging looks again. A look that only waited for the end of another silence moves too."""
    incident = open_or_refuse(incident.pk)
    if incident.page_due_at:
        waited = incident.page_due_at == incident.silenced_until
        incident.page_due_at = until if waited else max(incident.page_due_at, until)
    incident.silenced_until, incident.silenced_because = until, because[:300]
    incident.tell(Kind.QUIET, at=at, by=by, text=because, until=until.isoformat(), **data)
    return save(incident)


@transaction.atomic
def quiet_until(incident: Incident, *, until: datetime, because: str, by: User, at: datetime) -> Incident:
    """Nobody is paged until `until`; then it comes back as a page, from the first step, whoever had it.

    Raises NotAllowed when it is over, without a reason, for an end that is not ahead, and for too long a time: at most an
    hour for a critical one, a day for others (paging rules; "Quiet until").
    """
    incident = open_or_refuse(incident.pk)
    longest = QUIET_CRITICAL if incident.severity == Severity.CRITICAL else QUIET_OTHERS
    if not because.strip():
        raise NotAllowed(_("Say why it may be quiet."), fields={"because": [_("This is empty.")]})
    if not at < until <= at + longest:
        words = _("Choose an end within the next %d minutes.") % (longest.total_seconds() // 60)
        raise NotAllowed(words, fields={"until": [words]})
    incident.silenced_until, incident.silenced_because = until, because.strip()[:300]
    reacted(incident, at)
    start_paging(incident, at)
    incident.tell(Kind.QUIET, at=at, by=by, text=incident.silenced_because, until=until.isoformat())
    return save(incident)


def hold(incident: Incident, *, until: datetime, at: datetime, **why: Any) -> None:
    """Nobody is woken for it before `until`; the story says so and `why`. The caller holds the lock."""
    incident.waits_until = until
    incident.tell(Kind.NOT_PAGED, at=at, cause="working hours", why="held", until=until.isoformat(), **why)
    next_look(incident, due_at=until)
