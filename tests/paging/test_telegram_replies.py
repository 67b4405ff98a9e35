"""Presses, codes and words that come back from Telegram by webhook, and chats that are linked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from incidents.models import Incident, Kind, State, TimelineEntry
from paging import asking
from paging.models import ContactMethod
from paging.telegram import linking
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.provider import Reply
from tests.fakes.telegram import BOT, Sent, Telegram, refusal
from tests.paging.conftest import World, only

ALICE, BOB, STRANGER = 70010, 70020, 70099


@pytest.fixture(autouse=True)
def now() -> Iterator[Any]:
    """The clock stands at AT."""
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


def paged(world: World, telegram: Telegram) -> tuple[Incident, Sent]:
    """Alice is paged by Telegram."""
    only(world.alice, "telegram", str(ALICE))
    incident = world.open()
    work_off(AT, "paging", "sending", "edits")
    return incident, telegram.sent[-1]


def test_a_press_acknowledges_and_the_second_says_who_has_it(world: World, telegram: Telegram) -> None:
    incident, sent = paged(world, telegram)
    data = sent.data("Acknowledge")
    assert telegram.press(ALICE, data).startswith(f"You have {incident.number}")
    assert telegram.press(ALICE, data).startswith(f"You have {incident.number} already")
    incident.refresh_from_db()
    assert incident.held_by == world.alice
    assert TimelineEntry.objects.filter(kind=Kind.ACKNOWLEDGED).count() == 1
    work_off(AT, "edits")
    assert sent.words.endswith(f"You have {incident.number}.")
    assert sent.labels == ["Resolve", "Escalate"]


def test_the_same_update_twice_is_one_escalation(world: World, telegram: Telegram) -> None:
    incident, sent = paged(world, telegram)
    update = telegram.pressed(ALICE, sent.data("Escalate"))
    assert "goes on to the next step" in telegram.told(update)
    assert telegram.told(update) == ""
    assert TimelineEntry.objects.filter(kind=Kind.ESCALATE).count() == 1
    assert incident.pk


def test_whoever_presses_late_hears_who_has_it(world: World, telegram: Telegram) -> None:
    incident, first = paged(world, telegram)
    only(world.bob, "telegram", str(BOB))
    telegram.press(ALICE, first.data("Escalate"))
    work_off(AT, "paging", "sending")
    second = telegram.sent[-1]
    assert second.chat == BOB
    telegram.press(BOB, second.data("Acknowledge"))
    assert telegram.press(ALICE, first.data("Acknowledge")) == f"Bob has {incident.number} already."


def test_resolve_and_then_a_late_press(world: World, telegram: Telegram) -> None:
    incident, sent = paged(world, telegram)
    assert telegram.press(ALICE, sent.data("Resolve")) == f"{incident.number} is resolved."
    incident.refresh_from_db()
    assert incident.state == State.RESOLVED
    assert incident.number in telegram.press(ALICE, sent.data("Acknowledge"))
    incident.refresh_from_db()
    assert incident.state == State.RESOLVED


def test_a_button_works_for_its_person_alone(world: World, telegram: Telegram) -> None:
    incident, sent = paged(world, telegram)
    only(world.bob, "telegram", str(BOB))
    data = sent.data("Acknowledge")
    assert "somebody else's" in telegram.press(BOB, data)
    assert f"?kind=telegram&address={STRANGER}" in telegram.press(STRANGER, data)
    assert "somebody else's" in telegram.press(ALICE, data + "x")
    assert "somebody else's" in telegram.press(ALICE, "r" + data[1:])
    incident.refresh_from_db()
    assert incident.held_by is None


def test_a_button_ends_after_a_week_with_the_link_and_with_its_person(
    world: World, telegram: Telegram, now: Any
) -> None:
    incident, sent = paged(world, telegram)
    data = sent.data("Acknowledge")
    now.shift(timedelta(days=7, seconds=1))
    assert "too old" in telegram.press(ALICE, data)
    now.shift(timedelta(days=-7))
    world.alice.is_active = False
    world.alice.save()
    assert "does not know you" in telegram.press(ALICE, data)
    world.alice.is_active = True
    world.alice.save()
    ContactMethod.objects.filter(kind="telegram").delete()
    assert "does not know you" in telegram.press(ALICE, data)
    incident.refresh_from_db()
    assert incident.held_by is None


def test_a_test_page_is_answered_and_proves_the_address(world: World, telegram: Telegram) -> None:
    only(world.alice, "telegram", str(ALICE))
    page = asking.page_me(world.alice, at=AT)
    work_off(AT, "sending")
    assert telegram.press(ALICE, telegram.sent[0].data("It rang")).startswith("Good: it rang")
    page.refresh_from_db()
    assert page.acked_at == AT


def test_words_are_codes_as_in_a_text_message(world: World, telegram: Telegram) -> None:
    incident, _sent = paged(world, telegram)
    assert telegram.write(ALICE, "/start") == "Pages for Alice arrive here."
    old = int((AT - timedelta(minutes=3)).timestamp())
    assert "some time ago" in telegram.write(ALICE, f"{incident.pk}a", date=old)
    assert telegram.write(ALICE, f"{incident.pk}a").startswith(f"You have {incident.number}")
    assert "No page asks you" in telegram.write(ALICE, "hello")


def test_a_stranger_is_offered_the_link_and_then_left_alone(telegram: Telegram) -> None:
    for _again in range(5):
        assert f"?kind=telegram&address={STRANGER}" in telegram.write(STRANGER, "hello")
    assert telegram.write(STRANGER, "hello") == ""


def test_what_is_written_in_a_group_is_not_for_us(world: World, telegram: Telegram) -> None:
    incident, _sent = paged(world, telegram)
    group = {"id": -100123, "type": "supergroup"}
    assert telegram.write(ALICE, f"{incident.pk}a", chat=group) == ""
    code = linking.code_of(world.bob, at=AT)
    assert telegram.write(BOB, f"/start {code}", chat=group) == ""
    assert not ContactMethod.objects.filter(user=world.bob, kind="telegram").exists()


def invited(client: Client) -> str:
    """Press Link Telegram; returns the code."""
    page = client.post("/settings/methods/", {"act": "link"}).content.decode()
    assert f"https://t.me/{BOT}?start=" in page
    assert '<div class="text"><ol><li>' in page, "the steps are numbered"
    return page.partition(f"https://t.me/{BOT}?start=")[2].partition('"')[0]


def test_who_opens_the_link_is_linked(world: World, telegram: Telegram, client: Client) -> None:
    client.force_login(world.alice)
    assert "Link Telegram" in client.get("/settings/methods/").content.decode()
    code = invited(client)
    assert len(code) <= 64
    assert telegram.write(ALICE, f"/start {code}").startswith("Pages for Alice arrive here from now on.")
    method = ContactMethod.objects.get(kind="telegram")
    assert (method.user, method.address, method.usable) == (world.alice, str(ALICE), True)
    assert telegram.write(ALICE, f"/start {code}").startswith("Pages for Alice")
    assert "was used" in telegram.write(BOB, f"/start {code}")
    assert ContactMethod.objects.filter(kind="telegram").count() == 1
    client.post("/settings/methods/", {"act": "test", "method": method.slug})
    work_off(AT, "sending")
    assert telegram.sent[-1].labels == ["It rang"]


def test_linking_again_after_the_bot_was_blocked(world: World, telegram: Telegram, client: Client) -> None:
    method = only(world.alice, "telegram", str(ALICE))
    ContactMethod.objects.filter(pk=method.pk).update(disabled_at=AT, disabled_because="blocked")
    client.force_login(world.alice)
    telegram.write(ALICE, f"/start {invited(client)}")
    method.refresh_from_db()
    assert method.usable


@pytest.mark.parametrize("change", ["late", "forged", "left", "odd", "another"])
def test_a_code_that_is_no_good(world: World, telegram: Telegram, now: Any, change: str) -> None:
    code = linking.code_of(world.alice, at=AT)
    if change == "late":
        now.shift(timedelta(minutes=10, seconds=1))
    if change == "left":
        world.alice.is_active = False
        world.alice.save()
    person, until, mac = code.split("_", 2)
    code = {
        "forged": code[:-1] + ("A" if code[-1] != "A" else "B"),
        "odd": "x_y_z",
        "another": f"{person}1_{until}_{mac}",
    }.get(change, code)
    assert "Take a new one" in telegram.write(ALICE, f"/start {code}")
    assert not ContactMethod.objects.filter(kind="telegram").exists()


def test_nobody_links_for_somebody_else_and_telegram_may_be_away(
    world: World, telegram: Telegram, client: Client
) -> None:
    client.force_login(world.alice)
    telegram.script = [Reply(500)]
    response = client.post("/settings/methods/", {"act": "link"})
    assert response.status_code == 422
    world.alice.role = "admin"
    world.alice.save()
    response = client.post("/settings/methods/?person=bob@example.com", {"act": "link"})
    assert response.status_code == 422
    assert "Link Telegram</button>" not in response.content.decode()


def test_a_number_that_was_typed_is_proved_by_a_code(world: World, telegram: Telegram, client: Client) -> None:
    client.force_login(world.alice)
    page = client.get("/settings/methods/", {"kind": "telegram", "address": str(ALICE)}).content.decode()
    assert f'value="{ALICE}"' in page
    client.post("/settings/methods/", {"act": "add", "kind": "telegram", "address": str(ALICE)})
    method = ContactMethod.objects.get(kind="telegram")
    assert method.verified_at is None
    code = next(word for word in telegram.sent[0].text.replace(".", " ").split() if word.isdigit())
    client.post("/settings/methods/", {"act": "verify", "method": method.slug, "code": code})
    method.refresh_from_db()
    assert method.usable


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"7", b"null", b"{}", b'{"update_id":"1"}', b'{"update_id":true}', b'{"update_id":5}',
        b'{"update_id":6,"callback_query":7}', b'{"update_id":7,"callback_query":{"id":1,"data":2,"from":3}}',
        b'{"update_id":8,"callback_query":{"id":"1","data":"x","from":{"id":"7"}}}',
        b'{"update_id":9,"callback_query":{"id":"1","data":"\\u0000","from":{"id":70010}}}',
        b'{"update_id":10,"callback_query":{"id":"1","data":"a1.b.\\ud800","from":{"id":70010}}}',
        b'{"update_id":11,"message":{"from":{"id":70010},"chat":{"id":70010},"text":{}}}',
        b'{"update_id":12,"message":{"from":{"id":70010},"chat":{"id":70010},"text":"\\u0000/start \\u0000"}}',
        b'{"update_id":13,"message":{"from":{"id":70010},"chat":{"id":70010},"text":"/start \xc3\xa4_1_2"}}',
        b'{"update_id":14,"message":{"from":{"id":99999999999999999999999},"chat":{"id":99999999999999999999999},"text":"a"}}',
        b'{"update_id":15,"message":{"from":{"id":70010},"chat":{"id":70010},"text":"\\ud800"}}',
        b'{"update_id":16,"message":{"from":{"id":70010},"chat":{"id":70010},"text":"/start \\ud800_1_2"}}',
        b'{"update_id":17,"edited_message":{}}',
    ],
)  # fmt: skip
def test_odd_updates_change_nothing(telegram: Telegram, body: bytes) -> None:
    assert telegram.tell(body).status_code == 200


def test_only_with_the_secret_that_telegram_was_given(world: World, telegram: Telegram, settings: Any) -> None:
    incident, sent = paged(world, telegram)
    update = telegram.pressed(ALICE, sent.data("Acknowledge"))
    for secret in ("", "x", "ä".encode().decode("latin-1"), "secret-of-the-test"):
        assert telegram.tell(repr(update).encode(), secret=secret).status_code == 401
    assert telegram.tell(b"{").status_code == 400
    assert telegram.tell(b"\xff").status_code == 400
    assert telegram.tell(b"[" * 200_000).status_code == 400
    settings.TELEGRAM_WEBHOOK_SECRET = ""
    assert telegram.tell(b"{}", secret="").status_code == 401
    incident.refresh_from_db()
    assert incident.held_by is None
    assert refusal(400, "x")
