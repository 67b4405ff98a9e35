"""Writing pages and their deliveries: the rows that cannot be lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from foundation.dispatch.wake import wake
from incidents.models import Incident, Kind
from paging import statements, targets
from paging.channels.known import available
from paging.models import ContactMethod, Escalation, Page
from paging.reach import Ring, Way, plan
from teams.models import User

ADMINISTRATORS_EVERY = timedelta(minutes=15)
SENDING = "sending"
"""The name of the due work that sends deliveries."""


@dataclass(frozen=True)
class Call:
    """Somebody to page, and why."""

    person: User
    because: str


@dataclass(frozen=True)
class Written:
    """What was written: the calls, the page's id for each person's, who has no method that could ring, and what rings now."""

    calls: Sequence[Call]
    pages: dict[int, int]
    unreachable: list[User]
    methods_now: set[int]

    @property
    def rang(self) -> list[Call]:
        """Those who can be reached."""
        return [call for call in self.calls if call.person not in self.unreachable]

    def first(self) -> Page:
        """The page of the first call."""
        return Page.objects.get(pk=self.pages[self.calls[0].person.pk])


def write(
    calls: Sequence[Call],
    *,
    reason: str,
    severity: str,
    at: datetime,
    incident: Incident | None = None,
    run: Escalation | None = None,
    round_: int = 0,
    step: int = 0,
) -> Written:
    """Page these people: one page each, one delivery per method of theirs. The caller holds the incident's lock, and wakes
    the sending. The run is stored where it stands now.

    A person whom nothing can reach gets a page without deliveries: it is seen in the browser and in the ledger.
    """
    rings = ways_of([call.person.pk for call in calls], severity)
    inserted = statements.insert_pages(
        [(call.person.pk, call.because) for call in calls],
        [(person, ring.method_id, ring.kind, ring.after) for person, found in rings.items() for ring in found],
        incident=incident.pk if incident else None,
        run=run.columns() if run else None,
        fence=incident.page_fence if incident else 0,
        round=round_,
        step=step,
        reason=str(reason),
        severity=str(severity),
        at=at,
    )
    if run:
        run.pk, run._state.adding = inserted.run, False
    unreachable = [call.person for call in calls if not rings[call.person.pk]]
    now = {ring.method_id for found in rings.values() for ring in found if ring.after == 0}
    return Written(calls, inserted.pages, unreachable, now)


def ways_of(person_ids: Sequence[int], severity: str) -> dict[int, list[Ring]]:
    """How each of these people is rung for a class; one statement."""
    ways: dict[int, list[Way]] = {pk: [] for pk in person_ids}
    known = available()
    rows = ContactMethod.objects.filter(user__in=person_ids).values_list(
        "user_id", "pk", "kind", "verified_at", "disabled_at", "rules__severity", "rules__position", "rules__after"
    )
    for user_id, pk, kind, verified_at, disabled_at, rule_class, position, after in rows.order_by("user_id", "slug"):
        usable = bool(verified_at) and not disabled_at and kind in known
        ways[user_id].append(Way(pk, kind, usable, rule_class or "", position or 0, after or 0))
    return {pk: plan(found, severity) for pk, found in ways.items()}


def tell_paged(incident: Incident, written: Written, *, at: datetime, reason: str, label: str) -> None:
    """Write who was paged and why, and who could not be, into the story. The caller saves the incident."""
    if written.rang:
        people = [{"person": call.person.email, "because": call.because} for call in written.rang]
        incident.tell(Kind.PAGED, at=at, cause=label, reason=reason, people=people)
    for person in written.unreachable:
        incident.tell(Kind.NOT_PAGED, at=at, cause=label, why="no_method", person=person.email)


def page_administrators(incident: Incident, *, label: str, because: str, at: datetime, **why: Any) -> None:
    """Paging itself went wrong for this one: the story says `why`, and the administrators are paged now.

    Not more often than `ADMINISTRATORS_EVERY` for one incident: a fault that comes back each minute must not ring each minute.
    The caller holds the incident's lock and saves it.
    """
    told = incident.timeline.filter(kind=Kind.NOT_PAGED, cause=label, at__gt=at - ADMINISTRATORS_EVERY)
    if told.exists():
        return
    incident.tell(Kind.NOT_PAGED, at=at, cause=label, **why)
    found = targets.resolve(targets.administrators(), at=at, step=because)
    calls = [Call(person, reason) for person, reason in found.people.values()]
    reason = Page.Reason.ESCALATED
    written = write(calls, reason=reason, severity=incident.severity, at=at, incident=incident)
    tell_paged(incident, written, at=at, reason=reason, label=label)
    wake(SENDING)
