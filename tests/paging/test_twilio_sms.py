"""Text messages against a strict stand-in over HTTP: what is sent, what refusals mean, receipts, and replies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from pytest_django.fixtures import Settings

from incidents import lifecycle
from incidents.models import Incident, Kind
from paging import answers, asking, methods
from paging.channels import twilio_hooks
from paging.models import ContactMethod, Delivery, Page, PersonalRule
from paging.twilio_views import PASSIVE_REPLIES
from teams.models import Notice, Role, User
from tests.clock import work_off
from tests.factories import AT, make_user
from tests.fakes.provider import Reply
from tests.fakes.twilio import Text, Twilio, refusal, sign
from tests.paging.conftest import World, with_mail

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ALICE, BOB = "+447700900001", "+447700900002"
State = Delivery.State


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    """Time stands."""
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


def with_phone(person: User, number: str, kind: str = "sms") -> ContactMethod:
    """The phone rings at once, the mail two minutes later."""
    phone = with_mail(person, slug=kind, kind=kind, address=number)
    PersonalRule.objects.create(user=person, method=phone, position=0, after=0)
    mail = person.contact_methods.get(slug="mail")
    PersonalRule.objects.create(user=person, method=mail, position=1, after=120)
    return phone


def row(kind: str = "sms", email: str = "alice@example.com") -> Delivery:
    """The newest delivery of this kind."""
    return Delivery.objects.filter(kind=kind, page__person__email=email).latest("pk")


def texted(world: World, twilio: Twilio) -> tuple[Incident, Text]:
    """A page to Alice's phone has left."""
    with_phone(world.alice, ALICE)
    incident = world.open()
    work_off(AT, "paging", "sending")
    return incident, twilio.text(ALICE)


def code(incident: Incident, letter: str = "a") -> str:
    """What a person replies."""
    return f"{incident.pk}{letter}"


def test_a_page_by_text_is_acknowledged_by_its_code(world: World, twilio: Twilio) -> None:
    incident, text = texted(world, twilio)
    assert text.body.startswith(f"{incident.number} critical: Queue stuck")
    assert f"Reply {code(incident)}" in text.body
    assert (row().state, row().provider_ref) == (State.SENT, text.sid)
    assert text.tells("sent") == 204
    assert row().state == State.SENT
    assert text.tells("delivered") == 204
    assert row().state == State.DELIVERED
    assert twilio.writes(ALICE, f" {incident.pk} A ") == f"You have {incident.number} until 02:34 UTC."
    incident.refresh_from_db()
    assert incident.held_by == world.alice
    assert incident.timeline.get(kind=Kind.ACKNOWLEDGED).data["via"] == "sms"
    assert Page.objects.get(person=world.alice).acked_at == AT


def test_the_second_who_answers_hears_who_has_it(world: World, twilio: Twilio) -> None:
    incident, _text = texted(world, twilio)
    answers.acknowledge(incident, by=world.bob, at=AT)
    assert twilio.writes(ALICE, code(incident)) == f"Bob has {incident.number} already."
    incident.refresh_from_db()
    assert incident.held_by == world.bob
    assert twilio.writes(ALICE, code(incident, "r")) == f"{incident.number} is resolved."
    assert twilio.writes(ALICE, code(incident)) == f"{incident.number} was resolved by Alice."


def test_resolve_and_escalate_by_code(world: World, twilio: Twilio) -> None:
    incident, _text = texted(world, twilio)
    with_phone(world.bob, BOB)
    assert "next step" in twilio.writes(ALICE, code(incident, "E"))
    work_off(AT, "paging", "sending")
    assert twilio.text(BOB).body.startswith(incident.number)
    assert twilio.writes(BOB, f"{incident.number}r") == f"{incident.number} is resolved."
    incident.refresh_from_db()
    assert not incident.is_open
    assert incident.timeline.get(kind=Kind.RESOLVED).by == world.bob


def test_a_reply_delivered_twice_is_one_reply(world: World, twilio: Twilio) -> None:
    incident, _text = texted(world, twilio)
    assert "next step" in twilio.writes(ALICE, code(incident, "e"), sid="SM1")
    assert twilio.writes(ALICE, code(incident, "e"), sid="SM1") == ""
    assert incident.timeline.filter(kind=Kind.ESCALATE).count() == 1


def test_a_lone_a_is_clear_when_one_page_asks(world: World, twilio: Twilio) -> None:
    incident, _text = texted(world, twilio)
    assert twilio.writes(ALICE, "Ack") == f"You have {incident.number} until 02:34 UTC."
    assert twilio.writes(ALICE, "a") == "No page asks you now. Reply to a page with the code that it names."


