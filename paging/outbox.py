"""Writing pages and their deliveries: the rows that cannot be lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from foundation.dispatch.wake import wake
from incidents.models import Incident, Kind
from paging import statements
from paging.channels.base import available
from paging.models import ContactMethod, Escalation, Page
from paging.reach import Ring, Way, plan
from teams.models import User

SENDING = "sending"
"""The name of the due work that sends deliveries."""


@dataclass(frozen=True)
class Call:
    """Somebody to page, and why."""

    person: User
    because: str


@dataclass
class Written:
    """What was written, and who has no method that could ring."""

    pages: list[Page] = field(default_factory=list)
    unreachable: list[User] = field(default_factory=list)


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
    """Page these people: one page each, one delivery per method of theirs. The caller holds the incident's lock.

    A person whom nothing can reach gets a page without deliveries: it is seen in the browser and in the ledger.
    """
    rings = ways_of([call.person.pk for call in calls], severity)
    written = Written(unreachable=[call.person for call in calls if not rings[call.person.pk]])
    ids = statements.insert_pages(
        [(call.person.pk, call.because) for call in calls],
        [(person, ring.method_id, ring.kind, ring.after) for person, found in rings.items() for ring in found],
        incident=incident.pk if incident else None,
        run=run.pk if run else None,
        fence=incident.page_fence if incident else 0,
        round=round_,
        step=step,
        reason=str(reason),
        severity=str(severity),
        at=at,
    )
    written.pages = [
        Page(
            pk=ids[call.person.pk],
            incident=incident,
            escalation=run,
            fence=incident.page_fence if incident else 0,
            person=call.person,
            round=round_,
            step=step,
            reason=reason,
            because=call.because,
            severity=severity,
            created_at=at,
        )
        for call in calls
    ]
    wake(SENDING)
    return written


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
    unreachable = {person.pk for person in written.unreachable}
    rung = [page for page in written.pages if page.person_id not in unreachable]
    if rung:
        people = [{"person": page.person.email, "because": page.because} for page in rung]
        incident.tell(Kind.PAGED, at=at, cause=label, reason=reason, people=people)
    for person in written.unreachable:
        incident.tell(Kind.NOT_PAGED, at=at, cause=label, why="no_method", person=person.email)
