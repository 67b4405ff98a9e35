"""A policy that asks for two people: paging goes on until two different ones acknowledged."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError
from django.test import Client

from incidents import lifecycle
from incidents.models import Incident, Kind, NotAllowed
from oncall.models import EscalationPolicy
from paging import answers, replies
from paging.models import Delivery, Page
from teams.models import Notice
from tests.clock import work_off
from tests.factories import AT, make_token
from tests.paging.conftest import World, with_mail

pytestmark = pytest.mark.django_db


def minute(number: float) -> datetime:
    """So many minutes after it began."""
    return AT + timedelta(minutes=number)


@pytest.fixture
def two(world: World) -> World:
    """The policy asks for two."""
    EscalationPolicy.objects.update(acknowledgements=2)
    return world


@pytest.fixture
def half(two: World) -> Incident:
    """Alice was paged, and acknowledged after a minute."""
    incident = two.open()
    work_off(AT, "paging")
    return answers.acknowledge(incident, by=two.alice, at=minute(1))


def called() -> list[str]:
    """Who was paged, in order."""
    return [page.person.short_name for page in Page.objects.select_related("person").order_by("pk")]


def test_the_first_is_not_enough_and_the_second_is(two: World, half: Incident) -> None:
    assert (half.held_by, half.acked_by, half.acked_at) == (None, two.alice, minute(1))
    assert half.acks == {"needed": 2, "given": ["alice@example.com"]}
    work_off(minute(5), "paging")
    assert called() == ["Alice", "Bob"]
    done = answers.acknowledge(half, by=two.bob, at=minute(6))
    assert (done.held_by, done.page_due_at) == (two.bob, minute(36))
    assert work_off(minute(20), "paging") == 0
    told = half.timeline.filter(kind=Kind.ACKNOWLEDGED).order_by("pk")
    assert [(line.data["given"], line.data["needed"]) for line in told] == [(1, 2), (2, 2)]


def test_twice_by_the_same_person_is_once(two: World, half: Incident) -> None:
    again = answers.acknowledge(half, by=two.alice, at=minute(2))
    assert (again.held_by, again.acked_in_part) == (None, ["alice@example.com"])
    assert half.timeline.filter(kind=Kind.ACKNOWLEDGED).count() == 1


def test_whoever_acknowledged_is_not_called_again(two: World) -> None:
    with_mail(two.alice, slug="other", address="alice.home@example.com")
    incident = two.open()
    work_off(AT, "paging")
    answers.acknowledge(incident, by=two.alice, at=AT)
    with time_machine.travel(AT, tick=False):
        work_off(AT, "sending")
    assert set(Delivery.objects.values_list("state", "error")) == {("cancelled", "answered")}
    for at in (5, 15, 25):
        work_off(minute(at), "paging")
    assert called() == ["Alice", "Bob", "Bob", "Mia"], "a round that names nobody else is passed at once"


@pytest.mark.parametrize("act", ["taken back", "timed out", "reopened"])
def test_what_begins_anew_asks_for_both_again(two: World, half: Incident, act: str) -> None:
    at = minute(2)
    if act == "taken back":
        lifecycle.unacknowledge(half, by=two.bob, at=at)
    elif act == "timed out":
        answers.acknowledge(half, by=two.bob, at=at)
        at = minute(32)
    else:
        lifecycle.resolve(half, by=two.bob, at=at)
        lifecycle.reopen(half, at=at, by=two.bob)
    work_off(at, "paging")
    half.refresh_from_db()
    assert (half.acks, half.held_by) == (None, None)
    assert called() == ["Alice", "Alice"]


def test_nobody_hears_that_somebody_has_it_before_it_is_so(two: World, half: Incident) -> None:
    work_off(minute(5), "paging")
    work_off(minute(5), "announcing")
    assert not Notice.objects.exists()
    answers.acknowledge(half, by=two.bob, at=minute(6))
    work_off(minute(6), "announcing")
    assert Notice.objects.get().person == two.alice


def test_what_a_run_asks_for_stays_when_the_policy_is_edited(two: World, half: Incident) -> None:
    EscalationPolicy.objects.update(acknowledgements=1)
    lifecycle.unacknowledge(half, by=two.alice, at=minute(2))
    work_off(minute(2), "paging")
    EscalationPolicy.objects.update(acknowledgements=2)
    assert answers.acknowledge(half, by=two.alice, at=minute(3)).held_by == two.alice


def test_when_nobody_has_anything_there_is_nothing_to_take_back(two: World) -> None:
    with pytest.raises(NotAllowed, match="Nobody has"):
        lifecycle.unacknowledge(two.open(), by=two.bob, at=AT)


def test_page_reply_and_api_say_how_many(two: World, half: Incident, client: Client) -> None:
    client.force_login(two.alice)
    with time_machine.travel(minute(2), tick=False):
        said = " ".join(client.get(half.path).content.decode().split())
        assert "1 of 2 acknowledged" in said
        assert "acknowledged: you." in said
        assert "Give it back" in said
        bearer = {"Authorization": f"Bearer {make_token(two.alice)}"}
        data = client.get(f"/api/v1/incidents/{half.number}/", headers=bearer).json()
    assert data["acks"] == {"needed": 2, "given": ["alice@example.com"]}
    third = two.open()
    work_off(minute(2), "paging")
    said = replies.answer(two.alice, third.pk, replies.ACKNOWLEDGE, at=minute(3), via="sms").text
    assert said == f"You acknowledged {third.number}: 1 of 2. Paging of the others goes on."


@pytest.mark.parametrize("number", [0, 6])
def test_between_one_and_five(two: World, number: int) -> None:
    with pytest.raises(IntegrityError):
        EscalationPolicy.objects.update(acknowledgements=number)
