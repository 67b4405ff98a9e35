"""Phone calls against a strict stand-in: what is heard, what keys do, and what an answer without a key does not do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from pytest_django.fixtures import Settings

from incidents.models import Incident, Kind
from paging import answers, asking, methods
from paging.models import ContactMethod, Delivery, Page
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.twilio import Call, Twilio
from tests.paging.conftest import World, with_mail

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ALICE = "+447700900001"
State = Delivery.State


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    """Time stands."""
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


def phone_of(world: World) -> ContactMethod:
    """Alice is called first, and mailed two minutes later."""
    phone = with_mail(world.alice, slug="phone", kind="voice", address=ALICE)
    world.alice.personal_rules.create(method=phone, position=0, after=0)
    world.alice.personal_rules.create(method=world.alice.contact_methods.get(slug="mail"), position=1, after=120)
    return phone


def rung(world: World, twilio: Twilio, title: str = "Queue stuck") -> tuple[Incident, Call]:
    """Alice's phone rings."""
    phone_of(world)
    incident = world.open(title=title)
    work_off(AT, "paging", "sending")
    return incident, twilio.ring(ALICE)


def row(kind: str = "voice") -> Delivery:
    """Alice's newest delivery of this kind."""
    return Delivery.objects.filter(kind=kind, page__person__email="alice@example.com").latest("pk")


def test_it_says_what_and_why_twice_and_a_key_acknowledges(world: World, twilio: Twilio) -> None:
    incident, call = rung(world, twilio)
    assert call.twiml == ""
    heard = call.answer()
    assert heard.count(f"Incident {incident.pk}, critical: Queue stuck.") == 2
    assert heard.count("Why you: ") == 2
    assert heard.count("Press 1 to acknowledge, 2 to escalate, 3 to resolve, 4 to hear it again.") == 2
    assert row().state == State.DELIVERED
    assert call.press("1") == f"You have incident {incident.pk} until 02:34 UTC. Goodbye."
    assert call.over
    incident.refresh_from_db()
    assert incident.held_by == world.alice
    assert incident.timeline.get(kind=Kind.ACKNOWLEDGED).data["via"] == "voice"
    call.hang_up()
    assert row().state == State.READ, "the end of the call takes nothing back"


def test_an_answer_without_a_key_acknowledges_nothing(world: World, twilio: Twilio) -> None:
    incident, call = rung(world, twilio)
    call.answer()  # a voicemail does as much
    assert "nothing is acknowledged" in call.wait()
    call.hang_up()
    incident.refresh_from_db()
    assert not incident.is_held
    assert row().state == State.DELIVERED
    assert Page.objects.get(person=world.alice).acked_at is None


@pytest.mark.parametrize("end", ["busy", "no-answer", "failed", "canceled"])
def test_a_call_that_nobody_takes_rings_the_next_method_now(end: str, world: World, twilio: Twilio) -> None:
    _incident, call = rung(world, twilio)
    call.tells("initiated", sequence=0)
    call.tells("ringing", sequence=1)
    assert row().state == State.SENT
    call.tells(end, sequence=2)
    assert (row().state, row().error) == (State.FAILED, end)
    assert row("email").due_at == AT


def test_callbacks_count_by_their_number(world: World, twilio: Twilio) -> None:
    _incident, call = rung(world, twilio)
    call.tells("completed", sequence=3)
    call.tells("busy", sequence=1)
    assert row().state == State.DELIVERED


def test_escalate_resolve_and_again(world: World, twilio: Twilio) -> None:
    incident, call = rung(world, twilio)
    first = call.answer()
    assert call.press("4") == first
    assert "This key does nothing here." in call.press("9")
    assert "#" not in call.press("#")
    assert "next step" in call.press("2")
    assert incident.timeline.filter(kind=Kind.ESCALATE).count() == 1
    assert call.over


def test_resolve(world: World, twilio: Twilio) -> None:
    incident, call = rung(world, twilio)
    call.answer()
    assert call.press("3") == f"incident {incident.pk} is resolved. Goodbye."
    incident.refresh_from_db()
    assert not incident.is_open


def test_a_key_delivered_twice_is_one_key(world: World, twilio: Twilio) -> None:
    incident, call = rung(world, twilio)
    call.answer()
    gather = call.gather
    call.press("2")
    call.gather = gather
    assert "done already" in call.press("2")
    assert incident.timeline.filter(kind=Kind.ESCALATE).count() == 1


def test_who_answers_late_hears_who_has_it(world: World, twilio: Twilio) -> None:
    incident, call = rung(world, twilio)
    answers.acknowledge(incident, by=world.bob, at=AT)
    assert call.answer() == f"Bob has incident {incident.pk} already. Goodbye."
    assert call.over


