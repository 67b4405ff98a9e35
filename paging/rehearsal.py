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
from paging import escalation
from paging.models import Delivery, Escalation, Page
from paging.policy import Policy
from teams.models import User

LOOKS = 12
"""After so many looks the rest is told in words: a policy may go round twenty times."""
PASSES = ("nobody_on_call", "no_method")
"""Why a target or a person is passed; whatever else keeps a page back is told as the story tells it."""


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
    """Somebody, or a target, that is not paged at a step: `why` is nobody_on_call or no_method."""

    step: str
    why: str
    who: str


@dataclass
class Look:
    """One look of the pager: the step that it comes to, whom it pages there, whom it passes on the way, and what else the
    story would say. `round` is how often the steps are gone through by then, beginning with 1; 0 after the last of them."""

    at: datetime
    label: str = ""
    round: int = 0
    called: list[Called] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    notes: list[TimelineEntry] = field(default_factory=list)


@dataclass(frozen=True)
class Rehearsal:
    """The looks in order. `policy` is the slug ("": none, so the administrators are the last resort), `rounds` how often
    its steps are gone through, `steps` how many they are, `acknowledgements` how many people have to acknowledge before it
    ends; `unfinished` when more follow than are shown."""

    policy: str
    rounds: int
    steps: int
    acknowledgements: int
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
    run = Escalation.objects.filter(incident=incident).first()
    policy = Policy.restore(run.policy_slug, run.policy) if run else Policy("", 1, [], [])
    looks = _told(incident)
    deliveries: dict[int, list[Rung]] = defaultdict(list)
    for row in Delivery.objects.filter(page__incident=incident).select_related("page").order_by("due_at", "pk"):
        deliveries[row.page_id].append(Rung(row.get_kind_display(), row.due_at - row.page.created_at))
    for page in Page.objects.filter(incident=incident).select_related("person").order_by("pk"):
        look = looks.setdefault(page.created_at, Look(page.created_at))
        if deliveries[page.pk]:
            look.round = page.round + 1 if page.round < policy.rounds else 0
            look.called.append(Called(page.person, page.because, deliveries[page.pk]))
    return Rehearsal(
        policy.slug,
        policy.rounds,
        len(policy.steps),
        policy.acknowledgements,
        sorted(looks.values(), key=lambda look: look.at),
        unfinished,
        incident.silenced_until,
    )


def _told(incident: Incident) -> dict[datetime, Look]:
    """The looks by what the story says of them: who is paged stands for the step, what is passed has a step of its own.

    What is so again in a later round of the same look is said once, and that nobody answered only of those who were asked.
    """
    looks: dict[datetime, Look] = {}
    told = list(TimelineEntry.objects.filter(incident=incident).exclude(kind=Kind.OPENED).order_by("pk"))
    names = dict(User.objects.filter(email__in=_emails(told)).values_list("email", "name"))
    asked = False
    for entry in told:
        look = looks.setdefault(entry.at, Look(entry.at))
        if entry.kind == Kind.PAGED:
            look.label, asked = entry.cause, True
        elif entry.kind == Kind.NOT_PAGED and entry.data.get("why") in PASSES:
            email = str(entry.data.get("person", ""))
            who = names.get(email) or email or str(entry.data.get("target", ""))
            passed = Passed(entry.cause, str(entry.data["why"]), who)
            look.passed += [] if passed in look.passed else [passed]
        elif (asked or entry.kind != Kind.EXHAUSTED) and not any(_same(entry, note) for note in look.notes):
            look.notes.append(entry)
    return looks


def _same(one: TimelineEntry, other: TimelineEntry) -> bool:
    return (one.kind, one.cause, one.data) == (other.kind, other.cause, other.data)


def _emails(told: Iterable[TimelineEntry]) -> list[str]:
    return [str(entry.data["person"]) for entry in told if "person" in entry.data]
