"""Pages by Matrix, the reactions and codes that answer them, and one message that stays true."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from config.supervisor import Up
from incidents.models import Incident, Kind, State, TimelineEntry
from paging import answers, asking, long_polls
from paging.channels import matrix as medium
from paging.channels import matrix_api
from paging.channels.base import SendFailed
from paging.channels.known import clean, provable
from paging.channels.matrix_text import meaning
from paging.matrix import syncing
from paging.matrix.events import Event
from paging.models import ContactMethod, Delivery, LiveMessage
from teams.models import Notice
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.matrix import Matrix, Said, refusal
from tests.fakes.provider import Reply
from tests.paging.conftest import World, only
from tests.paging.media import message

ALICE, BOB = "@alice:example.org", "@bob:example.org"


@pytest.fixture(autouse=True)
def now(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The clock stands at AT."""
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


def paged(world: World, matrix: Matrix, *titles: str) -> tuple[Incident, Said]:
    """Alice is paged by Matrix; somebody has asked for what is new before."""
    only(world.alice, "matrix", ALICE)
    incidents = [world.open(title=title) for title in titles or ("Queue stuck",)]
    work_off(AT, "paging", "sending", "edits")
    syncing.ask()
    return incidents[0], matrix.said[-1]


def told(matrix: Matrix) -> str:
    """What the next /sync brings is taken; the words that are said then."""
    before = len(matrix.said)
    syncing.ask()
    return " ".join(one.words for one in matrix.said[before:])


def test_a_page_says_what_why_and_what_can_be_done(matrix: Matrix) -> None:
    reference = medium.Matrix().send(ALICE, message("Queue stuck"))
    (said,) = matrix.said
    assert reference == f"{said.room} {said.name}"
    assert said.words.startswith("[INC-1] critical: Queue stuck\nCheckout, since")
    assert "pager of A" in said.words
    assert "http://testserver/p/1/" in said.words
    assert "👍 acknowledges, ✅ resolves, ⏫ asks" in said.words
    assert said.content["m.mentions"] == {"user_ids": [ALICE]}
    assert matrix.rooms == {said.room: [ALICE]}


def test_a_person_has_one_room_for_good(matrix: Matrix) -> None:
    medium.Matrix().say(ALICE, "one")
    medium.Matrix().say(ALICE, "two")
    medium.Matrix().say(BOB, "three")
    cache.clear()
    medium.Matrix().say(ALICE, "four")
    assert [one.room for one in matrix.said] == [matrix.said[0].room] * 2 + [matrix.said[2].room, matrix.said[0].room]
    assert len(matrix.rooms) == 2


def test_a_room_in_which_we_are_no_longer_gets_a_successor(matrix: Matrix) -> None:
    medium.Matrix().say(ALICE, "one")
    del matrix.rooms[matrix.said[0].room]
    matrix.rooms["!other:example.org"] = []
    medium.Matrix().send(ALICE, message("x"))
    assert matrix.rooms[matrix.said[1].room] == [ALICE]


def test_the_same_page_again_after_a_crash_is_one_message(matrix: Matrix) -> None:
    first = medium.Matrix().send(ALICE, message("x"))
    assert medium.Matrix().send(ALICE, message("x", repeat=True)) == first
    assert len(matrix.said) == 1


def test_the_text_of_an_alert_stays_text_and_calls_nobody(matrix: Matrix) -> None:
    medium.Matrix().send(ALICE, message("@room @ROOM <a href='https://evil.example'>log in</a> & <img src=x>"))
    said = matrix.said[0]
    assert "@\u200broom @\u200bROOM <a href=" in said.words
    assert "&lt;img src=x&gt;" in said.content["formatted_body"]


def test_a_long_bundle_fits(matrix: Matrix) -> None:
    medium.Matrix().send(ALICE, message(*["ä&" * 150] * 40, repeat=True))
    words = matrix.said[0].words
    assert "And 25 more" in words
    assert "(repeat" in words
    assert "write a code such as 1a" in words


