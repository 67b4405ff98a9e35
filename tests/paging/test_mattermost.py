"""Pages by Mattermost, their buttons, and one message that stays true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django.fixtures import Settings

from incidents.models import Incident, Kind, State, TimelineEntry
from paging import answers, asking
from paging.channels import mattermost as medium
from paging.channels import mattermost_api
from paging.channels.base import SendFailed
from paging.channels.known import clean, provable
from paging.models import ContactMethod, Delivery, LiveMessage
from teams.models import Notice
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.mattermost import Mattermost, Post, refusal
from tests.fakes.provider import Reply
from tests.paging.conftest import World, only
from tests.paging.media import message

ALICE, BOB = "a" * 26, "b" * 26


@pytest.fixture(autouse=True)
def now() -> Iterator[Any]:
    """The clock stands at AT."""
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


def paged(world: World, mattermost: Mattermost) -> tuple[Incident, Post]:
    """Alice is paged by Mattermost."""
    only(world.alice, "mattermost", ALICE)
    incident = world.open()
    work_off(AT, "paging", "sending", "edits")
    return incident, mattermost.posts[-1]


def test_a_page_says_what_why_and_what_can_be_done(mattermost: Mattermost) -> None:
    assert medium.Mattermost().send(ALICE, message("Queue stuck")) == mattermost.posts[0].name
    (post,) = mattermost.posts
    assert post.words.startswith("\\[INC-1\\] critical: Queue stuck\n**[INC-1](http://testserver/p/1/) critical: Queue")
    assert "pager of A" in post.words
    assert post.labels == ["Acknowledge", "Resolve", "Escalate"]
    medium.Mattermost().send(ALICE, message("Another"))
    assert [one.path for one in mattermost.received].count("/api/v4/channels/direct") == 1


def test_the_text_of_an_alert_calls_nobody_and_hides_no_link(mattermost: Mattermost) -> None:
    medium.Mattermost().send(
        ALICE, message("@channel @All @here ![x](http://e/p.png) [log in](https://evil.example) `*_")
    )
    words = mattermost.posts[0].words
    assert "@\u200bchannel @\u200bAll @\u200bhere" in words
    assert "\\[log in\\](https://evil.example) \\`\\*\\_" in words


def test_a_long_bundle_fits(mattermost: Mattermost) -> None:
    medium.Mattermost().send(ALICE, message(*["ä*" * 150] * 40, repeat=True))
    (post,) = mattermost.posts
    assert "And 25 more" in post.words
    assert "(repeat" in post.words
    assert post.labels.count("Acknowledge") == 15


@pytest.mark.parametrize(
    ("reply", "permanent", "administrators", "switch_off", "wait"),
    [
        (refusal(429, "api.x", X_RateLimit_Reset="7"), False, False, False, 7.0),
        (Reply(429, b"limit exceeded", {"Retry-After": "8"}), False, False, False, 8.0),
        (Reply(500), False, False, False, None),
        (Reply(200, b"<html>"), False, False, False, None),
        (Reply(hang=True), False, False, False, None),
        (refusal(401, "api.context.session_expired.app_error"), True, True, False, None),
        (refusal(403, "api.context.permissions.app_error"), True, True, False, None),
        (Reply(404, b"<html>"), True, True, False, None),
        (refusal(404, "app.channel.get.existing.app_error"), True, False, True, None),
        (refusal(400, "api.post.create_post.x"), True, False, False, None),
    ],
)
def test_what_mattermost_refuses(
    mattermost: Mattermost, reply: Reply, permanent: bool, administrators: bool, switch_off: bool, wait: float | None
) -> None:
    medium.Mattermost().say(ALICE, "hello")
    mattermost.script = [reply]
    with pytest.raises(SendFailed) as failed:
        medium.Mattermost().send(ALICE, message("x"))
    told = failed.value
    seen = (told.permanent, told.administrators, told.switch_off, told.retry_after)
    assert seen == (permanent, administrators, switch_off, wait)


def test_an_answer_that_drips_ends_in_time(mattermost: Mattermost, monkeypatch: pytest.MonkeyPatch) -> None:
    medium.Mattermost().say(ALICE, "hello")
    monkeypatch.setattr(mattermost_api, "LIMIT", 0.3)
    mattermost.script = [Reply(drip=True)]
    with pytest.raises(SendFailed) as failed:
        medium.Mattermost().send(ALICE, message("x"))
    assert not failed.value.permanent


def test_an_address_is_a_user_that_mattermost_knows(mattermost: Mattermost, settings: Settings) -> None:
    assert "mattermost" in provable()
    assert clean("mattermost", ALICE) == ALICE
    assert clean("mattermost", " @Bob ") == BOB
    assert clean("mattermost", "alice@example.com") == ALICE
    for typed in ("zoe", "zoe@example.com"):
        with pytest.raises(ValueError, match="knows nobody"):
            clean("mattermost", typed)
    for typed in ("", "@", "a b", "../x"):
        with pytest.raises(ValueError, match="user name"):
            clean("mattermost", typed)
    with pytest.raises(SendFailed) as failed:
        medium.Mattermost().send("../x", message("x"))
    assert failed.value.switch_off
    settings.MATTERMOST_TOKEN = ""
    assert "mattermost" not in provable()


def test_a_press_acknowledges_and_the_message_says_so_at_once(world: World, mattermost: Mattermost) -> None:
    incident, post = paged(world, mattermost)
    context = post.context("Acknowledge")
    assert mattermost.press(ALICE, post, "Acknowledge").startswith(f"You have {incident.number}")
    assert post.labels == ["Resolve", "Escalate"]
    assert post.words.endswith(f"**You have {incident.number}.**")
    assert "already" in mattermost.send(ALICE, post, context)
    incident.refresh_from_db()
    assert incident.held_by == world.alice
    assert TimelineEntry.objects.filter(kind=Kind.ACKNOWLEDGED).count() == 1


def test_the_message_says_who_else_has_it_and_that_it_is_over(world: World, mattermost: Mattermost) -> None:
    incident, post = paged(world, mattermost)
    answers.acknowledge(incident, by=world.bob, at=AT)
    work_off(AT, "edits")
    assert "Bob has" in post.words
    assert mattermost.press(ALICE, post, "Resolve") == f"{incident.number} is resolved."
    work_off(AT, "edits")
    incident.refresh_from_db()
    assert (incident.state, post.labels, len(mattermost.posts)) == (State.RESOLVED, [], 1)
    assert not LiveMessage.objects.exists()


def test_whoever_presses_late_hears_who_has_it(world: World, mattermost: Mattermost) -> None:
    incident, post = paged(world, mattermost)
    answers.acknowledge(incident, by=world.bob, at=AT)
    assert mattermost.press(ALICE, post, "Acknowledge") == f"Bob has {incident.number} already."


def test_an_edit_of_a_post_that_is_gone_or_too_old_is_done(world: World, mattermost: Mattermost) -> None:
    medium.Mattermost().say(ALICE, "hello")
    name = mattermost.posts[0].name
    medium.Mattermost().edit(ALICE, "x" * 26, message("x"), {})
    medium.Mattermost().edit(ALICE, "", message("x"), {})
    mattermost.script = [refusal(400, "api.post.update_post.permissions_time_limit.app_error"), Reply(500)]
    medium.Mattermost().edit(ALICE, name, message("x"), {})
    with pytest.raises(SendFailed):
        medium.Mattermost().edit(ALICE, name, message("x"), {})


def test_a_button_works_for_its_person_alone(world: World, mattermost: Mattermost) -> None:
    incident, post = paged(world, mattermost)
    only(world.bob, "mattermost", BOB)
    context = post.context("Acknowledge")
    for user, given in (
        (BOB, context),
        ("", context),
        (ALICE, {"token": context["token"] + "x"}),
        (ALICE, {"token": "r" + context["token"][1:]}),
        (ALICE, {}),
    ):
        body = json.dumps(mattermost.pressed(user, post.name, given)).encode()
        assert mattermost.tell(body).status_code == 401
    incident.refresh_from_db()
    assert incident.held_by is None


def test_a_button_ends_after_a_week_with_the_link_and_with_its_person(
    world: World, mattermost: Mattermost, now: Any
) -> None:
    incident, post = paged(world, mattermost)
    now.shift(timedelta(days=7, seconds=1))
    assert "too old" in mattermost.press(ALICE, post, "Acknowledge")
    now.shift(timedelta(days=-7))
    world.alice.is_active = False
    world.alice.save()
    assert "too old" in mattermost.press(ALICE, post, "Acknowledge")
    world.alice.is_active = True
    world.alice.save()
    ContactMethod.objects.filter(kind="mattermost").delete()
    assert "too old" in mattermost.press(ALICE, post, "Acknowledge")
    incident.refresh_from_db()
    assert incident.held_by is None


def test_a_test_page_is_answered_and_proves_the_address(world: World, mattermost: Mattermost) -> None:
    only(world.alice, "mattermost", ALICE)
    page = asking.page_me(world.alice, at=AT)
    work_off(AT, "sending")
    post = mattermost.posts[0]
    assert post.labels == ["It rang"]
    assert mattermost.press(ALICE, post, "It rang").startswith("Good: it rang")
    page.refresh_from_db()
    assert page.acked_at == AT


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"\xff", 400), (b"[" * 200_000, 400), (b"[]", 401), (b"null", 401), (b"7", 401),
        (b'{"context":7,"user_id":{}}', 401), (b'{"context":{"token":"\\ud800.a.b"},"user_id":"\\ud800"}', 401),
        (b'{"context":{"token":"\\u0000"},"user_id":"\\u0000"}', 401), (b'{"context":{"token":[]},"user_id":"a"}', 401),
    ],
)  # fmt: skip
def test_garbage_is_refused(mattermost: Mattermost, body: bytes, status: int) -> None:
    assert mattermost.tell(body).status_code == status


def test_a_user_name_is_proved_by_a_code(world: World, mattermost: Mattermost, client: Client) -> None:
    client.force_login(world.alice)
    client.post("/settings/methods/", {"act": "add", "kind": "mattermost", "address": "@alice"})
    method = ContactMethod.objects.get(kind="mattermost")
    assert (method.address, method.verified_at) == (ALICE, None)
    code = next(word for word in mattermost.posts[0].message.replace(".", " ").split() if word.isdigit())
    client.post("/settings/methods/", {"act": "verify", "method": method.slug, "code": code})
    method.refresh_from_db()
    assert method.usable


def test_a_user_who_is_gone_is_switched_off_and_the_next_step_rings(world: World, mattermost: Mattermost) -> None:
    only(world.alice, "mattermost", "z" * 26)
    world.open()
    work_off(AT, "paging", "sending")
    assert ContactMethod.objects.get(kind="mattermost").disabled_at == AT
    assert Delivery.objects.filter(page__person=world.bob, state="sent").exists()


def test_a_token_that_is_refused_is_told_to_the_administrators(
    world: World, mattermost: Mattermost, settings: Settings
) -> None:
    settings.MATTERMOST_TOKEN = "wrong"
    only(world.alice, "mattermost", ALICE)
    world.mia.role = "admin"
    world.mia.save()
    world.open()
    work_off(AT, "paging", "sending")
    assert Notice.objects.get(person=world.mia, subject__contains="refuses our account")
