"""The clocks of an incident: made, moved and cancelled as it changes, and shown right even before that work has run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from foundation.dispatch.registry import Key
from incidents import lifecycle
from incidents.models import Incident, State
from postmortems import draft, reminders
from postmortems.clock_plan import LENGTH, UPDATE, Changes, Plan, plan
from postmortems.deadlines import Facts, owes_internal, owes_public
from postmortems.facts import Known, known_of, known_of_many
from postmortems.models import Clock, Postmortem

INTERNAL, PUBLIC = Clock.Kind.INTERNAL, Clock.Kind.PUBLIC
OPEN_STATES = (Clock.State.RUNNING, Clock.State.PAUSED)
View = dict[str, dict[str, Any] | None]


def due(at: datetime, limit: int) -> list[Key]:
    """Incidents whose deadlines must be looked at."""
    found = Incident.objects.filter(clocks_due_at__lte=at).order_by("clocks_due_at")
    return list(found.values_list("pk", flat=True)[:limit])


def oldest(at: datetime) -> datetime | None:
    """Since when the longest waiting incident is due."""
    found = Incident.objects.filter(clocks_due_at__lte=at).order_by("clocks_due_at")
    return found.values_list("clocks_due_at", flat=True).first()


@transaction.atomic
def reconcile(key: Key, at: datetime) -> bool:
    """Bring draft and clocks of one incident in line with it; False when it is not due or somebody else is at it."""
    rows = Incident.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("service")
    incident = rows.filter(pk=key, clocks_due_at__lte=at).first()
    if incident is None:
        return False
    settle(incident, at)
    return True


def settle(incident: Incident, at: datetime) -> None:
    """What every writer of this room does first: the caller holds the incident's lock."""
    if incident.clocks_due_at is None:
        return
    changed_at = incident.clocks_due_at
    draft.append_merged(incident, at)
    known = known_of(incident)
    _end_rounds(known, changed_at)
    if known.is_over:
        for kind, wanted in plans(known, changed_at).items():
            _apply(known, kind, wanted, changed_at, at)
    lifecycle.clocks_looked(incident)


def _current(known: Known, kind: str) -> Clock | None:
    """The clock of the present round that counts; one that was cancelled does not."""
    found = known.clock(kind)
    return found if found and found.round == known.round(kind) and found.state != Clock.State.CANCELLED else None


def plans(known: Known, changed_at: datetime | None) -> dict[str, Plan | None]:
    """How both clocks of an incident that is over should stand; None where nothing is owed.

    `changed_at` is the change that was not looked at yet; without one the clocks that are there stand as they are, whatever
    became of targets since. C8: an internal duty stays once it began.
    """
    facts, kept = known.facts, {kind for kind in LENGTH if _current(known, kind)}
    owed: dict[str, bool] = {INTERNAL: INTERNAL in kept or owes_internal(facts), PUBLIC: owes_public(facts)}
    if changed_at is None:
        owed = {kind: kind in kept for kind in LENGTH}
    may = known.is_over and not facts.drill
    return {kind: _plan(known, kind, changed_at) if may and owed[kind] else None for kind in LENGTH}


def start_of(facts: Facts, kind: str) -> datetime:
    """T0 or T1: the resolve, or the end of what customers felt; never before the incident was entered (C2, C5, C19)."""
    ended = facts.resolved_at if kind == INTERNAL else facts.mitigated_at or facts.resolved_at
    assert ended is not None  # noqa: S101 - a resolved incident is stamped, by constraint
    return max(ended, facts.entered_at or ended)


def _plan(known: Known, kind: str, changed_at: datetime | None) -> Plan:
    kept = _current(known, kind)
    changes = Changes(noticed_at=_noticed_at(known, kind, changed_at), edited_at=known.story.edited_at)
    return plan(
        start_of(known.facts, kind),
        UPDATE if kind == PUBLIC and _only_updates(known) else LENGTH[kind],
        changes,
        kept=Plan(kept.started_at, kept.due_at, kept.not_before, kept.late_flag) if kept else None,
        extended_to=kept.extended_to if kept else None,
    )