@pytest.mark.parametrize(
    ("reply", "permanent", "administrators", "wait"),
    [
        (refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=7000), False, False, 7.0),
        (Reply(429, b"", {"Retry-After": "8"}), False, False, 8.0),
        (Reply(500), False, False, None),
        (Reply(200, b"<html>"), False, False, None),
        (Reply(hang=True), False, False, None),
        (refusal(401, "M_UNKNOWN_TOKEN"), True, True, None),
        (refusal(403, "M_USER_DEACTIVATED"), True, True, None),
        (refusal(404, "M_UNRECOGNIZED"), True, True, None),
        (Reply(404, b"<html>"), True, True, None),
        (refusal(400, "M_BAD_JSON"), True, False, None),
    ],
)
def test_what_matrix_refuses(
    matrix: Matrix, reply: Reply, permanent: bool, administrators: bool, wait: float | None
) -> None:
    medium.Matrix().say(ALICE, "hello")
    matrix.script = [reply]
    with pytest.raises(SendFailed) as failed:
        medium.Matrix().send(ALICE, message("x"))
    told = failed.value
    assert (told.permanent, told.administrators, told.retry_after) == (permanent, administrators, wait)


def test_an_answer_that_drips_ends_in_time(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix_api, "LIMIT", 0.3)
    matrix.script = [Reply(drip=True)]
    with pytest.raises(SendFailed) as failed:
        medium.Matrix().send(ALICE, message("x"))
    assert not failed.value.permanent


def test_an_address_is_a_user_id(matrix: Matrix, settings: Settings) -> None:
    assert "matrix" in provable()
    assert clean("matrix", f" {ALICE} ") == ALICE
    for typed in ("", "alice", "@alice", "!room:example.org", "@a b:c", "@a:" + "x" * 300):
        with pytest.raises(ValueError, match="Matrix ID"):
            clean("matrix", typed)
    with pytest.raises(SendFailed) as failed:
        medium.Matrix().send("!room:example.org", message("x"))
    assert failed.value.switch_off
    settings.MATRIX_TOKEN = ""
    assert "matrix" not in provable()


@pytest.mark.parametrize(
    ("sign", "act"),
    [("👍", "acknowledge"), ("👍🏽", "acknowledge"), ("✅", "resolve"), ("✔️", "resolve"), ("⏫", "escalate"), ("❤️", "")],
)  # fmt: skip
def test_what_a_reaction_means(sign: str, act: str) -> None:
    assert meaning(sign) == act


def test_a_reaction_acknowledges_and_the_second_says_who_has_it(world: World, matrix: Matrix) -> None:
    incident, said = paged(world, matrix)
    matrix.react(said, ALICE, "👍🏻")
    assert told(matrix).startswith(f"You have {incident.number}")
    matrix.react(said, ALICE, "👍")
    assert "already" in told(matrix)
    incident.refresh_from_db()
    assert incident.held_by == world.alice
    assert TimelineEntry.objects.filter(kind=Kind.ACKNOWLEDGED).count() == 1
    work_off(AT, "edits")
    assert f"You have {incident.number}." in said.words
    assert "👍" not in said.words
    assert said.edits[-1]["m.mentions"] == {}


def test_whoever_reacts_late_hears_who_has_it_and_that_it_is_over(world: World, matrix: Matrix) -> None:
    incident, said = paged(world, matrix)
    answers.acknowledge(incident, by=world.bob, at=AT)
    matrix.react(said, ALICE, "👍")
    assert told(matrix) == f"Bob has {incident.number} already."
    matrix.react(said, ALICE, "✅")
    assert told(matrix) == f"{incident.number} is resolved."
    work_off(AT, "edits")
    incident.refresh_from_db()
    assert incident.state == State.RESOLVED
    assert f"{incident.number} is resolved." in said.words
    assert not LiveMessage.objects.exists()


