"""Who would be paged, in which order, by what: the real escalation on the real database, taken back before it commits.

It is the pager's own code that looks, finds people and writes pages; here they are only read and undone. It has no number,
nobody else ever sees it, and nothing is sent (compare docs/adr/0009).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from incidents import lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident, Kind, TimelineEntry
from oncall.models import EscalationStep
from paging import escalation
from paging.models import Delivery, Escalation, Page
from paging.policy import Policy
from teams.models import User

LOOKS = 12
"""After so many looks the rest is told in words: a policy may go round twenty times."""


@dataclass(frozen=True)
class Rung:
    """A way of a person, and how long after the page it rings unless they answer before: its medium, never its address."""

    medium: str
    after: timedelta


@dataclass(frozen=True)
class Called:
    """Somebody who is paged, why, and by what in which order; without ways the page waits in the browser."""

    person: User
    because: str
    rings: Sequence[Rung]


@dataclass(frozen=True)
class Passed:
    """Somebody, or a target, that is not paged: `why` is nobody_on_call or no_method."""

    why: str
    who: str


@dataclass
class Look:
    """One look of the pager: the step's name, whom it pages, whom it does not, and what else the story would say."""

    at: datetime
    label: str = ""
    called: list[Called] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    notes: list[TimelineEntry] = field(default_factory=list)


@dataclass(frozen=True)
class Rehearsal:
    """The looks in order. `policy` is the slug ("": none, so the administrators are the last resort), `rounds` how often
    its steps are gone through, `steps` how many they are; `unfinished` when more follow than are shown."""

    policy: str
    rounds: int
    steps: int
    looks: list[Look]
    unfinished: bool
    silenced_until: datetime | None = None

    @property
    def first(self) -> Look | None:
        """The first look that calls somebody."""
        return next((look for look in self.looks if look.called), None)


def rehearse(opening: Opening, *, at: datetime, looks: int = LOOKS) -> Rehearsal:
    """What paging would do for an incident that begins so at `at`, until everybody has been asked or `looks` are over.

    Nobody acknowledges, and nothing changes meanwhile but the clock: each look asks who has the pager then. Nothing stays.
    """
    with transaction.atomic():
        try:
            incident = lifecycle.rehearse(opening, at=at)
            over = _look(incident, looks)
            found = _read(incident, unfinished=not over)
        finally:
            transaction.set_rollback(True)
    return found


def _look(incident: Incident, most: int) -> bool:
    """Look again and again at the instants that the pager itself names; whether everybody has been asked."""
    for _number in range(most):
        incident.refresh_from_db(fields=["page_due_at"])
        if incident.page_due_at is None:
            return True
        escalation.escalate_one(incident.pk, incident.page_due_at)
        if Escalation.objects.filter(incident=incident, state=Escalation.State.EXHAUSTED).exists():
            return True
    return False


def _read(incident: Incident, *, unfinished: bool) -> Rehearsal:
    """What the looks wrote: pages and their deliveries, and what the story says of those who were not paged."""
    looks: dict[datetime, Look] = {}
    told = list(TimelineEntry.objects.filter(incident=incident).exclude(kind=Kind.OPENED).order_by("pk"))
    names = dict(User.objects.filter(email__in=_emails(told)).values_list("email", "name"))
    for entry in told:
        look = looks.setdefault(entry.at, Look(entry.at))
        if entry.kind not in {Kind.PAGED, Kind.NOT_PAGED} or entry.data.get("why") in EscalationStep.During.values:
            look.notes.append(entry)
            continue
        look.label = entry.cause
        if entry.kind == Kind.NOT_PAGED:
            email = str(entry.data.get("person", ""))
            who = names.get(email) or email or str(entry.data.get("target", ""))
            look.passed.append(Passed(str(entry.data.get("why", "")), who))
    deliveries: dict[int, list[Rung]] = defaultdict(list)
    for row in Delivery.objects.filter(page__incident=incident).select_related("page").order_by("due_at", "pk"):
        deliveries[row.page_id].append(Rung(row.get_kind_display(), row.due_at - row.page.created_at))
    for page in Page.objects.filter(incident=incident).select_related("person").order_by("pk"):
        look = looks.setdefault(page.created_at, Look(page.created_at))
        if deliveries[page.pk]:
            look.called.append(Called(page.person, page.because, deliveries[page.pk]))
    run = Escalation.objects.filter(incident=incident).first()
    policy = Policy.restore(run.policy_slug, run.policy) if run else Policy("", 1, [], [])
    return Rehearsal(
        policy.slug,
        policy.rounds,
        len(policy.steps),
        sorted(looks.values(), key=lambda look: look.at),
        unfinished,
        incident.silenced_until,
    )


def _emails(told: Iterable[TimelineEntry]) -> list[str]:
    return [str(entry.data["person"]) for entry in told if "person" in entry.data]
