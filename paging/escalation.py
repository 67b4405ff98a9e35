"""Escalation: one look at one incident under its lock, deciding whom to page now and when to look next.

`Incident.page_due_at` is the only due time, so one lock on one row decides every race with an acknowledgement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Min, OuterRef, Subquery, Value, When, Window
from django.db.models.functions import Least, RowNumber
from django.utils.translation import gettext as _

from foundation.dispatch.registry import Key, Next
from foundation.dispatch.wake import wake
from incidents import lifecycle
from incidents.models import OPEN_Q, Incident, Kind
from incidents.severity import CLASSES
from paging import morning, notices, outbox, targets
from paging.models import Escalation, Page
from paging.outbox import SENDING, Call
from paging.policy import CATCH_ALL_EVERY, Policy, policy_for
from teams.leads import lead_for

POISONED = timedelta(minutes=5)
WORST_FIRST = Case(*(When(severity=name, then=Value(rank)) for rank, name in enumerate(CLASSES)))

NEW_FIRST = Case(When(first_page_at=None, then=Value(0)), default=Value(1))


def due(at: datetime, limit: int) -> list[Key]:
    """Incidents at which paging must look: the worst class first, then first pages, then who has waited longest.

    One of each service comes before the others of any: in a storm nobody's first page waits behind another's hundredth.
    """
    urgent = (WORST_FIRST, NEW_FIRST, "page_due_at", "pk")
    turn = Window(RowNumber(), partition_by=F("service"), order_by=list(urgent))
    due_now = Incident.objects.filter(page_due_at__lte=at).annotate(turn=turn)
    found = due_now.order_by(Least("turn", Value(2)), *urgent)
    return list(found.values_list("pk", flat=True)[:limit])


def oldest(at: datetime) -> datetime | None:
    """Since when the longest waiting incident is due."""
    first: datetime | None = Incident.objects.filter(page_due_at__lte=at).aggregate(at=Min("page_due_at"))["at"]
    return first


@transaction.atomic
def escalate_one(key: Key, at: datetime) -> bool | Next:
    """Look at one incident; returns False when it is not due or somebody else is at it.

    A page that rings on one method is sent at once by whoever looked: the shortest way. For more, the dispatcher is woken.
    """
    incident = _claim(key, at)
    if incident is None:
        return False
    if incident.silenced_until and incident.silenced_until > at:
        lifecycle.next_look(incident, due_at=incident.silenced_until)
        return True
    if incident.is_held:
        if incident.held_until is None or incident.held_until > at:
            lifecycle.next_look(incident, due_at=incident.held_until)
            return True
        lifecycle.acknowledgement_expired(incident, at=at)
    if lifecycle.waits(incident, at):
        lifecycle.next_look(incident, due_at=incident.waits_until)
        return True
    begun = _run_of(incident, at)
    if begun.pk is None and (held := morning.held(incident, at)):
        lifecycle.hold(incident, until=held.until, at=at, zone=held.zone, service=held.service)
        return True
    run = Run(incident, begun, at)
    lifecycle.next_look(incident, due_at=run.advance())
    if len(run.rings_now) == 1:
        return Next(SENDING, *run.rings_now)
    wake(SENDING)
    return True


def _claim(key: Key, at: datetime) -> Incident | None:
    """The incident under its lock, with its service and the id of its present run, in one statement."""
    run = Escalation.objects.filter(incident=OuterRef("pk"), fence=OuterRef("page_fence")).values("pk")[:1]
    return (
        Incident.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("service")
        .filter(OPEN_Q, pk=key, page_due_at__lte=at)
        .annotate(run_id=Subquery(run))
        .first()
    )


def _run_of(incident: Incident, at: datetime) -> Escalation:
    """The run that serves the incident's present fence; a new one, not saved yet, takes a snapshot of the policy."""
    run_id = getattr(incident, "run_id", None)
    if run_id:
        run = Escalation.objects.get(pk=run_id)
        if run.fence == incident.page_fence:
            return run
    policy = policy_for(incident.service_id)
    return Escalation(
        incident=incident, fence=incident.page_fence, policy_slug=policy.slug, policy=policy.snapshot(), started_at=at
    )


