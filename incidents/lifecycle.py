"""The only writer of an incident's state. Each door locks the incident row first, checks, stamps, and tells the story.

`incidents` knows nothing of paging: it sets `page_due_at` (when paging must look next) and `page_fence` (which grows when
earlier pages no longer count), and wakes whoever looks. Nothing here calls anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from incidents import statements
from incidents.models import OPEN, OVER, ImpactInterval, Incident, Kind, NotAllowed, State, TimelineEntry
from incidents.severity import ACK_TIMEOUT, IMPACT_OF, LOW_URGENCY, rank
from teams.models import Service, Severity, User

PAGING = "paging"
"""The name of the due work that looks at `page_due_at`."""
QUIET_CRITICAL, QUIET_OTHERS = timedelta(hours=1), timedelta(days=1)
"""The longest that a person may keep an open incident quiet."""
CLOCKS = "clocks"
"""The name of the due work that looks at `clocks_due_at`: what the end of an incident makes somebody owe."""


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


def impact_of(incident: Incident, start: datetime) -> ImpactInterval:
    """The interval that an incident of this class opens by itself."""
    kind, share, estimated = IMPACT_OF[incident.severity]
    return ImpactInterval(
        incident=incident, service=incident.service, start=start, kind=kind, share=share, estimated=estimated
    )


def _open_or_refuse(pk: int) -> Incident:
    incident = Incident.objects.locked(pk)
    if incident.state in OVER:
        raise NotAllowed(_who_ended(incident), lost_race=True)
    return incident


def _who_ended(incident: Incident) -> str:
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


def reacted(incident: Incident, at: datetime) -> None:
    """Stamp the first human act of any kind; an incident nobody had looked at is now being investigated."""
    if incident.reacted_at is None:
        incident.stamp("human", reacted_at=at)
    if incident.state == State.TRIAGE:
        incident.state = State.INVESTIGATING


@transaction.atomic
def acknowledge(incident: Incident, *, by: User, at: datetime, via: str = "", needed: int = 1) -> Incident:
    """Stop paging for `incident`: `by` has it, until the class's time-out. Twice by the same person changes nothing.

    Where `needed` different people have to say so, paging goes on until the last of them did, and the last one has it.
    Raises NotAllowed when it is over.
    """
    incident = _open_or_refuse(incident.pk)
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
        incident.page_fence += 1
        incident.page_due_at, incident.waits_until = incident.held_until, None
    reacted(incident, at)
    taken = {"from": before.email} if before else {}
    incident.tell(Kind.ACKNOWLEDGED, by=by, at=at, via=via, **taken, **count)
    return save(incident)


def _page_again(incident: Incident, at: datetime) -> None:
    """Earlier pages no longer count, and paging starts at the first step."""
    incident.held_by = incident.held_until = incident.waits_until = incident.acks = None
    incident.page_fence += 1
    incident.page_due_at = max(at, incident.silenced_until or at)


@transaction.atomic
def unacknowledge(incident: Incident, *, by: User, at: datetime) -> Incident:
    """Take the acknowledgement back: paging starts again. Raises NotAllowed when nobody has it or it is over."""
    incident = _open_or_refuse(incident.pk)
    if not incident.is_held and not incident.acks:
        raise NotAllowed(_("Nobody has %s, so there is nothing to take back.") % incident, lost_race=True)
    _page_again(incident, at)
    incident.tell(Kind.UNACKNOWLEDGED, by=by, at=at)
    return save(incident)


def acknowledgement_expired(incident: Incident, *, at: datetime) -> None:
    """The holder's time is over: start again. The caller holds the lock and saves."""
    incident.tell(
        Kind.ACK_EXPIRED, at=at, cause="ack time-out", person=incident.held_by.email if incident.held_by else ""
    )
    _page_again(incident, at)


@transaction.atomic
def hand_over(incident: Incident, *, to: User, by: User, at: datetime) -> Incident:
    """Somebody else has it now; paging stays quiet and does not start again."""
    incident = _open_or_refuse(incident.pk)
    timeout = ACK_TIMEOUT[incident.severity]
    incident.acks = None
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
def escalate(incident: Incident, *, by: User, at: datetime) -> Incident:
    """Go on to the next step now, whatever the hour; when somebody has it, paging starts again."""
    incident = _open_or_refuse(incident.pk)
    if incident.is_held:
        _page_again(incident, at)
    incident.page_due_at = incident.waits_until = at
    incident.silenced_until, incident.silenced_because = None, ""
    reacted(incident, at)
    incident.tell(Kind.ESCALATE, by=by, at=at)
    return save(incident)