def test_the_same_event_twice_is_one_escalation(world: World, matrix: Matrix) -> None:
    _incident, said = paged(world, matrix)
    event = matrix.react(said, ALICE, "⏫")
    assert "goes on to the next step" in told(matrix)
    matrix.waiting.append((said.room, event))
    assert told(matrix) == ""
    assert TimelineEntry.objects.filter(kind=Kind.ESCALATE).count() == 1


def test_a_reaction_to_a_bundle_acknowledges_all_of_it(world: World, matrix: Matrix) -> None:
    incident, said = paged(world, matrix, "Queue stuck", "Disk full")
    matrix.react(said, ALICE, "✅")
    assert "names several incidents" in told(matrix)
    matrix.react(said, ALICE, "👍")
    told(matrix)
    assert Incident.objects.filter(held_by=world.alice).count() == 2
    matrix.write(said.room, ALICE, f"{incident.pk}r")
    assert told(matrix) == f"{incident.number} is resolved."


def test_a_reaction_works_for_its_person_alone(world: World, matrix: Matrix, now: Any) -> None:
    incident, said = paged(world, matrix)
    only(world.bob, "matrix", BOB)
    matrix.react(said, BOB, "👍")
    matrix.react(said, "@stranger:example.org", "👍")
    matrix.react(Said("!elsewhere:example.org", said.name, {}), ALICE, "👍")
    assert told(matrix) == ""
    world.alice.is_active = False
    world.alice.save()
    matrix.react(said, ALICE, "👍")
    assert told(matrix) == ""
    world.alice.is_active = True
    world.alice.save()
    now.shift(timedelta(days=7, seconds=1))
    matrix.react(said, ALICE, "👍")
    assert told(matrix) == ""
    incident.refresh_from_db()
    assert incident.held_by is None


def test_a_reaction_that_waited_is_asked_again(world: World, matrix: Matrix, now: Any) -> None:
    incident, said = paged(world, matrix)
    matrix.react(said, ALICE, "👍")
    matrix.write(said.room, ALICE, f"{incident.pk}a")
    now.shift(timedelta(minutes=3))
    answer = told(matrix)
    assert "Still yours? React once more" in answer
    assert "some time ago" in answer
    incident.refresh_from_db()
    assert incident.held_by is None


def test_old_stories_are_not_taken_at_the_first_start(world: World, matrix: Matrix, now: Any) -> None:
    only(world.alice, "matrix", ALICE)
    world.open()
    work_off(AT, "paging", "sending")
    matrix.react(matrix.said[0], ALICE, "👍")
    now.shift(timedelta(minutes=3))
    assert told(matrix) == ""


def test_a_test_page_is_answered_and_proves_the_address(world: World, matrix: Matrix) -> None:
    only(world.alice, "matrix", ALICE)
    page = asking.page_me(world.alice, at=AT)
    work_off(AT, "sending")
    syncing.ask()
    matrix.react(matrix.said[0], ALICE, "👍")
    assert told(matrix).startswith("Good: it rang")
    page.refresh_from_db()
    assert page.acked_at == AT


def test_a_stranger_is_offered_the_link_and_then_left_alone(matrix: Matrix) -> None:
    matrix.rooms["!r:example.org"] = []
    syncing.ask()
    for _again in range(5):
        matrix.write("!r:example.org", "@zed:example.org", "hello")
        assert "?kind=matrix&address=%40zed%3Aexample.org" in told(matrix)
    matrix.write("!r:example.org", "@zed:example.org", "hello")
    assert told(matrix) == ""


def test_who_leaves_the_room_hears_that_nothing_arrives_there(world: World, matrix: Matrix) -> None:
    _incident, said = paged(world, matrix)
    matrix.do("!elsewhere:example.org", ALICE, "m.room.member", {"membership": "leave"}, state_key=ALICE)
    matrix.do(said.room, ALICE, "m.room.member", {"membership": "join"}, state_key=ALICE)
    told(matrix)
    method = ContactMethod.objects.get(kind="matrix")
    assert method.usable
    matrix.do(said.room, ALICE, "m.room.member", {"membership": "leave"}, state_key=ALICE)
    told(matrix)
    method.refresh_from_db()
    assert not method.usable
    assert Notice.objects.get(person=world.alice, subject__contains="cannot wake you any more")
    assert matrix.direct == {}


