"""A storm: critical first, first pages before repeats, few messages to each person, and every incident with its own link."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine

from incidents import lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident
from incidents.severity import CLASSES, rank
from oncall.models import Coverage
from paging import delivery, escalation
from paging.channels import known
from paging.models import ContactMethod, Delivery, PersonalRule
from teams.models import Service, User
from tests.clock import work_off
from tests.factories import AT, make_policy, make_service, make_team, make_user
from tests.paging.conftest import World
from tests.paging.media import Heard, hears

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
SERVICES, WAVES, LONG = 20, (0, 3, 4, 20, 40), 100
"""Each wave is three alerts for each service: 300 in all. LONG: seconds that are played."""


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Heard]]:
    """What left by text and mail."""
    yield from hears(monkeypatch, known, "sms", "email")


def people() -> tuple[User, User]:
    """Alice is called by text and ten minutes later by mail, Bob by mail."""
    alice, bob = make_user("Alice"), make_user("Bob")
    for person, kinds in ((alice, ("sms", "email")), (bob, ("email",))):
        for position, kind in enumerate(kinds):
            address = f"{kind} of {person.short_name}"
            method = ContactMethod.objects.create(user=person, slug=kind, kind=kind, address=address, verified_at=AT)
            PersonalRule.objects.create(user=person, method=method, position=position, after=600 * position)
    return alice, bob


def services(alice: User, bob: User) -> list[Service]:
    """Half of them page Alice, half Bob."""
    team, found = make_team(), []
    policies = [make_policy("", (3600, [f"user:{one.email}"])) for one in (alice, bob)]
    for number in range(SERVICES):
        found.append(make_service(team=team))
        Coverage.objects.create(service=found[-1], policy=policies[number % 2])
    return found


def storm(burning: list[Service]) -> list[Incident]:
    """Every second for `LONG` seconds all due work is done, and each wave breaks at its second."""
    opened: list[Incident] = []
    for second in range(LONG):
        at = AT + second * SECOND
        if second in WAVES:
            openings = [
                Opening(f"{one} {severity}", one, severity) for severity in reversed(CLASSES) for one in burning
            ]
            opened += lifecycle.open_many(openings, at=at)
        with time_machine.travel(at, tick=False):
            work_off(at, "paging", "sending")
    return opened


def test_a_storm_reaches_everybody_at_once_and_in_few_messages(heard: list[Heard]) -> None:
    opened = storm(services(*people()))
    assert len(opened) == 3 * SERVICES * len(WAVES)
    first: dict[str, Heard] = {}
    for message in heard:
        for number in message.incidents:
            first.setdefault(number, message)
    late = [one.number for one in opened if first[one.number].at > one.declared_at + 10 * SECOND]
    assert late == [], "every first page was handed over within ten seconds"
    told = [(message.address, number) for message in heard for number in message.incidents]
    links = [link for message in heard for link in message.links]
    assert len(told) == len(set(told)) == len(set(links)), "each incident once on each way, with a link of its own"
    class_of = {one.number: rank(one.severity) for one in opened}
    for message in heard:
        ranks = [class_of[number] for number in message.incidents]
        assert ranks == sorted(ranks), "the worst first"
    texts = [message.at for message in heard if message.kind == "sms"]
    assert texts[:2] == [AT, AT + 10 * SECOND]
    assert all(later - earlier >= 60 * SECOND for earlier, later in pairwise(texts[1:])), "one a minute after the first"
    for address in ("email of Alice", "email of Bob"):
        mails = [message.at for message in heard if message.address == address]
        assert all(later - earlier >= 10 * SECOND for earlier, later in pairwise(mails))
    assert not Delivery.objects.filter(state="queued", kind="email", page__person__name="Bob").exists()


def test_new_incidents_before_those_that_were_paged_then_who_waited_longest(world: World) -> None:
    def one(severity: str, waited: int, paged: int | None = None) -> int:
        incident = world.open(at=AT - waited * SECOND, severity=severity)
        Incident.objects.filter(pk=incident.pk).update(first_page_at=paged and AT - paged * SECOND)
        return incident.pk

    new_major, old_repeat = one("major", 1), one("major", 60, paged=10)
    new_repeat, old_major = one("major", 30, paged=900), one("major", 20)
    standard, critical = one("standard", 500), one("critical", 0, paged=1)
    order = [critical, old_major, new_major, old_repeat, new_repeat, standard]
    assert escalation.due(AT, 10) == order


def test_ways_of_people_who_were_not_called_yet_come_before_repeats(world: World) -> None:
    def rings(person: User, severity: str, waited: int, *, repeat: bool) -> int:
        incident = world.open(at=AT - waited * SECOND, severity=severity)
        Incident.objects.filter(pk=incident.pk).update(first_page_at=AT if repeat else None)
        page = incident.pages.create(person=person, fence=1, reason="first", severity=severity, created_at=AT)
        method = person.contact_methods.get()
        page.deliveries.create(method=method, kind=method.kind, due_at=AT - waited * SECOND)
        return method.pk

    repeat = rings(world.alice, "critical", 30, repeat=True)
    first = rings(world.bob, "critical", 1, repeat=False)
    rings(world.mia, "major", 90, repeat=False)
    assert delivery.due(AT, 10)[:2] == [first, repeat]
