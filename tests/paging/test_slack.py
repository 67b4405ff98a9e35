"""Pages by Slack: what is said, what a refusal means, and one message that stays true."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from pytest_django.fixtures import Settings

from incidents import lifecycle
from paging import answers
from paging.channels import slack as medium
from paging.channels.base import SendFailed
from paging.channels.known import available, clean, provable
from paging.models import ContactMethod, Delivery, LiveMessage
from teams.models import Notice
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.provider import Reply
from tests.fakes.slack import Slack
from tests.fakes.slack_words import refusal
from tests.paging.conftest import World, with_slack
from tests.paging.media import message

ALICE, BOB = "U000ALICE", "U0000BOB"
State = Delivery.State


def rang(world: World, slack: Slack, at: object = AT) -> None:
    """Everything of paging that is due at AT."""
    with time_machine.travel(AT, tick=False):
        work_off(AT, "paging", "sending")


def test_a_page_says_what_why_and_what_can_be_done(slack: Slack) -> None:
    assert medium.Slack().send(ALICE, message("Queue stuck")) == "D000ALICE:1700000000.000001"
    (posted,) = slack.posted
    assert posted.text == "[INC-1] critical: Queue stuck"
    assert posted.words.startswith("*<http://testserver/p/1/|INC-1> critical: Queue stuck*\nCheckout, since")
    assert "pager of A" in posted.words
    assert posted.labels == ["Acknowledge", "Resolve", "Escalate"]


def test_the_text_of_an_alert_calls_nobody_and_hides_no_link(slack: Slack) -> None:
    medium.Slack().send(ALICE, message("<!channel> <@U0000BOB> @here @EVERYONE a<b&c <https://evil.example|log in>"))
    assert "&lt;!channel&gt; &lt;@U0000BOB&gt; @\u200bhere @\u200bEVERYONE a&lt;b&amp;c" in slack.posted[0].words
    assert "&lt;!channel&gt;" in slack.posted[0].text


def test_a_long_bundle_fits(slack: Slack) -> None:
    medium.Slack().send(ALICE, message(*["ä&" * 150] * 40, repeat=True))
    (posted,) = slack.posted
    assert "And 25 more" in posted.words
    assert "(repeat" in posted.words
    assert posted.labels.count("Acknowledge") == 15


def test_a_test_page_has_one_button(slack: Slack) -> None:
    medium.Slack().send(ALICE, message("", reason="test"))
    assert slack.posted[0].labels == ["It rang"]


def test_a_page_whose_blocks_are_refused_still_wakes(slack: Slack) -> None:
    slack.script = [refusal("invalid_blocks")]
    medium.Slack().send(ALICE, message("Queue stuck"))
    assert slack.posted[0].blocks == []
    assert "Queue stuck" in slack.posted[0].text


@pytest.mark.parametrize(
    ("reply", "permanent", "administrators", "switch_off", "wait"),
    [
        (refusal("ratelimited", 429, Retry_After="7"), False, False, False, 7.0),
        (Reply(500), False, False, False, None),
        (Reply(503, b"<html>"), False, False, False, None),
        (Reply(200, b"<html>"), False, False, False, None),
        (Reply(hang=True), False, False, False, None),
        (Reply(404), True, False, False, None),
        (refusal("internal_error"), False, False, False, None),
        (refusal("invalid_auth"), True, True, False, None),
        (refusal("account_inactive"), True, True, False, None),
        (refusal("missing_scope"), True, True, False, None),
        (refusal("channel_not_found"), True, False, True, None),
        (refusal("user_not_found"), True, False, True, None),
        (refusal("msg_too_long"), True, False, False, None),
    ],
)
def test_what_slack_refuses(
    slack: Slack, reply: Reply, permanent: bool, administrators: bool, switch_off: bool, wait: float | None
) -> None:
    slack.script = [reply]
    with pytest.raises(SendFailed) as failed:
        medium.Slack().send(ALICE, message("x"))
    told = failed.value
    assert (told.permanent, told.administrators, told.switch_off, told.retry_after) == (
        permanent,
        administrators,
        switch_off,
        wait,
    )


def test_an_answer_that_drips_ends_in_time(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paging.channels.slack_api.LIMIT", 0.3)
    slack.script = [Reply(drip=True)]
    with pytest.raises(SendFailed) as failed:
        medium.Slack().send(ALICE, message("x"))
    assert not failed.value.permanent


def test_an_address_is_a_member_or_an_email_that_slack_knows(slack: Slack) -> None:
    assert clean("slack", " u000alice ") == ALICE
    assert clean("slack", "bob@example.com") == BOB
    with pytest.raises(ValueError, match="knows nobody"):
        clean("slack", "stranger@example.com")
    with pytest.raises(ValueError, match="member ID"):
        clean("slack", "#general")
    slack.script = [Reply(500)]
    with pytest.raises(ValueError, match="500"):
        clean("slack", "bob@example.com")


def test_slack_is_there_only_with_its_token(slack: Slack, settings: Settings) -> None:
    assert "slack" in available()
    assert "slack" in provable()
    settings.SLACK_BOT_TOKEN = ""
    assert "slack" not in available()


def test_one_message_says_who_has_it_and_that_it_is_over(world: World, slack: Slack) -> None:
    with_slack(world.alice, ALICE)
    incident = world.open()
    rang(world, slack)
    assert Delivery.objects.get().provider_ref == "D000ALICE:1700000000.000001"
    work_off(AT, "edits")
    (posted,) = slack.posted
    assert posted.edits == 0
    later = AT + timedelta(minutes=1)
    answers.acknowledge(incident, by=world.bob, at=later)
    work_off(later, "edits")
    assert "Bob" in posted.words.splitlines()[-1]
    assert posted.labels == ["Resolve", "Escalate"]
    incident.refresh_from_db()
    lifecycle.resolve(incident, by=world.bob, at=later)
    work_off(later, "edits")
    assert posted.words.endswith(f"*{incident.number} is resolved.*")
    assert (posted.labels, posted.edits, len(slack.posted)) == ([], 2, 1)
    assert not LiveMessage.objects.exists()


def test_a_bundle_keeps_what_is_over_beside_what_is_not(world: World, slack: Slack) -> None:
    with_slack(world.alice, ALICE)
    first, second = world.open(title="Queue stuck"), world.open(title="Disk full")
    rang(world, slack)
    rows = LiveMessage.objects.values_list("reference", flat=True)
    assert (len(rows), len(set(rows))) == (2, 1)
    lifecycle.resolve(first, by=world.alice, at=AT)
    work_off(AT, "edits")
    second.refresh_from_db()
    answers.acknowledge(second, by=world.bob, at=AT)
    work_off(AT, "edits")
    words = slack.posted[0].words
    assert f"{first.number} is resolved." in words
    assert f"has {second.number}." in words


def test_an_edit_that_fails_is_tried_again_and_delays_nothing(world: World, slack: Slack) -> None:
    with_slack(world.alice, ALICE)
    incident = world.open()
    rang(world, slack)
    work_off(AT, "edits")
    answers.acknowledge(incident, by=world.alice, at=AT)
    slack.script = [refusal("ratelimited", 429, Retry_After="20")]
    work_off(AT, "edits")
    assert slack.posted[0].edits == 0
    work_off(AT + timedelta(seconds=19), "edits")
    assert slack.posted[0].edits == 0
    work_off(AT + timedelta(seconds=20), "edits")
    assert slack.posted[0].edits == 1
    assert Delivery.objects.get().state == State.SENT
    assert not Notice.objects.filter(subject__contains="Slack").exists()


def test_edits_end_when_slack_stays_away(world: World, slack: Slack) -> None:
    with_slack(world.alice, ALICE)
    incident = world.open()
    rang(world, slack)
    answers.acknowledge(incident, by=world.alice, at=AT)
    slack.script = [Reply(500)] * 5
    for minute in range(40):
        work_off(AT + timedelta(minutes=minute), "edits")
    assert slack.script == []
    assert slack.posted[0].edits == 0


def test_a_member_who_is_gone_is_passed_over(world: World, slack: Slack) -> None:
    with_slack(world.alice, "U0STRANGER")
    world.open()
    rang(world, slack)
    assert ContactMethod.objects.get(kind="slack").disabled_at == AT
    assert Delivery.objects.filter(page__person=world.bob, state=State.SENT).exists()
    assert not LiveMessage.objects.exists()


def test_a_token_that_is_refused_is_told_to_the_administrators(world: World, slack: Slack, settings: Settings) -> None:
    settings.SLACK_BOT_TOKEN = "xoxb-wrong"
    with_slack(world.alice, ALICE)
    world.mia.role = "admin"
    world.mia.save()
    world.open()
    rang(world, slack)
    assert Notice.objects.get(person=world.mia, subject__contains="refuses our account")
    assert ContactMethod.objects.get(kind="slack").disabled_at is None