def _noticed_at(known: Known, kind: str, changed_at: datetime | None) -> datetime | None:
    """When a duty was noticed that was not there when the incident ended (C7, C8); None when it was."""
    story = known.story
    if kind == INTERNAL and story.merged_at:
        return story.merged_at
    if kind == INTERNAL and known.facts.severity in {"critical", "major"}:
        return story.raised_at
    return changed_at if changed_at and story.over_at and changed_at > story.over_at else None


def _only_updates(known: Known) -> bool:
    """C11: it was published before it was reopened, so that visitors only need a dated update."""
    found, reopened_at = known.postmortem, known.story.reopened_at
    return bool(found and found.published_at and reopened_at and found.published_at < reopened_at)


def _end_rounds(known: Known, changed_at: datetime) -> None:
    """C11, C12, C20: clocks of an earlier round, or of what is no longer over, end; what was missed stays missed."""
    for clock in known.clocks:
        over = known.is_over and clock.round == known.round(clock.kind) and not known.facts.drill
        if not over:
            reopened = known.story.reopened_at
            _cancel(clock, reopened if reopened and clock.round < known.round(clock.kind) else changed_at)
    found, story = known.postmortem, known.story
    since = max(filter(None, (story.reopened_at, story.merged_at)), default=None)
    if found and found.is_filed and since and (found.updated_at or found.created_at) < since:
        found.state = Postmortem.State.NEEDS_UPDATE
        found.updated_at = changed_at
        found.version += 1
        found.save(update_fields=["state", "updated_at", "version"])


def _cancel(clock: Clock, at: datetime) -> None:
    if clock.state not in OPEN_STATES and not (clock.state == Clock.State.MISSED and clock.ended_at is None):
        return
    if clock.state in OPEN_STATES:
        missed = clock.due_at < at
        clock.state = Clock.State.MISSED if missed else Clock.State.CANCELLED
        clock.missed_at = clock.due_at if missed else None
    clock.ended_at = at
    clock.save(update_fields=["state", "missed_at", "ended_at"])
    reminders.drop(clock, at)


def _apply(known: Known, kind: str, wanted: Plan | None, changed_at: datetime, at: datetime) -> None:
    clock = _current(known, kind)
    if wanted is None:
        if clock:
            _cancel(clock, changed_at)
        return
    written = draft.ensure(known.incident, at)
    if clock is None:
        clock = _begin(written, kind, known.round(kind), wanted, changed_at)
    elif _passed(clock, changed_at):
        return  # the sweep says so: a later change does not make it in time
    elif clock.state == Clock.State.RUNNING and (clock.started_at, clock.due_at) != (wanted.started_at, wanted.due_at):
        clock.started_at, clock.due_at, clock.not_before = wanted.started_at, wanted.due_at, wanted.not_before
        clock.save(update_fields=["started_at", "due_at", "not_before"])
    else:
        return
    reminders.lay_out(clock, at)


def _passed(clock: Clock, changed_at: datetime | None) -> bool:
    """Whether a running clock was over before the change that was not looked at yet."""
    return clock.state == Clock.State.RUNNING and changed_at is not None and clock.due_at < changed_at


def _begin(written: Postmortem, kind: str, number: int, wanted: Plan, changed_at: datetime) -> Clock:
    """A new clock, or a cancelled one of this round anew. A duty that was met before it was owed is met."""
    is_met = written.is_filed if kind == INTERNAL else bool(written.published_at and written.seen_at)
    met = is_met and not (kind == PUBLIC and wanted.due_at - wanted.started_at == UPDATE)
    clock, _new = Clock.objects.update_or_create(
        postmortem=written,
        kind=kind,
        round=number,
        defaults={
            "state": Clock.State.MET if met else Clock.State.RUNNING,
            "started_at": wanted.started_at,
            "due_at": wanted.due_at,
            "not_before": wanted.not_before,
            "late_flag": wanted.late,
            "ended_at": changed_at if met else None,
            "missed_at": None,
        },
    )
    return clock