def test_who_presses_late_hears_who_has_it(world: World, twilio: Twilio) -> None:
    incident, call = rung(world, twilio)
    call.answer()
    answers.acknowledge(incident, by=world.bob, at=AT)
    assert call.press("1") == f"Bob has incident {incident.pk} already. Goodbye."
    incident.refresh_from_db()
    assert incident.held_by == world.bob


def test_titles_are_words_and_never_markup(world: World, twilio: Twilio) -> None:
    _incident, call = rung(world, twilio, title='</Say><Hangup/><Play url="x">&\x0b]]> & more')
    assert '</Say><Hangup/><Play url="x">&' in call.answer()


def test_a_bundle_is_acknowledged_as_a_whole(world: World, twilio: Twilio, now: time_machine.Traveller) -> None:
    _incident, first = rung(world, twilio)
    others = [world.open(title=f"Disk {number}") for number in range(6)]
    work_off(AT, "paging", "sending")
    now.shift(MINUTE)
    work_off(AT + MINUTE, "sending")
    call = twilio.ring(ALICE)
    heard = call.answer()
    assert "6 incidents. The worst first." in heard
    assert "Disk 2" in heard
    assert "Disk 3" not in heard
    assert f"Also incidents {others[3].pk}, {others[4].pk}, {others[5].pk}." in heard
    assert "This key does nothing here." in call.press("3"), "nobody resolves six incidents by one key"
    assert call.press("1") == "Done for 6 of 6 incidents. Goodbye."
    assert Incident.objects.filter(held_by=world.alice).count() == 6
    assert not first.over


def test_a_test_call(world: World, twilio: Twilio) -> None:
    phone = phone_of(world)
    ContactMethod.objects.filter(pk=phone.pk).update(verified_at=None)
    phone.refresh_from_db()
    page = methods.ring_unproven(phone, at=AT)
    work_off(AT, "sending")
    call = twilio.ring(ALICE)
    assert "Nothing burns" in call.answer()
    assert call.press("1") == "Good: it rang. Pages reach you here. Goodbye."
    page.refresh_from_db()
    phone.refresh_from_db()
    assert (page.acked_at, phone.verified_at) == (AT, AT)


def test_pulled_in_by_phone(world: World, twilio: Twilio) -> None:
    phone = with_mail(world.bob, slug="phone", kind="voice", address="+447700900002")
    incident = world.open()
    answers.acknowledge(incident, by=world.alice, at=AT)
    asking.pull_in(incident, person=world.bob, by=world.alice, reason="the database", at=AT)
    work_off(AT, "sending")
    call = twilio.ring(phone.address)
    assert "Alice asks for your help: the database" in call.answer()
    assert "you help with" in call.press("1")


# Without a public address


def test_without_a_public_address_the_words_go_along_and_keys_come_to_us_from_near(
    world: World, twilio: Twilio, settings: Settings
) -> None:
    settings.SHARPEND_URL = twilio.public = "http://127.0.0.1:8000"
    incident, call = rung(world, twilio)
    assert (call.url, call.callback) == ("", "")
    assert "Queue stuck" in call.answer()
    assert f"You have incident {incident.pk}" in call.press("1")
    assert row().state == State.READ


def test_where_keys_cannot_arrive_the_call_says_so(
    world: World, twilio: Twilio, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SHARPEND_URL = "http://127.0.0.1:8000"
    monkeypatch.setattr("paging.channels.twilio_hooks.near", lambda: False)
    _incident, call = rung(world, twilio)
    assert "cannot take keys" in call.answer()
    assert call.gather is None
    call.becomes("completed")
    work_off(AT + MINUTE, "receipts")
    assert row().state == State.DELIVERED


def test_a_call_that_nobody_took_is_found_by_asking(world: World, twilio: Twilio, settings: Settings) -> None:
    settings.SHARPEND_URL = "http://127.0.0.1:8000"
    _incident, call = rung(world, twilio)
    call.becomes("no-answer")
    work_off(AT + MINUTE, "receipts")
    assert (row().state, row("email").due_at) == (State.FAILED, AT + MINUTE)


@pytest.mark.parametrize("number", ["+15005550001", "+15005550002"])
def test_a_number_that_cannot_be_called_is_switched_off(number: str, world: World, twilio: Twilio) -> None:
    phone = phone_of(world)
    ContactMethod.objects.filter(pk=phone.pk).update(address=number)
    world.open()
    work_off(AT, "paging", "sending")
    phone.refresh_from_db()
    assert (phone.disabled_at, row("email").state) == (AT, State.SENT)


def test_an_old_call_is_over(world: World, twilio: Twilio, now: time_machine.Traveller) -> None:
    incident, call = rung(world, twilio)
    call.answer()
    now.shift(timedelta(hours=1, seconds=1))
    assert call.gather is not None
    assert twilio.post(call.gather.get("action", ""), {"CallSid": call.sid, "Digits": "1"})[0] == 410
    incident.refresh_from_db()
    assert not incident.is_held