@transaction.atomic
def page_again(incident: Incident, *, at: datetime, cause: str) -> Incident:
    """Start paging anew because of `cause` (a later alert after everybody had been asked)."""
    incident = _open_or_refuse(incident.pk)
    _page_again(incident, at)
    incident.tell(Kind.ESCALATE, at=at, cause=cause)
    return save(incident)


@transaction.atomic
def silence(incident: Incident, *, until: datetime, because: str, at: datetime, by: User | None = None) -> Incident:
    """No page until `until`; then paging looks again."""
    incident = _open_or_refuse(incident.pk)
    incident.silenced_until, incident.silenced_because = until, because[:300]
    if incident.page_due_at:
        incident.page_due_at = max(incident.page_due_at, until)
    incident.tell(Kind.QUIET, at=at, by=by, text=because, until=until.isoformat())
    return save(incident)


@transaction.atomic
def quiet_until(incident: Incident, *, until: datetime, because: str, by: User, at: datetime) -> Incident:
    """Nobody is paged until `until`; then it comes back as a page, from the first step, whoever had it.

    Raises NotAllowed when it is over, without a reason, for an end that is not ahead, and for too long a time: at most an
    hour for a critical one, a day for others (paging rules; "Quiet until").
    """
    incident = _open_or_refuse(incident.pk)
    longest = QUIET_CRITICAL if incident.severity == Severity.CRITICAL else QUIET_OTHERS
    if not because.strip():
        raise NotAllowed(_("Say why it may be quiet."), fields={"because": [_("This is empty.")]})
    if not at < until <= at + longest:
        words = _("Choose an end within the next %d minutes.") % (longest.total_seconds() // 60)
        raise NotAllowed(words, fields={"until": [words]})
    incident.silenced_until, incident.silenced_because = until, because.strip()[:300]
    reacted(incident, at)
    _page_again(incident, at)
    incident.tell(Kind.QUIET, at=at, by=by, text=incident.silenced_because, until=until.isoformat())
    return save(incident)


@transaction.atomic
def change_state(incident: Incident, *, to: str, by: User, at: datetime) -> Incident:
    """Move among the open states. Raises NotAllowed for any other."""
    if to not in OPEN:
        raise NotAllowed(_("An incident is moved by hand only between %s.") % ", ".join(OPEN))
    incident = _open_or_refuse(incident.pk)
    before, incident.state = incident.state, State(to)
    reacted(incident, at)
    incident.tell(Kind.STATE, by=by, at=at, **{"from": before, "to": to})
    return save(incident)


@transaction.atomic
def mitigate(incident: Incident, *, by: User, at: datetime) -> Incident:
    """Customers no longer feel it; the response goes on."""
    incident = _open_or_refuse(incident.pk)
    end_impact(incident, at, source="human")
    incident.state = State.MONITORING
    reacted(incident, at)
    incident.tell(Kind.MITIGATED, by=by, at=at)
    return save(incident)


def end_impact(incident: Incident, at: datetime, *, source: str) -> None:
    """Stamp the end of customer impact and close the open intervals (never before they began)."""
    incident.stamp(source, mitigated_at=max(at, incident.impact_started_at or at))
    for interval in incident.impacts.filter(end=None):
        interval.end = max(at, interval.start)
        interval.save(update_fields=["end"])


@transaction.atomic
def resolve(
    incident: Incident, *, at: datetime, by: User | None = None, cause: str = "", as_of: datetime | None = None
) -> Incident:
    """The response is over. `as_of` is when it ended by the alerts' word (clamped, never refused); without one, now."""
    incident = _open_or_refuse(incident.pk)
    ended = max(filter(None, (as_of or at, incident.detected_at, incident.acked_at)))
    source = "human" if by else "alert"
    if incident.mitigated_at is None:
        end_impact(incident, ended, source="auto")
    incident.stamp(source, resolved_at=max(ended, incident.mitigated_at or ended))
    incident.state = State.RESOLVED
    if by:
        reacted(incident, at)
    _stop(incident)
    look_at_clocks(incident, at)
    incident.tell(Kind.RESOLVED, by=by, at=at, cause=cause, self_resolved=by is None)
    return save(incident)


def _stop(incident: Incident) -> None:
    """Nobody is paged any more, and nothing waits to resolve it."""
    incident.page_due_at = incident.held_until = incident.held_by = incident.waits_until = None
    incident.acks = None
    incident.resolve_due_at = incident.resolve_as_of = None
    incident.page_fence += 1


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
    _page_again(incident, at)
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
        raise NotAllowed(_who_ended(incident), lost_race=True)
    incident.stamp("human", closed_at=at)
    incident.state = State.CLOSED
    incident.tell(Kind.CLOSED, by=by, at=at)
    return save(incident)


@transaction.atomic
def cancel(incident: Incident, *, by: User, at: datetime, reason: str = "") -> Incident:
    """It was none: no clocks, no figures."""
    incident = _open_or_refuse(incident.pk)
    incident.state = State.CANCELLED
    incident.impacts.filter(automatic=True).delete()
    reacted(incident, at)
    incident.state = State.CANCELLED
    _stop(incident)
    look_at_clocks(incident, at)
    incident.tell(Kind.CANCELLED, by=by, at=at, text=reason)
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

    A silence of alerts stays: it says which alerts may not page. Raised by hand, a critical one is quiet for an hour at most.
    """
    quiet = incident.silenced_until is not None and incident.silenced_until > at
    if by is None:
        if quiet and _quiet_by_hand(incident):
            end_quiet(incident, at=at, cause=cause, text=_("Its class rose, so it is not quiet any more."))
        _page_again(incident, at)
        return
    if waits(incident, at) and incident.severity not in LOW_URGENCY:
        incident.page_due_at, incident.waits_until = max(at, incident.silenced_until or at), at
    if quiet and incident.severity == Severity.CRITICAL:
        end = min(incident.silenced_until or at, at + QUIET_CRITICAL)
        if incident.page_due_at == incident.silenced_until:
            incident.page_due_at = end
        incident.silenced_until = end


def _quiet_by_hand(incident: Incident) -> bool:
    last = incident.timeline.filter(kind=Kind.QUIET).order_by("-pk").first()
    return last is not None and last.by_id is not None


def end_quiet(incident: Incident, *, at: datetime, cause: str, text: str) -> None:
    """It is not quiet any more, and the story says why. The caller holds the lock and saves."""
    incident.silenced_until, incident.silenced_because = None, ""
    incident.tell(Kind.QUIET, at=at, cause=cause, text=text)


@transaction.atomic
def retitle(incident: Incident, *, title: str, by: User, at: datetime) -> Incident:
    """A better title; the old one stays in the story."""
    incident = Incident.objects.locked(incident.pk)
    before, incident.title = incident.title, title[:300]
    reacted(incident, at)
    incident.tell(Kind.EDITED, by=by, at=at, field="title", old=before, new=incident.title)
    return save(incident)


def waits(incident: Incident, at: datetime) -> bool:
    """Whether it is held to a working morning that is still ahead."""
    return incident.waits_until is not None and incident.waits_until > at


def hold(incident: Incident, *, until: datetime, at: datetime, **why: Any) -> None:
    """Nobody is woken for it before `until`; the story says so and `why`. The caller holds the lock."""
    incident.waits_until = until
    incident.tell(Kind.NOT_PAGED, at=at, cause="working hours", why="held", until=until.isoformat(), **why)
    next_look(incident, due_at=until)


def next_look(incident: Incident, *, due_at: datetime | None) -> None:
    """Paging says when it must look next. The caller holds the lock; one statement."""
    incident.page_due_at = due_at
    incident.version += 1
    moved = ["page_due_at", "page_fence", "held_by", "held_until", "silenced_until", "waits_until", "acks", "version"]
    incident.save(update_fields=moved)


def page_left(incident_ids: Sequence[int], *, at: datetime) -> None:
    """A channel accepted a page for these: stamp the first such hand-over of each, and move their versions."""
    rows = Incident.objects.filter(pk__in=incident_ids)
    if len(incident_ids) > 1:  # one UPDATE over several rows locks them in no order: take the locks by id first
        list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    rows.update(first_page_at=Coalesce("first_page_at", at), version=F("version") + 1)


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
            raise NotAllowed(_who_ended(incident), lost_race=True)
    if child.is_open and not parent.is_open:
        raise NotAllowed(_("%s is over: reopen it first.") % parent)
    _inherit(parent, child, at)
    child.tenures.filter(end=None).update(end=at)
    child.merged.update(merged_into=parent)
    child.state, child.merged_into = State.MERGED, parent
    _stop(child)
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
            _page_again(parent, at)
    elif waits(parent, at) and child.is_open and not child.is_held and not waits(child, at):
        parent.page_due_at = parent.waits_until = at  # somebody was being called for it, and goes on being called
