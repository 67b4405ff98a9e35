"""The whole way over real HTTP in both directions: our server, the stand-in, and callbacks that overtake answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.core.cache import cache
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from incidents import lifecycle
from incidents.models import Incident, Kind
from paging.models import Delivery
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.twilio import Twilio, by_http
from tests.paging.conftest import World, point_at, with_mail
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
ALICE, BOB = "+447700900001", "+447700900002"
State = Delivery.State


@pytest.fixture
def live(live_server: LiveServer, settings: Settings) -> Iterator[Twilio]:
    """Our server behind a public name, and the provider that calls it."""
    cache.clear()
    public = "https://pager.example.com"
    settings.ALLOWED_HOSTS = ["pager.example.com"]
    with Twilio(by_http(live_server.url, public), public=public) as there, time_machine.travel(AT, tick=False):
        point_at(there, settings)
        yield there


def row() -> Delivery:
    """Alice's delivery."""
    return Delivery.objects.get(page__person__email="alice@example.com")


def paged(world: World, kind: str) -> None:
    """Alice has this method alone, and is paged."""
    world.alice.contact_methods.all().delete()
    with_mail(world.alice, slug=kind, kind=kind, address=ALICE)
    world.open()
    work_off(AT, "paging", "sending")


def test_a_text_and_its_reply(world: World, live: Twilio) -> None:
    paged(world, "sms")
    text = live.text(ALICE)
    assert text.tells("delivered") == 204
    assert "You have INC-" in live.writes(ALICE, "a")
    assert row().state == State.DELIVERED
    assert row().page.acked_at == AT


def test_a_call_and_its_key(world: World, live: Twilio) -> None:
    paged(world, "voice")
    call = live.ring(ALICE)
    assert "Queue stuck" in call.answer()
    assert "You have incident" in call.press("1")
    call.hang_up()
    assert (row().state, row().page.acked_at) == (State.READ, AT)


def test_a_receipt_that_overtakes_the_answer(world: World, live: Twilio) -> None:
    live.early = lambda made: made.tells("delivered")
    paged(world, "sms")
    text = live.text(ALICE)
    assert (row().state, row().provider_ref, row().receipt_due_at) == (State.DELIVERED, text.sid, None)
    assert row().attempts.get().outcome == "sent"


def test_an_early_word_that_it_is_on_its_way_is_no_receipt(world: World, live: Twilio) -> None:
    live.early = lambda made: made.tells("queued")
    paged(world, "sms")
    text = live.text(ALICE)
    assert (row().state, row().receipt_due_at) == (State.SENT, AT + timedelta(minutes=1))
    text.becomes("delivered")
    work_off(AT + timedelta(minutes=1), "receipts")
    assert row().state == State.DELIVERED


def test_a_phone_that_is_answered_before_we_know_that_it_rings(world: World, live: Twilio) -> None:
    heard: list[str] = []

    def at_once(made: object) -> None:
        call = live.ring(ALICE)
        heard.extend([call.answer(), call.press("1")])

    live.early = at_once
    paged(world, "voice")
    assert "You have incident" in heard[1]
    assert row().state == State.READ


def test_two_who_answer_at_the_same_moment(world: World, live: Twilio) -> None:
    for person, number in ((world.alice, ALICE), (world.bob, BOB)):
        with_mail(person, slug="sms", kind="sms", address=number)
        person.contact_methods.filter(kind="email").delete()
    incident = world.open()
    work_off(AT, "paging", "sending")
    lifecycle.escalate(incident, by=world.mia, at=AT)
    work_off(AT, "paging", "sending")
    live.text(ALICE)
    live.text(BOB)
    said = together(*(partial(live.writes, number, f"{incident.pk}a") for number in (ALICE, BOB)))
    incident.refresh_from_db()
    assert incident.held_by is not None
    assert sorted(map(str, said)) == sorted(
        [
            f"You have {incident.number} until 02:34 UTC.",
            f"{incident.held_by.short_name} has {incident.number} already.",
        ]
    )
    assert incident.timeline.filter(kind=Kind.ACKNOWLEDGED).count() == 1


def test_one_reply_delivered_twice_at_the_same_moment(world: World, live: Twilio) -> None:
    paged(world, "sms")
    live.text(ALICE)
    incident = Incident.objects.get()
    said = together(*[partial(live.writes, ALICE, f"{incident.pk}e", sid="SM" + "7" * 32)] * 2)
    assert sorted(bool(one) for one in said) == [False, True], said
    assert incident.timeline.filter(kind=Kind.ESCALATE).count() == 1
