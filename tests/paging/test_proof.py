"""Page proof: every decision about paging with its reason and result, in a constant number of queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents import lifecycle
from incidents.models import Incident
from paging import answers
from paging.models import Delivery
from tests.clock import work_off
from tests.factories import AT
from tests.paging.conftest import World, with_mail

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def played(world: World) -> Incident:
    """Alice is paged and her mail is sent; Bob is next, and acknowledges before his second way rings."""
    with_mail(world.bob, slug="other", address="bob.home@example.com")
    incident = world.open()
    with time_machine.travel(AT, tick=False):
        work_off(AT, "paging", "sending")
    with time_machine.travel(AT + 5 * MINUTE, tick=False):
        work_off(AT + 5 * MINUTE, "paging")
        answers.acknowledge(incident, by=world.bob, at=AT + 5 * MINUTE)
        work_off(AT + 5 * MINUTE, "sending")
    return incident


def text(client: Client, incident: Incident, query: str = "") -> str:
    """The page as its reader sees it, without the markup's line breaks."""
    answer = client.get(f"{incident.path}pages/{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_who_was_paged_by_what_with_what_result_and_who_was_not_and_why(world: World, client: Client) -> None:
    incident = played(world)
    client.force_login(world.alice)
    with time_machine.travel(AT + 6 * MINUTE, tick=False):
        said = text(client, incident)
    assert said.index("Paging Alice") < said.index("Paging Bob") < said.index("Bob has it")
    assert "pager of payments-primary, step 1" in said
    assert said.count("somebody had it already") == 2, "both ways of Bob rang too late to be needed"
    assert "bob.home@example.com" not in said, "an address is its person's alone"


def test_what_was_left_when_paging_began_again_was_not_had_by_anybody(world: World, client: Client) -> None:
    incident = world.open()
    work_off(AT, "paging")
    answers.acknowledge(incident, by=world.bob, at=AT + MINUTE)
    lifecycle.unacknowledge(incident, by=world.bob, at=AT + 2 * MINUTE)
    work_off(AT + 2 * MINUTE, "paging", "sending")
    client.force_login(world.mia)
    with time_machine.travel(AT + 3 * MINUTE, tick=False):
        said = text(client, incident)
    assert 'no longer needed</span><span class="meta">: paging had started again' in said
    assert "somebody had it already" not in said
    assert said.count("step 1") == 2, "said once of each page"


def test_sent_without_a_receipt_and_sent_twice(world: World, client: Client) -> None:
    incident = world.open()
    with time_machine.travel(AT, tick=False):
        work_off(AT, "paging", "sending")
    Delivery.objects.update(receipt_asks=1, repeat=True)
    client.force_login(world.alice)
    with time_machine.travel(AT + MINUTE, tick=False):
        said = text(client, incident)
    assert 'sent</span><span class="meta">: no receipt</span> <span class="meta">repeat</span>' in said
    assert '<p class="meta folds-name gap-small">Alice</p>' in said, "the head of the table is not seen on a phone"


@pytest.mark.parametrize(
    ("late", "expected"), [(14, "unless somebody acknowledges"), (16, "Bob should have been paged")]
)
def test_what_comes_next_and_what_is_late(world: World, client: Client, late: int, expected: str) -> None:
    incident = world.open()
    work_off(AT, "paging")
    client.force_login(world.alice)
    with time_machine.travel(AT + 5 * MINUTE + timedelta(seconds=late), tick=False):
        said = text(client, incident)
    assert expected in said
    assert said.index("02:09 UTC") < said.index("unless") if late < 15 else "unless" not in said


def test_where_two_must_acknowledge_one_does_not_end_it(world: World, client: Client) -> None:
    world.policy.acknowledgements = 2
    world.policy.save()
    incident = world.open()
    work_off(AT, "paging")
    client.force_login(world.mia)
    with time_machine.travel(AT + MINUTE, tick=False):
        assert "unless 2 people have acknowledged" in text(client, incident)


def test_a_person_without_a_way_is_said(world: World, client: Client) -> None:
    world.alice.contact_methods.all().delete()
    incident = world.open()
    work_off(AT, "paging")
    client.force_login(world.bob)
    assert "no verified way" in text(client, incident)


def test_the_number_of_queries_does_not_grow(world: World, client: Client) -> None:
    client.force_login(world.alice)
    incident = played(world)
    text(client, incident)
    with CaptureQueriesContext(connection) as few:
        text(client, incident)
    incident = lifecycle.unacknowledge(incident, by=world.bob, at=AT + 10 * MINUTE)
    for minute in range(10, 200, 5):
        work_off(AT + minute * MINUTE, "paging")
    with CaptureQueriesContext(connection) as many:
        said = text(client, incident)
    assert "named in catch-all" in said
    assert 'step 1) <span class="meta">repeat</span>' in said, "in the second round"
    assert len(many) == len(few) + 3, "what comes next is asked now: the run, its policy as it is today, and the people"