@dataclass
class Run:
    """One look of a run: pages the next step that has somebody, and says when to look again."""

    incident: Incident
    run: Escalation
    at: datetime
    rings_now: set[int] = field(default_factory=set)

    def advance(self) -> datetime:
        """Run the next step; steps that name nobody, or are for other hours, are logged and passed at once.

        Returns the next due time.
        """
        policy = Policy.restore(self.run.policy_slug, self.run.policy)
        begins = (self.run.round, self.run.step) == (0, 0)
        while self.run.round < policy.rounds and policy.steps:
            place, step, reason = (self.run.round, self.run.step), policy.steps[self.run.step], self._reason(begins)
            label = _("step %s") % (place[1] + 1)
            self._move_on(len(policy.steps))
            if not policy.is_taken(step, self.at):
                self.incident.tell(Kind.NOT_PAGED, at=self.at, cause=label, why=step.during)
                continue
            if self._page(step.notify, reason, label, place):
                return self.at + step.wait
            begins = False
        self._exhausted(policy)
        return self.at + CATCH_ALL_EVERY

    def _reason(self, begins: bool) -> str:
        """Why somebody is paged at this step; `begins`: none was taken before it."""
        if begins:
            return Page.Reason.REPEAT if self.incident.first_page_at else Page.Reason.FIRST
        return Page.Reason.REPEAT if self.run.round > 0 else Page.Reason.ESCALATED

    def _move_on(self, steps: int) -> None:
        self.run.step += 1
        if self.run.step >= steps:
            self.run.round, self.run.step = self.run.round + 1, 0

    def _page(self, notify: list[str], reason: str, label: str, place: tuple[int, int]) -> bool:
        """Page everybody behind `notify`, and save the run where it stands now; whether anybody can be reached."""
        found = targets.resolve(notify, at=self.at, step=label)
        for target in found.nobody:
            self.incident.tell(Kind.NOT_PAGED, at=self.at, cause=label, why="nobody_on_call", target=target)
        if found.nobody and place[0] == 0:
            self._tell_lead(found.nobody, label)
        done = self.incident.acked_in_part  # they said that they have it: only others are still asked
        people = [(person, because) for person, because in found.people.values() if person.email not in done]
        if not people:
            self.run.save()
            return False
        written = outbox.write(
            [Call(person, because) for person, because in people],
            reason=reason,
            severity=self.incident.severity,
            at=self.at,
            incident=self.incident,
            run=self.run,
            round_=place[0],
            step=place[1],
        )
        self.rings_now |= written.methods_now
        outbox.tell_paged(self.incident, written, at=self.at, reason=reason, label=label)
        return bool(written.rang)

    def _tell_lead(self, nobody: list[str], label: str) -> None:
        """Nobody stood behind a target: whoever leads hears it by mail, once in a run, while paging goes on."""
        lead = lead_for(self.incident.service.team if self.incident.service else None)
        if lead:
            subject = _("Nobody has the pager: %(number)s passed %(step)s")
            words = {"number": self.incident.number, "step": label}
            body = _("These named nobody, so paging went on at once: %s.") % ", ".join(nobody)
            path, thread = self.incident.path, self.incident.number
            notices.tell(lead, subject=subject % words, at=self.at, body=body, path=path, thread=thread)

    def _exhausted(self, policy: Policy) -> None:
        """Every round is over: page the catch-all, or the administrators when it reaches nobody, again and again."""
        if self.run.state != Escalation.State.EXHAUSTED:
            self.run.state = Escalation.State.EXHAUSTED
            rounds = policy.rounds if policy.steps else 0
            self.incident.tell(Kind.EXHAUSTED, at=self.at, cause=policy.slug, rounds=rounds)
        reason = Page.Reason.ESCALATED if self.incident.first_page_at or policy.steps else Page.Reason.FIRST
        for notify in (policy.catch_all, targets.administrators()):
            place = (self.run.round, 0)
            self.run.round, self.run.step = self.run.round + 1, 0
            if self._page(notify, reason, _("catch-all"), place):
                return


@transaction.atomic
def put_aside(key: Key, at: datetime, error: Exception) -> None:
    """A look that raised must not stop the others: look again in five minutes, and page the administrators now."""
    incident = Incident.objects.locked(int(key))
    label = _("paging failed")
    outbox.page_administrators(incident, label=label, because=label, why="error", at=at, error=type(error).__name__)
    lifecycle.next_look(incident, due_at=at + POISONED)