@pytest.mark.parametrize(
    "event",
    [
        7, None, {}, {"event_id": 1}, {"event_id": "$1", "sender": ALICE, "origin_server_ts": 10**30, "content": {}},
        {"event_id": "$2", "sender": ALICE, "origin_server_ts": 1, "content": []},
        {"event_id": "\ud800", "sender": ALICE, "origin_server_ts": 10**13, "type": "m.reaction", "content": {"m.relates_to": 7}},
        {"event_id": "$4", "sender": "\x00\ud800", "origin_server_ts": 10**13, "type": "m.room.message",
         "content": {"msgtype": "m.text", "body": "\ud800\x00"}},
        {"event_id": "$5", "sender": ALICE, "origin_server_ts": 10**13, "type": "m.reaction",
         "content": {"m.relates_to": {"rel_type": "m.annotation", "key": "👍", "event_id": {}}}},
    ],
)  # fmt: skip
def test_odd_events_change_nothing(matrix: Matrix, event: Any) -> None:
    if found := Event.of("!r:example.org", event):
        syncing.take_one(found)
    assert all("Sharp End does not know you" in one.words for one in matrix.said)


@pytest.mark.parametrize("body", [b"{}", b'{"rooms":7}', b'{"rooms":{"join":[]}}', b'{"rooms":{"join":{"!r":7}}}'])
def test_odd_answers_to_sync_do_no_harm(matrix: Matrix, body: bytes) -> None:
    matrix_api.me()
    matrix.script = [Reply(200, body)]
    syncing.ask()


def test_a_user_id_is_proved_by_a_code(world: World, matrix: Matrix, client: Client) -> None:
    client.force_login(world.alice)
    client.post("/settings/methods/", {"act": "add", "kind": "matrix", "address": ALICE})
    method = ContactMethod.objects.get(kind="matrix")
    assert (method.address, method.verified_at) == (ALICE, None)
    code = next(word for word in matrix.said[0].words.replace(".", " ").split() if word.isdigit())
    client.post("/settings/methods/", {"act": "verify", "method": method.slug, "code": code})
    method.refresh_from_db()
    assert method.usable


def test_a_token_that_is_refused_is_told_to_the_administrators(
    world: World, matrix: Matrix, settings: Settings
) -> None:
    settings.MATRIX_TOKEN = "wrong"
    only(world.alice, "matrix", ALICE)
    world.mia.role = "admin"
    world.mia.save()
    world.open()
    work_off(AT, "paging", "sending")
    assert Notice.objects.get(person=world.mia, subject__contains="refuses our account")
    assert Delivery.objects.filter(page__person=world.bob, state="sent").exists()


@pytest.mark.django_db(transaction=True)
def test_the_role_goes_on_after_the_server_was_away(
    world: World, matrix: Matrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident, said = paged(world, matrix)
    monkeypatch.setattr(long_polls, "LONGEST_WAIT", 0.02)
    matrix.script = [Reply(502), Reply(hang=True)]
    matrix.react(said, ALICE, "👍")
    stopping = threading.Event()
    thread = threading.Thread(target=syncing.run, args=(stopping,), daemon=True)
    thread.start()
    try:
        assert matrix.asked_for.wait(20)
    finally:
        stopping.set()
        thread.join(20)
    incident.refresh_from_db()
    assert incident.held_by == world.alice


def test_the_role_says_what_is_missing_and_up_starts_it_where_it_is_asked_for(settings: Settings) -> None:
    settings.MATRIX_TOKEN = ""
    with pytest.raises(CommandError, match="MATRIX_TOKEN"):
        call_command("matrix")
    up = Up.__new__(Up)
    up.environ = {"MATRIX_URL": "https://m.example.org"}
    assert up._asked_for() == []
    up.environ |= {"MATRIX_TOKEN": "x"}
    assert up._asked_for() == ["matrix"]
