"""Limits of calls and texts: never the first page of an incident held back, the next way instead, and the ledger says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from incidents.models import Kind, TimelineEntry
from paging import answers, asking
from paging.channels import known
from paging.models import ContactMethod, Delivery, PersonalRule
from teams.models import User
from tests.clock import work_off
from tests.factories import AT
from tests.paging.conftest import World
from tests.paging.media import Heard, hears

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Heard]]:
    """What left by phone, text and mail, in order."""
    yield from hears(monkeypatch, known, "voice", "sms", "email")


def ways(person: User, *slugs_and_seconds: tuple[str, int]) -> None:
    """The person is rung by exactly these kinds, so many seconds after the page."""
    person.contact_methods.all().delete()
    for position, (kind, after) in enumerate(slugs_and_seconds):
        method = ContactMethod.objects.create(user=person, slug=kind, kind=kind, address=kind, verified_at=AT)
        PersonalRule.objects.create(user=person, method=method, position=position, after=after)


def at_minute(minute: float) -> datetime:
    """All due work at this minute is done."""
    at = AT + minute * MINUTE
    with time_machine.travel(at, tick=False):
        work_off(at, "paging", "sending")
    return at


def burn(world: World, minute: float) -> None:
    """An incident, paged at this minute and acknowledged half a minute later."""
    incident = world.open(at=AT + minute * MINUTE)
    answers.acknowledge(incident, by=world.alice, at=at_minute(minute) + MINUTE / 2)


def kinds(heard: list[Heard]) -> list[str]:
    """By what it rang, in order."""
    return [one.kind for one in heard]


def test_the_fourth_call_in_a_quarter_of_an_hour_is_a_mail_at_once(world: World, heard: list[Heard]) -> None:
    ways(world.alice, ("voice", 0), ("email", 600))
    for minute in (0, 3, 6):
        burn(world, minute)
    incident = world.open(at=AT + 9 * MINUTE)
    at_minute(9)
    assert kinds(heard) == ["voice", "voice", "voice", "email"]
    assert heard[-1].at == AT + 9 * MINUTE
    told = incident.timeline.get(kind=Kind.NOT_PAGED)
    assert told.data == {
        "why": "throttled",
        "person": "alice@example.com",
        "way": "phone call",
        "most": 3,
        "minutes": 15,
        "instead": "e-mail",
        "until": (AT + 15 * MINUTE).isoformat(),
    }
    waiting = Delivery.objects.get(page__incident=incident, kind="voice")
    assert (waiting.state, waiting.error, waiting.due_at) == ("queued", "throttled", AT + 15 * MINUTE)


def test_what_waits_rings_when_there_is_room_unless_somebody_has_it(world: World, heard: list[Heard]) -> None:
    ways(world.alice, ("voice", 0), ("email", 600))
    world.policy.steps.update(wait=3600)
    for minute in (0, 3, 6):
        burn(world, minute)
    first, second = world.open(at=AT + 9 * MINUTE), world.open(at=AT + 10 * MINUTE)
    at_minute(10)
    answers.acknowledge(first, by=world.bob, at=AT + 11 * MINUTE)
    at_minute(15)
    assert kinds(heard)[-1] == "voice"
    assert heard[-1].incidents == [second.number]


def test_without_another_way_the_first_page_leaves_all_the_same(world: World, heard: list[Heard]) -> None:
    ways(world.alice, ("voice", 0))
    for minute in (0, 3, 6, 9):
        burn(world, minute)
    assert kinds(heard) == ["voice"] * 4
    assert [one.at for one in heard] == [AT + minute * MINUTE for minute in (0, 3, 6, 9)]
    assert not Delivery.objects.filter(error="throttled").exists()


def test_when_every_way_is_busy_the_last_of_them_rings(world: World, heard: list[Heard]) -> None:
    ways(world.alice, ("voice", 0), ("sms", 30))
    for minute in range(12):
        burn(world, minute)
    assert kinds(heard) == ["voice"] * 3 + ["sms"] * 9, "the last way rings beyond its own limit too"
    assert [one.at for one in heard] == [AT + minute * MINUTE for minute in range(12)]


def test_a_later_ring_of_a_page_that_has_left_waits_without_another(world: World, heard: list[Heard]) -> None:
    ways(world.alice, ("email", 0), ("voice", 60))
    world.policy.steps.update(wait=3600)
    for minute in (0, 3, 6):
        world.open(at=AT + minute * MINUTE)
        at_minute(minute)
        at_minute(minute + 1)
    incident = world.open(at=AT + 9 * MINUTE)
    at_minute(9)
    at_minute(10)
    assert kinds(heard) == ["email", "voice"] * 3 + ["email"]
    assert incident.timeline.get(kind=Kind.NOT_PAGED).data["instead"] == ""
    at_minute(16)
    assert (heard[-1].kind, heard[-1].incidents) == ("voice", [incident.number])


def test_a_second_text_within_the_minute_goes_by_another_way(world: World, heard: list[Heard]) -> None:
    ways(world.alice, ("sms", 0), ("email", 300))
    for second in (0, 10, 20):
        world.open(at=AT + second * MINUTE / 60)
        at_minute(second / 60)
    assert kinds(heard) == ["sms", "sms", "email"]
    assert heard[-1].at == AT + MINUTE / 3


def test_a_call_for_help_is_a_first_page_of_its_own(world: World, heard: list[Heard]) -> None:
    ways(world.alice, ("voice", 0), ("email", 600))
    world.policy.steps.update(wait=3600)
    for minute in (0, 3, 6):
        incident = world.open(at=AT + minute * MINUTE)
        at_minute(minute)
    asking.pull_in(incident, person=world.alice, by=world.bob, reason="", at=AT + 7 * MINUTE)
    at_minute(7)
    assert kinds(heard)[3:] == ["email"]


def test_tests_of_ones_own_ways_are_neither_limited_nor_counted(world: World, heard: list[Heard]) -> None:
    ways(world.alice, ("voice", 0))
    for minute in (0, 2, 4, 6):
        asking.page_me(world.alice, at=AT + minute * MINUTE)
        at_minute(minute)
    assert len(heard) == 4
    world.open(at=AT + 8 * MINUTE)
    at_minute(8)
    assert len(heard) == 5
    assert not TimelineEntry.objects.filter(kind=Kind.NOT_PAGED).exists()


def test_a_message_that_never_left_does_not_count(world: World, heard: list[Heard]) -> None:
    ways(world.alice, ("sms", 0))
    world.open()
    at_minute(0)
    world.open(at=AT + MINUTE / 6)
    Heard.fail_next()
    at_minute(1 / 6)
    method = world.alice.contact_methods.get()
    assert method.last_sent_at == AT, "the one before it still holds its slot"


def test_the_proof_says_throttled_and_why(world: World, heard: list[Heard], client: Client) -> None:
    ways(world.alice, ("voice", 0), ("email", 600))
    for minute in (0, 3, 6):
        burn(world, minute)
    incident = world.open(at=AT + 9 * MINUTE)
    at_minute(9)
    client.force_login(world.alice)
    with time_machine.travel(AT + 9 * MINUTE, tick=False):
        said = " ".join(client.get(f"{incident.path}pages/").content.decode().split())
    assert "Alice was called 3 times in 15 min by phone call: e-mail instead, now" in said
    assert "rang too often" in said