def test_a_lone_a_is_not_clear_when_two_pages_ask(world: World, twilio: Twilio) -> None:
    first, _text = texted(world, twilio)
    second = world.open(title="Disk full")
    work_off(AT, "paging")
    said = twilio.writes(ALICE, "a")
    assert said.startswith(f"Reply {first.pk}a {second.pk}a to acknowledge")
    assert f"You have {first.number}" in twilio.writes(ALICE, f"{first.pk}a {second.pk}a")
    assert set(Incident.objects.values_list("held_by", flat=True)) == {world.alice.pk}


def test_only_who_was_paged_may_answer(world: World, twilio: Twilio) -> None:
    incident, _text = texted(world, twilio)
    with_phone(world.bob, BOB)
    assert twilio.writes(BOB, code(incident)) == f"No page to you is about {incident.number}, so nothing was changed."
    assert "No page to you" in twilio.writes(ALICE, "999999999r")
    world.alice.is_active = False
    world.alice.save()
    assert "not known here" in twilio.writes(ALICE, code(incident))
    incident.refresh_from_db()
    assert not incident.is_held


def test_words_of_the_provider_get_no_reaction(world: World, twilio: Twilio) -> None:
    incident, _text = texted(world, twilio)
    for word in ("STOP", "end", "Quit", "cancel", "unsubscribe"):
        assert twilio.writes(ALICE, word) == ""
    incident.refresh_from_db()
    assert not incident.is_held


def test_strangers_get_few_answers(world: World, twilio: Twilio) -> None:
    said = [twilio.writes("+15557654321", f"hello {turn}") for turn in range(PASSIVE_REPLIES + 3)]
    assert [bool(one) for one in said] == [True] * PASSIVE_REPLIES + [False] * 3
    assert twilio.writes("+15557654322", "hello"), "another number has its own count"


def test_an_act_is_confirmed_however_much_was_said_before(world: World, twilio: Twilio) -> None:
    incident, _text = texted(world, twilio)
    for turn in range(PASSIVE_REPLIES + 1):
        twilio.writes(ALICE, f"I am driving {turn}")
    assert "You have" in twilio.writes(ALICE, code(incident))


def test_any_reply_to_a_test_says_that_it_rang(world: World, twilio: Twilio) -> None:
    with_phone(world.alice, ALICE)
    page = asking.page_me(world.alice, at=AT)
    work_off(AT, "sending")
    assert "Reply 0a" in twilio.text(ALICE).body
    assert twilio.writes(ALICE, "yes I hear you") == "Good: it rang. Pages reach you here."
    page.refresh_from_db()
    assert page.acked_at == AT
    assert twilio.writes(ALICE, "0a") == "No test page waits for an answer."


def test_a_number_that_nobody_proved_can_do_one_thing(world: World, twilio: Twilio) -> None:
    phone = with_phone(world.alice, "+44 7700 900001")
    incident = world.open()
    work_off(AT, "paging", "sending")
    twilio.text(ALICE)
    ContactMethod.objects.filter(pk=phone.pk).update(verified_at=None, last_sent_at=None)
    assert "not known here" in twilio.writes(ALICE, code(incident))
    phone.refresh_from_db()
    methods.ring_unproven(phone, at=AT)
    work_off(AT, "sending")
    twilio.text(ALICE)
    assert twilio.writes(ALICE, "ok") == "Good: it rang. Pages reach you here."
    phone.refresh_from_db()
    assert phone.verified_at == AT


def test_a_phone_of_several_people_speaks_for_who_was_asked(world: World, twilio: Twilio) -> None:
    with_phone(world.bob, ALICE)
    incident, _text = texted(world, twilio)
    assert "You have" in twilio.writes(ALICE, code(incident))
    incident.refresh_from_db()
    assert incident.held_by == world.alice


def test_a_bundle_names_each_number(world: World, twilio: Twilio, now: time_machine.Traveller) -> None:
    _first, _text = texted(world, twilio)
    second, third = world.open(title="Disk full"), world.open(title="Late", severity="major")
    work_off(AT, "paging", "sending")
    now.shift(MINUTE)
    work_off(AT + MINUTE, "sending")
    body = twilio.text(ALICE).body
    assert body.startswith(f"2 incidents. {second.number} critical: Disk full")
    assert third.number in body


# What the provider refuses


@pytest.mark.parametrize(
    ("number", "words"), [("+15005550001", "21211"), ("+15005550004", "21610"), ("+15005550009", "21614")]
)
def test_a_number_of_no_use_is_switched_off(number: str, words: str, world: World, twilio: Twilio) -> None:
    phone = with_phone(world.alice, number)
    world.open()
    work_off(AT, "paging", "sending")
    phone.refresh_from_db()
    assert phone.disabled_at == AT
    assert phone.disabled_because.startswith(words)
    assert number not in row().error
    assert row("email").state == State.SENT, "the next method rings now"
    assert "cannot wake you" in Notice.objects.get(person=world.alice).subject