def to_miss(at: datetime, limit: int) -> list[Key]:
    """Running clocks whose time is over. At the very instant of the deadline it is not."""
    found = Clock.objects.filter(state=Clock.State.RUNNING, missed_at=None, due_at__lt=at).order_by("due_at")
    return list(found.values_list("pk", flat=True)[:limit])


@transaction.atomic
def miss(key: Key, at: datetime) -> bool:
    """Mark one clock as missed, if nothing moved it meanwhile; the incident's lock decides."""
    rows = Incident.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    incident = rows.filter(postmortem__clocks=int(key)).first()
    if incident is None:
        return False
    settle(incident, at)
    clock = Clock.objects.filter(pk=key, state=Clock.State.RUNNING, due_at__lt=at).first()
    if clock:
        clock.state, clock.missed_at = Clock.State.MISSED, clock.due_at
        clock.save(update_fields=["state", "missed_at"])
        lifecycle.clocks_looked(incident)
    return clock is not None


def view_of(incident: Incident, *, at: datetime | None = None) -> View:
    """Both promises as the API shows them: {"due_at", "state"}, or None where none is required."""
    return views_of([incident], at=at)[incident.pk]


def views_of(incidents: Iterable[Incident], *, at: datetime | None = None) -> dict[int, View]:
    """The same for many, by their ids: one query, and four more when one of them changed and was not looked at yet."""
    now = at or timezone.now()
    views: dict[int, View] = {}
    settled: list[Incident] = []
    changed: list[Incident] = []
    for row in incidents:
        views[row.pk] = {"internal": None, "public": None}
        if (row.resolved_at or row.reopened) and not row.drill and row.state not in {State.CANCELLED, State.MERGED}:
            (settled if row.clocks_due_at is None else changed).append(row)
    if settled:
        views |= _stored(settled, now)
    if changed:
        views |= {pk: _foreseen(known, now) for pk, known in known_of_many(changed).items()}
    return views


def _stored(incidents: list[Incident], now: datetime) -> dict[int, View]:
    """What the clocks say that were brought in line already: the latest of each kind, of this round if it is over."""
    rows = {row.pk: row for row in incidents}
    views: dict[int, View] = {pk: {"internal": None, "public": None} for pk in rows}
    clocks = Clock.objects.filter(postmortem__incident__in=rows).order_by("round", "pk").select_related("postmortem")
    for clock in clocks:
        row = rows[clock.postmortem.incident_id]
        of_now = clock.round > row.reopened and clock.state != Clock.State.CANCELLED
        views[row.pk][clock.kind] = _shown(clock, None, now) if of_now or row.is_open else None
    return views


def _foreseen(known: Known, now: datetime) -> View:
    """What the clocks will say once they are brought in line."""
    if not known.is_over:
        return {kind: _before_reopening(known, kind) for kind in LENGTH}
    changed_at = known.incident.clocks_due_at
    wanted: dict[str, Plan | None] = dict(plans(known, changed_at))
    views: View = {}
    for kind in LENGTH:
        clock = _current(known, kind)
        plan_of = None if clock and _passed(clock, changed_at) else wanted[kind]
        views[kind] = _shown(clock, plan_of, now) if wanted[kind] else None
    return views


def _shown(clock: Clock | None, wanted: Plan | None, now: datetime) -> dict[str, Any]:
    """A clock that ended keeps the time that it was held to; a running one is held to the plan, if there is a newer one."""
    state = clock.state if clock else Clock.State.RUNNING
    planned = wanted if clock is None or clock.state == Clock.State.RUNNING else None
    due_at = planned.due_at if planned else clock.due_at if clock else now
    if state == Clock.State.RUNNING and now > due_at:
        state = Clock.State.MISSED
    return {"due_at": due_at, "state": str(state)}


def _before_reopening(known: Known, kind: str) -> dict[str, Any] | None:
    clock, reopened = known.clock(kind), known.story.reopened_at
    if clock is None or reopened is None:
        return None
    state = clock.state
    if state in OPEN_STATES:
        state = Clock.State.MISSED if clock.due_at < reopened else Clock.State.CANCELLED
    return {"due_at": clock.due_at, "state": str(state)}
