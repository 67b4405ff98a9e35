"""What an incident's page and story say when things are not plain: nobody rings, several are needed, it is late."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from incidents import lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident, Kind
from oncall.models import EscalationPolicy
from paging import answers
from paging.consequences import go_on
from paging.models import ContactMethod, Delivery
from teams.models import User
from tests.clock import work_off
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_method, make_page

SignIn = Callable[[User], Client]


def seen(client: Client, incident: Incident) -> str:
    """The page's words, spaces as one."""
    return re.sub(r"\s+", " ", client.get(incident.path).content.decode())


def words_of(client: Client, incident: Incident) -> str:
    """Without the tags."""
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", seen(client, incident)))
    return re.sub(r" ([.,:;])", r"\1", plain)


@pytest.mark.parametrize(("act", "field"), [("hand_over", "to"), ("page", "person")])
def test_who_cannot_be_woken_is_said_before_and_after(
    act: str, field: str, world: World, sign_in: SignIn, now: object
) -> None:
    incident = lifecycle.acknowledge(make_incident(service=world.service), by=world.ana, at=AT)
    client = sign_in(world.ana)
    assert f'value="{world.bob.email}">Bob Bell, cannot be woken<' in seen(client, incident)
    answer = client.post(f"{incident.path}{act}/", {field: world.bob.email, "reason": "help"}, follow=True)
    assert [(message.level_tag, "Call them" in str(message)) for message in answer.context["messages"]] == [
        ("warning", True)
    ]
    assert "not paged, no way that rings" in answer.content.decode()
    part = client.post(f"{incident.path}page/", {"person": world.bob.email}, headers={"HX-Request": "true"})
    assert 'data-tone="warn"' in part.content.decode()


def test_who_can_be_woken_is_paged(world: World, sign_in: SignIn, now: object) -> None:
    make_method(world.bob)
    incident = make_incident(service=world.service)
    client = sign_in(world.ana)
    assert f'value="{world.bob.email}">Bob Bell<' in seen(client, incident)
    ContactMethod.objects.filter(user=world.bob).update(disabled_at=AT)
    assert f'value="{world.bob.email}">Bob Bell, cannot be woken<' in seen(client, incident)


def test_giving_back_is_for_who_has_it(world: World, sign_in: SignIn, now: object) -> None:
    incident = lifecycle.acknowledge(make_incident(service=world.service), by=world.bob, at=AT)
    ana = sign_in(world.ana)
    assert "Give it back" not in seen(ana, incident)
    assert "Take it from Bob, page again" in seen(ana, incident)
    assert "Give it back" in seen(sign_in(world.bob), incident)
    ana.post(f"{incident.path}unacknowledge/")
    assert "Ana took it from Bob; paging starts again" in words_of(ana, incident)


def test_in_part_says_who_and_offers_back_only_what_is_ones_own(world: World, sign_in: SignIn, now: object) -> None:
    EscalationPolicy.objects.update(acknowledgements=2)
    incident = make_incident(service=world.service)
    incident = answers.acknowledge(incident, by=world.bob, at=AT)
    ana, bob = sign_in(world.ana), sign_in(world.bob)
    assert "1 of 2 acknowledged: Bob. Paging of the others goes on." in words_of(ana, incident)
    assert "Give it back" not in seen(ana, incident)
    assert "1 of 2 acknowledged: you." in words_of(bob, incident)
    assert "Give it back" in seen(bob, incident)
    assert "unless 2 people have acknowledged" in seen(ana, incident)


def test_a_page_that_should_have_left_is_late(world: World, sign_in: SignIn, now: time_machine.Traveller) -> None:
    incident = make_incident(service=world.service)
    client = sign_in(world.bob)
    assert "Late:" not in seen(client, incident)
    now.move_to(AT + timedelta(seconds=16))
    said = words_of(client, incident)
    assert "Late: Ana Ames should have been paged" in said
    assert "unless somebody acknowledges" not in said


def test_when_everybody_was_asked_it_says_so(world: World, sign_in: SignIn, now: time_machine.Traveller) -> None:
    EscalationPolicy.objects.update(repeat=0)
    incident = lifecycle.open_one(Opening("Queue stuck", world.service, "critical"), at=AT)
    at = AT
    while not incident.timeline.filter(kind=Kind.EXHAUSTED).exists():
        work_off(at, "paging")
        incident.refresh_from_db()
        assert incident.page_due_at is not None
        at = incident.page_due_at
    now.move_to(at - timedelta(minutes=1))
    said = words_of(sign_in(world.ana), incident)
    assert "Everybody was asked, and nobody acknowledged. Ada: paged every 15 minutes until somebody does." in said
    assert "Everybody was asked and nobody acknowledged" in said[said.index("Story") :]


def test_quiet_says_by_whom_and_how_to_end_it(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    until = AT + timedelta(minutes=30)
    incident = lifecycle.quiet_until(incident, until=until, because="a deploy runs", by=world.bob, at=AT)
    client = sign_in(world.ana)
    said = words_of(client, incident)
    assert re.search(r"Quiet until [^.]+, by Bob\. a deploy runs", said)
    assert "Bob made it quiet until" in said
    assert "Page now" in said
    assert "Escalate now" not in said
    client.post(f"{incident.path}escalate/")
    incident.refresh_from_db()
    assert incident.silenced_until is None
    assert "Escalate now" in words_of(client, incident)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("failed", "We could not reach Bob by phone call 21211 no such number"),
        ("sent", "No receipt from Bob by phone call 21211 no such number"),
    ],
)
def test_a_way_that_failed_is_told_in_words(state: str, said: str, world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    page = make_page(world.bob, incident)
    sent_at = AT if state == "sent" else None
    row = Delivery.objects.create(page=page, kind="voice", state=state, due_at=AT, attempt=1, sent_at=sent_at)
    go_on(row, incident, "21211 no such number", AT)
    assert said in words_of(sign_in(world.ana), incident)