def test_slow_down_is_heard(world: World, twilio: Twilio) -> None:
    with_phone(world.alice, ALICE)
    twilio.script.append(refusal(429, Retry_After="120"))
    world.open()
    work_off(AT, "paging", "sending")
    assert (row().state, row().due_at) == (State.QUEUED, AT + 120 * SECOND)
    assert row("email").state == State.SENT
    work_off(AT + 120 * SECOND, "sending")
    assert row().state == State.SENT
    twilio.text(ALICE)


@pytest.mark.parametrize("trouble", [refusal(500), refusal(503), Reply(hang=True), Reply(201, b"<html>")])
def test_trouble_passes(trouble: Reply, world: World, twilio: Twilio) -> None:
    with_phone(world.alice, ALICE)
    twilio.script.append(trouble)
    world.open()
    work_off(AT, "paging", "sending")
    assert (row().state, row().due_at, row("email").state) == (State.QUEUED, AT + 5 * SECOND, State.SENT)
    work_off(AT + 5 * SECOND, "sending")
    assert row().state == State.SENT
    for _copy in range(len(twilio.made)):  # an answer that was lost: at most one extra
        twilio.text(ALICE)


def test_slow_drips_end_in_time(world: World, twilio: Twilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foundation.egress.http.call.__kwdefaults__", {**_defaults(), "limit": 0.3})
    with_phone(world.alice, ALICE)
    twilio.script.append(Reply(drip=True))
    world.open()
    with time_machine.travel(AT, tick=True):
        work_off(AT, "paging", "sending")
    assert row().state == State.QUEUED
    assert "No answer within" in row().error
    twilio.text(ALICE)


def _defaults() -> dict[str, object]:
    from foundation.egress import http

    return dict(http.call.__kwdefaults__ or {})


def test_a_refused_account_is_for_the_administrators(world: World, twilio: Twilio, settings: Settings) -> None:
    root = make_user("Root", role=Role.ADMIN)
    settings.TWILIO_AUTH_TOKEN = "an-old-one"
    phone = with_phone(world.alice, ALICE)
    world.open()
    work_off(AT, "paging", "sending")
    assert Notice.objects.filter(person=root, subject__contains="refuses our account").count() == 1
    phone.refresh_from_db()
    assert phone.disabled_at is None
    assert row().error.startswith("20003")


def test_a_number_of_ours_that_is_none_is_for_the_administrators(
    world: World, twilio: Twilio, settings: Settings
) -> None:
    root = make_user("Root", role=Role.ADMIN)
    settings.TWILIO_FROM = "+15550000000"
    with_phone(world.alice, ALICE)
    world.open()
    work_off(AT, "paging", "sending")
    assert Notice.objects.filter(person=root).exists()


def test_without_an_account_it_is_no_medium(world: World) -> None:
    with_phone(world.alice, ALICE)
    world.open()
    work_off(AT, "paging", "sending")
    assert not Delivery.objects.filter(kind="sms").exists()


# What became of it


def test_callbacks_doubled_and_late(world: World, twilio: Twilio) -> None:
    _incident, text = texted(world, twilio)
    assert [text.tells(status) for status in ("delivered", "delivered", "sent")] == [204, 204, 204]
    assert row().state == State.DELIVERED


def test_a_lost_callback_is_asked_for(world: World, twilio: Twilio) -> None:
    _incident, text = texted(world, twilio)
    text.becomes("delivered")
    work_off(AT + MINUTE, "receipts")
    assert row().state == State.DELIVERED


def test_a_phone_out_of_reach_is_tried_again_and_the_next_method_rings(
    world: World, twilio: Twilio, now: time_machine.Traveller
) -> None:
    _incident, text = texted(world, twilio)
    text.tells("undelivered", error=30003)
    assert (row().state, row().due_at, row("email").due_at) == (State.QUEUED, AT + 5 * SECOND, AT)
    assert "out of reach" in row().error
    now.shift(MINUTE)
    work_off(AT + MINUTE, "sending")
    again = twilio.text(ALICE)
    assert (row().state, row().provider_ref) == (State.SENT, again.sid)
    assert text.tells("delivered") == 204
    assert row().state == State.SENT, "a receipt of the first says nothing about the second"


def test_a_landline_is_switched_off_by_its_receipt(world: World, twilio: Twilio) -> None:
    _incident, text = texted(world, twilio)
    text.tells("undelivered", error=30006)
    phone = ContactMethod.objects.get(kind="sms")
    assert (row().state, phone.disabled_at) == (State.FAILED, AT)


def test_all_down_then_the_next_step_rings(world: World, twilio: Twilio) -> None:
    world.alice.contact_methods.all().delete()
    with_mail(world.alice, slug="sms", kind="sms", address=ALICE)
    with_phone(world.bob, BOB)
    twilio.script.append(refusal(500))
    world.open()
    work_off(AT, "paging", "sending")
    twilio.text(BOB)


# Who calls us


def status_address(world: World, twilio: Twilio) -> tuple[str, dict[str, str]]:
    """A callback address and a form for it."""
    _incident, text = texted(world, twilio)
    return text.callback, {"MessageSid": text.sid, "MessageStatus": "delivered"}


@pytest.mark.parametrize("signature", ["", "garbage", "é", "=" * 5000, "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_what_is_not_signed_is_refused(signature: str, world: World, twilio: Twilio) -> None:
    address, form = status_address(world, twilio)
    assert twilio.post(address, form, signature=signature)[0] == 403
    assert row().state == State.SENT
    sms = f"{twilio.public}/in/twilio/sms/"
    assert twilio.post(sms, {"From": ALICE, "Body": "a"}, signature=signature)[0] == 403


def test_a_signature_of_another_address_or_form_is_refused(world: World, twilio: Twilio) -> None:
    address, form = status_address(world, twilio)
    other = sign(address.replace("pager.example.com", "testserver"), form)
    assert twilio.post(address, form, signature=other)[0] == 403
    assert twilio.post(address, {**form, "MessageStatus": "failed"}, signature=sign(address, form))[0] == 403
    assert twilio.post(address, form, signature=sign(address, form, "another-token"))[0] == 403
    assert twilio.post(f"{address}?x=1", form)[0] == 204, "the query is signed with it"


def test_an_old_address_is_refused_even_when_signed(world: World, twilio: Twilio, now: time_machine.Traveller) -> None:
    address, form = status_address(world, twilio)
    now.shift(twilio_hooks.LIFE["status"] + SECOND)
    assert twilio.post(address, form)[0] == 410
    now.shift(-twilio_hooks.LIFE["status"])
    assert twilio.post(f"{twilio.public}/in/twilio/status/forged/", form)[0] == 410
    assert twilio.post(address.replace("/status/", "/voice/"), form)[0] == 410, "it is no key to the call"
    assert row().state == State.SENT


def test_odd_words_of_the_provider_change_nothing(world: World, twilio: Twilio) -> None:
    address, form = status_address(world, twilio)
    for odd in ({}, {"MessageStatus": "dancing"}, {"MessageStatus": ""}):
        assert twilio.post(address, {"MessageSid": form["MessageSid"], **odd})[0] == 204
    odd_codes = {**form, "MessageStatus": "sent", "ErrorCode": "x" * 50, "SequenceNumber": "9" * 50}
    assert twilio.post(address, odd_codes)[0] == 204
    assert row().state == State.SENT


@pytest.mark.parametrize(
    ("ours", "provider", "public"),
    [
        ("https://pager.example.com", "https://api.twilio.com", True),
        ("http://203.0.114.7:8000", "https://api.twilio.com", True),
        ("http://127.0.0.1:8000", "https://api.twilio.com", False),
        ("http://localhost:8000", "http://127.0.0.1:9000", False),
        ("http://[::1]:8000", "https://api.twilio.com", False),
        ("http://10.0.0.7:8000", "https://api.twilio.com", False),
        ("https://pager.corp.internal", "https://api.twilio.com", False),
        ("http://web:8000", "http://fake:9000", True),
    ],
)
def test_who_can_be_called_back(ours: str, provider: str, public: bool, settings: Settings) -> None:
    settings.SHARPEND_URL, settings.TWILIO_BASE_URL = ours, provider
    assert twilio_hooks.public() == public


def test_without_a_public_address_nothing_is_called_back(world: World, twilio: Twilio, settings: Settings) -> None:
    settings.SHARPEND_URL = "http://127.0.0.1:8000"
    _incident, text = texted(world, twilio)
    assert text.callback == ""
    text.becomes("delivered")
    work_off(AT + MINUTE, "receipts")
    assert row().state == State.DELIVERED


def test_help_is_noted_and_whoever_has_it_keeps_it(world: World, twilio: Twilio) -> None:
    with_phone(world.bob, BOB)
    incident = world.open()
    answers.acknowledge(incident, by=world.alice, at=AT)
    asking.pull_in(incident, person=world.bob, by=world.alice, reason="the database", at=AT)
    work_off(AT, "sending")
    twilio.text(BOB)
    assert twilio.writes(BOB, code(incident)) == f"Noted: you help with {incident.number}. Alice has it."
    assert Page.objects.get(person=world.bob).acked_at == AT
    assert lifecycle.acknowledge(incident, by=world.alice, at=AT).held_by == world.alice
