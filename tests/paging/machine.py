"""Paging as a state machine: acts of people, time, two senders, failures and crashes in any order, over the real functions.

What must hold after every step are the invariants of the paging rules. The provider is a medium of the tests that keeps
what it was handed together with what was true when the attempt began.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import time_machine
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from incidents import lifecycle
from incidents.lifecycle import Opening
from incidents.models import OPEN, Incident, Kind, NotAllowed, TimelineEntry
from oncall.models import Coverage, EscalationPolicy
from oncall.rosters import who_is_on_call
from paging import answers, asking, delivery
from paging.channels.base import Message, Receipt, SendFailed
from paging.models import ContactMethod, Delivery, DeliveryAttempt, Page, PersonalRule
from teams.models import Service, Severity, User
from tests.clock import work_off
from tests.factories import AT, make_policy, make_schedule, make_service, make_team, make_user

LONGEST_WAIT = timedelta(minutes=15)
ALWAYS = (Page.Reason.ASKED_FOR_HELP, Page.Reason.HANDOVER)
WHO, WHICH = st.integers(0, 3), st.integers(0, 4)


@dataclass(frozen=True)
class Handed:
    """A message that the provider took: which deliveries were in it."""

    deliveries: tuple[int, ...]


class Air:
    """The medium: takes everything, or fails and says nothing as it was told."""

    kind, receipts = "sms", False
    handed: ClassVar[list[Handed]] = []
    failing: ClassVar[list[SendFailed]] = []

    def send(self, address: str, message: Message) -> str:
        """Keep it."""
        if self.failing:
            raise self.failing.pop()
        rows = Delivery.objects.filter(batch=message.batch).values_list("pk", flat=True)
        self.handed.append(Handed(tuple(rows)))
        return str(len(self.handed))

    def ask(self, reference: str) -> Receipt | None:
        """Nothing is known."""
        return None


class Paging(RuleBasedStateMachine):
    """Four people, a schedule, two policies' worth of steps, up to five incidents."""

    def __init__(self) -> None:
        super().__init__()
        Air.handed.clear()
        Air.failing.clear()
        self.rolled_back = transaction.atomic()
        self.rolled_back.__enter__()
        self.at = AT
        self.numbers: list[int] = []
        self.crashes = 0
        self.told: dict[int, tuple[object, ...]] = {}

    def teardown(self) -> None:
        """All faults are over and time has passed: whoever should have been reached was. Then nothing was."""
        try:
            Air.failing.clear()
            for _turn in range(8):
                self.pass_time(timedelta(minutes=15))
            self.nobody_was_forgotten()
        finally:
            transaction.set_rollback(True)
            self.rolled_back.__exit__(None, None, None)

    @initialize(needed=st.integers(1, 2), covered=st.sampled_from(Service.Covered.values))
    def organisation(self, needed: int, covered: str) -> None:
        """Alice by the schedule, then Bob and the team, one more round; Mia is the catch-all. Everybody has two ways."""
        self.people = [make_user(name) for name in ("Alice", "Bob", "Carol", "Mia")]
        for person in self.people:
            self._ways_of(person)
        alice, bob, carol, mia = self.people
        team = make_team("payments", members=(alice, bob, carol))
        self.schedule = make_schedule("payments-primary", alice, carol, team=team)
        steps = ((120, ["schedule:payments-primary"]), (300, [f"user:{bob.email}", "team:payments"]))
        self.policy: EscalationPolicy = make_policy("payments", *steps, repeat=1, catch_all=[f"user:{mia.email}"])
        self.needed = self.policy.acknowledgements = needed
        self.policy.save()
        self.service: Service = make_service("checkout", team=team, covered=covered)
        Coverage.objects.create(service=self.service, policy=self.policy)

    def _ways_of(self, person: User) -> None:
        for position, slug in enumerate(("first", "second")):
            address = f"{slug}-{person.email}"
            method = ContactMethod.objects.create(user=person, slug=slug, kind="sms", address=address, verified_at=AT)
            PersonalRule.objects.create(user=person, method=method, position=position, after=60 * position)

    # What happens ----------------------------------------------------------------------------------------------------

    @rule(severity=st.sampled_from(Severity.values))
    def alert(self, severity: str) -> None:
        """An alert opens an incident."""
        if len(self.numbers) < 5:  # noqa: PLR2004 - as many as `WHICH` names
            self.numbers.append(lifecycle.open_one(Opening("It burns", self.service, severity), at=self.at).pk)

    @rule(seconds=st.sampled_from([1, 10, 30, 61, 120, 300, 900, 3600]))
    def time_passes(self, seconds: int) -> None:
        """The dispatcher does what is due, then nothing for a while."""
        self.pass_time(timedelta(seconds=seconds))

    def pass_time(self, span: timedelta) -> None:
        """All due work at the present instant, and again after `span`."""
        self._work()
        self.at += span
        self._work()

    def _work(self) -> None:
        with time_machine.travel(self.at, tick=False):
            work_off(self.at, "paging", "sending", "leases", "receipts", turns=200)

    @rule(who=WHO, which=WHICH)
    def acknowledge(self, who: int, which: int) -> None:
        """Somebody has it."""
        self._act(which, lambda one: answers.acknowledge(one, by=self.people[who], at=self.at))

    @rule(who=WHO, which=WHICH)
    def unacknowledge(self, who: int, which: int) -> None:
        """They give it back: paging starts again."""

        def give_back(one: Incident) -> None:
            lifecycle.unacknowledge(one, by=self.people[who], at=self.at)
            one.refresh_from_db()
            assert not one.is_held
            assert one.page_due_at is not None

        self._act(which, give_back)

    @rule(who=WHO, which=WHICH)
    def resolve(self, who: int, which: int) -> None:
        """It is over."""
        self._act(which, lambda one: lifecycle.resolve(one, by=self.people[who], at=self.at))

    @rule(which=WHICH)
    def comes_back(self, which: int) -> None:
        """It was not over."""
        self._act(which, lambda one: lifecycle.reopen(one, at=self.at, cause="alert"))

    @rule(who=WHO, which=WHICH)
    def escalate(self, who: int, which: int) -> None:
        """The next step, now."""
        self._act(which, lambda one: lifecycle.escalate(one, by=self.people[who], at=self.at))

    @rule(who=WHO, to=WHO, which=WHICH)
    def hand_over(self, who: int, to: int, which: int) -> None:
        """Somebody else has it."""
        self._act(which, lambda one: asking.hand_over(one, to=self.people[to], by=self.people[who], at=self.at))

    @rule(who=WHO, whom=WHO, which=WHICH)
    def pull_in(self, who: int, whom: int, which: int) -> None:
        """Help is asked for."""
        people = self.people
        self._act(which, lambda one: asking.pull_in(one, person=people[whom], by=people[who], reason="", at=self.at))

    @rule(who=WHO, which=WHICH, minutes=st.integers(1, 60))
    def quiet(self, who: int, which: int, minutes: int) -> None:
        """Nobody is paged for a while."""
        until, by = self.at + timedelta(minutes=minutes), self.people[who]
        self._act(which, lambda one: lifecycle.quiet_until(one, until=until, because="wait", by=by, at=self.at))

    @rule(which=WHICH)
    def gets_worse(self, which: int) -> None:
        """An alert of the worst class joins it."""
        self._act(which, lambda one: lifecycle.change_class(one, to="critical", at=self.at, cause="alert"))

    @rule(child=WHICH, parent=WHICH)
    def merge(self, child: int, parent: int) -> None:
        """Two were one."""
        if self.numbers:
            into = Incident.objects.get(pk=self.numbers[parent % len(self.numbers)])
            self._act(child, lambda one: lifecycle.merge(one, into=into, by=self.people[0], at=self.at))

    def _act(self, which: int, act: Callable[[Incident], object]) -> None:
        """Do it where it is allowed; a refusal changes nothing."""
        if self.numbers:
            try:
                act(Incident.objects.get(pk=self.numbers[which % len(self.numbers)]))
            except NotAllowed:
                return

    @rule(who=WHO, there=st.booleans())
    def leaves(self, who: int, there: bool) -> None:
        """Somebody leaves the organisation, or comes back; the catch-all stays."""
        if self.people[who].email != self.people[3].email:
            User.objects.filter(pk=self.people[who].pk).update(is_active=there)

    @rule(who=WHO, verified=st.booleans())
    def way_is_lost(self, who: int, verified: bool) -> None:
        """A way is switched off, or works again; the catch-all's stay."""
        person = self.people[who]
        if person.email != self.people[3].email:
            ways = ContactMethod.objects.filter(user=person, slug="first")
            ways.update(disabled_at=None if verified else self.at)

    @rule(seconds=st.integers(60, 1200))
    def policy_is_edited(self, seconds: int) -> None:
        """Runs keep the policy as it was when they began."""
        self.policy.steps.filter(position=0).update(wait=seconds)

    @rule(times=st.integers(1, 3), permanent=st.booleans())
    def provider_fails(self, times: int, permanent: bool) -> None:
        """The next calls fail."""
        Air.failing.extend([SendFailed("no", permanent=permanent)] * times)

    @rule(after=st.booleans())
    def crash(self, after: bool) -> None:
        """A sender dies in the middle: before the provider is called, or after it has taken the message."""
        with time_machine.travel(self.at, tick=False):
            work_off(self.at, "paging")
            for key in delivery.due(self.at, 10):
                batch = delivery.claim(int(key), self.at)
                if batch is None:
                    continue
                self.crashes += 1
                if after:
                    Air.handed.append(Handed(tuple(row.pk for row in batch.deliveries)))
                return

    # What must hold --------------------------------------------------------------------------------------------------

    @invariant()
    def an_open_one_is_looked_at_in_time(self) -> None:
        """Open, not held, not quiet: a look is due within the longest wait."""
        for one in Incident.objects.filter(pk__in=self.numbers, state__in=OPEN, held_by=None):
            assert one.page_due_at is not None, f"{one} has nobody and no next look"
            quiet = max(one.silenced_until or self.at, one.waits_until or self.at, self.at)
            assert one.page_due_at <= quiet + LONGEST_WAIT, f"{one} is looked at too late"

    @invariant()
    def nothing_becomes_sendable_after_an_answer(self) -> None:
        """Whatever still waits for an incident that somebody has or that is over is not sent: a sender refuses it."""
        waiting = Delivery.objects.filter(state="queued", page__incident__isnull=False).exclude(page__reason__in=ALWAYS)
        answered = [row for row in waiting.select_related("page__incident") if not self._wanted(row)]
        with transaction.atomic():
            methods = {row.method_id for row in answered if row.method_id}
            Delivery.objects.filter(pk__in=[row.pk for row in answered]).update(due_at=self.at)
            for method in sorted(methods):
                ContactMethod.objects.filter(pk=method).update(last_sent_at=None)
                batch = delivery.claim(method, self.at)
                claimed = {row.pk for row in batch.deliveries} if batch else set()
                assert not claimed & {row.pk for row in answered}
            transaction.set_rollback(True)

    @staticmethod
    def _wanted(row: Delivery) -> bool:
        incident = row.page.incident
        return (
            incident is not None
            and incident.is_open
            and not incident.is_held
            and row.page.fence == incident.page_fence
            and row.page.acked_at is None
        )

    @invariant()
    def as_many_people_as_the_policy_asks_for(self) -> None:
        """Somebody has it when so many different people said so, or by a hand-over, or took it from who had it."""
        for one in Incident.objects.filter(pk__in=self.numbers, state__in=OPEN):
            given = (one.acks or {}).get("given", [])
            assert len(given) == len(set(given)), "the same person counts once"
            assert one.is_held or len(given) < self.needed, f"{one} has all its acknowledgements and still calls"
            handed = TimelineEntry.objects.filter(incident=one, kind=Kind.HANDED_OVER).exists()
            assert not one.is_held or self.needed == 1 or handed or len(given) == self.needed

    @invariant()
    def nobody_is_called_who_acknowledged(self) -> None:
        """Whose word was taken in this run gets no further page of it."""
        for one in Incident.objects.filter(pk__in=self.numbers, state__in=OPEN, held_by=None):
            for line in one.timeline.filter(kind=Kind.ACKNOWLEDGED, by__email__in=one.acked_in_part):
                later = one.pages.filter(person=line.by, fence=one.page_fence, created_at__gt=line.at)
                assert not later.exclude(reason__in=ALWAYS).exists()

    @invariant()
    def only_what_may_be_held_is_held(self) -> None:
        """Critical and major ones never wait for the morning, nor does anything of a service that is covered at night."""
        for one in Incident.objects.filter(pk__in=self.numbers, waits_until__gt=self.at):
            assert one.severity == Severity.STANDARD
            assert self.service.covered == Service.Covered.WORKING_HOURS
            assert one.timeline.filter(kind=Kind.NOT_PAGED, data__why="held").exists()

    @invariant()
    def a_first_page_is_never_held_back_by_a_limit(self) -> None:
        """Whoever is to be called for an incident was called, or something will call within the time of one bundle."""
        for one in Incident.objects.filter(pk__in=self.numbers, state__in=OPEN, held_by=None):
            for page in one.pages.filter(fence=one.page_fence, acked_at=None):
                mine = Delivery.objects.filter(page__incident=one, page__person=page.person, page__fence=page.fence)
                waiting = mine.filter(page=page, state="queued", attempt=0).order_by("due_at").first()
                if waiting and not mine.exclude(state="queued").exists():
                    late = waiting.due_at - max(page.created_at, self.at)
                    assert late <= timedelta(minutes=1), f"{one} waits {late} for its first call"

    @invariant()
    def sends_are_one_and_crashes(self) -> None:
        """The provider has each delivery at most once, and once more for each crash."""
        counts = Counter(pk for handed in Air.handed for pk in handed.deliveries)
        assert sum(count - 1 for count in counts.values()) <= self.crashes

    @invariant()
    def steps_never_go_back(self) -> None:
        """Within one run, rounds and steps only grow."""
        last: dict[int, tuple[int, int]] = {}
        for page in Page.objects.filter(escalation__isnull=False).order_by("pk"):
            place = (page.round, page.step)
            assert last.get(page.escalation_id or 0, (0, 0)) <= place
            last[page.escalation_id or 0] = place

    @invariant()
    def whom_the_schedule_named(self) -> None:
        """Who was paged for the schedule had the pager at that instant."""
        for page in Page.objects.filter(because__startswith="pager of").select_related("person"):
            with_everybody = who_is_on_call(self.schedule, page.created_at)
            assert with_everybody is None or with_everybody == page.person or not self._all_here()

    def _all_here(self) -> bool:
        return not User.objects.filter(is_active=False).exists()

    @invariant()
    def the_story_only_grows(self) -> None:
        """Lines are never changed, and the last one of a state is the state."""
        now: dict[int, tuple[object, ...]] = {}
        rows = Incident.objects.filter(pk__in=self.numbers).values_list(
            "timeline__pk", "timeline__at", "timeline__kind", "timeline__by", "timeline__cause", "timeline__text"
        )
        for pk, *words in rows.order_by("timeline__pk"):
            now[pk] = tuple(words)
        assert all(now.get(pk) == words for pk, words in self.told.items())
        self.told = now

    @invariant()
    def attempts_are_closed_once(self) -> None:
        """No attempt has two ends, and what was sent has an attempt."""
        assert not DeliveryAttempt.objects.filter(finished_at=None).exclude(delivery__state="sending").exists()
        assert not Delivery.objects.filter(state="sent", attempts=None).exists()

    @invariant()
    def every_change_has_a_cause(self) -> None:
        """A line that moves paging names a person or a cause."""
        moving = (Kind.ACKNOWLEDGED, Kind.UNACKNOWLEDGED, Kind.RESOLVED, Kind.ESCALATE, Kind.HANDED_OVER, Kind.QUIET)
        rows = TimelineEntry.objects.filter(kind__in=[str(kind) for kind in moving])
        assert not rows.filter(by=None, cause="").exists()

    def nobody_was_forgotten(self) -> None:
        """In the end: whatever is open and has nobody rang somebody in this run, and somebody was really reached."""
        for one in Incident.objects.filter(pk__in=self.numbers, state__in=OPEN, held_by=None):
            if (one.silenced_until and one.silenced_until > self.at) or (one.waits_until and one.waits_until > self.at):
                continue
            sent = Delivery.objects.filter(page__incident=one, page__fence=one.page_fence, state="sent")
            assert sent.exists(), f"{one} called nobody"
