"""Presses and slash commands that come back from Slack by signed HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from incidents.models import Incident, Kind, State, TimelineEntry
from paging import asking
from paging.models import ContactMethod, Page
from paging.slack.signed import is_theirs
from paging.slack.telling import tell
from tests.clock import work_off
from tests.factories import AT, make_user
from tests.fakes.slack import SECRET, Posted, Slack, sign
from tests.paging.conftest import World, with_mail, with_slack

ALICE, BOB = "U000ALICE", "U0000BOB"


@pytest.fixture
def now() -> Iterator[Any]:
    """The clock stands at AT."""
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


def paged(world: World, slack: Slack) -> tuple[Incident, Posted]:
    """Alice is paged by Slack."""
    with_slack(world.alice, ALICE)
    incident = world.open()
    work_off(AT, "paging", "sending", "edits")
    return incident, slack.posted[-1]


def test_a_press_acknowledges_and_the_second_says_who_has_it(world: World, slack: Slack, now: Any) -> None:
    incident, posted = paged(world, slack)
    action = posted.action("Acknowledge")
    assert slack.press(ALICE, action).startswith(f"You have {incident.number}")
    assert slack.press(ALICE, action).startswith(f"You have {incident.number} already")
    incident.refresh_from_db()
    assert incident.held_by == world.alice
    assert TimelineEntry.objects.filter(kind=Kind.ACKNOWLEDGED).count() == 1
    work_off(AT, "edits")
    assert posted.words.endswith(f"*You have {incident.number}.*")
    assert posted.labels == ["Resolve", "Escalate"]


def test_whoever_presses_late_hears_who_has_it(world: World, slack: Slack, now: Any) -> None:
    incident, first = paged(world, slack)
    with_slack(world.bob, BOB)
    slack.press(ALICE, first.action("Escalate"))
    work_off(AT, "paging", "sending")
    second = slack.posted[-1]
    assert second.to == BOB
    slack.press(BOB, second.action("Acknowledge"))
    assert slack.press(ALICE, first.action("Acknowledge")) == f"Bob has {incident.number} already."
    work_off(AT, "edits")
    assert first.words.endswith(f"*Bob has {incident.number}.*")


def test_resolve_from_the_message(world: World, slack: Slack, now: Any) -> None:
    incident, posted = paged(world, slack)
    assert slack.press(ALICE, posted.action("Resolve")) == f"{incident.number} is resolved."
    incident.refresh_from_db()
    assert incident.state == State.RESOLVED
    work_off(AT, "edits")
    assert posted.labels == []


def test_a_button_works_for_its_person_alone(world: World, slack: Slack, now: Any) -> None:
    incident, posted = paged(world, slack)
    with_slack(world.bob, BOB)
    action = posted.action("Acknowledge")
    assert "somebody else's" in slack.press(BOB, action)
    assert "/settings/methods/?kind=slack&amp;address=U0STRANGER" in slack.press("U0STRANGER", action)
    assert "somebody else's" in slack.press(ALICE, {**action, "value": action["value"] + "x"})
    incident.refresh_from_db()
    assert incident.held_by is None


def test_a_button_ends_after_a_week_and_with_the_link(world: World, slack: Slack, now: Any) -> None:
    incident, posted = paged(world, slack)
    now.shift(timedelta(days=7, seconds=1))
    assert "too old" in slack.press(ALICE, posted.action("Acknowledge"))
    now.shift(timedelta(days=-7))
    ContactMethod.objects.filter(kind="slack").delete()
    assert "does not know you" in slack.press(ALICE, posted.action("Acknowledge"))
    incident.refresh_from_db()
    assert incident.held_by is None


def test_somebody_is_added_from_the_message(world: World, slack: Slack, now: Any) -> None:
    incident, posted = paged(world, slack)
    with_slack(world.bob, BOB)
    (block, element) = next(one for one in posted.elements if one[1]["type"] == "users_select")
    action = {"type": "users_select", "block_id": block, "action_id": element["action_id"]}
    assert slack.press(ALICE, {**action, "selected_user": BOB}) == f"Bob is paged for {incident.number}."
    assert Page.objects.get(person=world.bob).reason == Page.Reason.ASKED_FOR_HELP
    assert "does not know this person" in slack.press(ALICE, {**action, "selected_user": "U0STRANGER"})


def test_a_test_page_is_answered_and_proves_the_address(world: World, slack: Slack, now: Any) -> None:
    with_slack(world.alice, ALICE)
    page = asking.page_me(world.alice, at=AT)
    work_off(AT, "sending")
    assert slack.press(ALICE, slack.posted[0].action("It rang")).startswith("Good: it rang")
    page.refresh_from_db()
    assert page.acked_at == AT


@pytest.mark.parametrize(
    "payload",
    [
        "[]",
        "7",
        "null",
        '{"type":"block_actions"}',
        '{"actions":[{}],"user":{"id":"U1"}}',
        '{"actions":[7],"user":"x"}',
        '{"actions":[{"action_id":"page:acknowledge","value":"\\u0000"}],"user":{"id":"U1\\u0000"}}',
        '{"actions":[{"action_id":"page:acknowledge","value":{}}],"user":{"id":"U1"},"response_url":7}',
        '{"actions":[{"action_id":"page:acknowledge","value":"a.b.\\ud800"}],"user":{"id":"U1\\ud800"}}',
        '{"actions":[{"action_id":"other:thing","value":"1"}],"user":{"id":"U1"}}',
    ],
)
def test_odd_payloads_change_nothing(slack: Slack, payload: str) -> None:
    assert slack.tell("interactions", {"payload": payload}).status_code == 200


def test_what_is_no_payload_is_refused(slack: Slack) -> None:
    assert slack.tell("interactions", {"payload": "{"}).status_code == 400
    assert slack.tell("interactions", {"other": "1"}).status_code == 400


@pytest.mark.parametrize(
    ("stamp", "signature"),
    [("x", ""), ("", ""), ("1e9", ""), ("٣", ""), ("9" * 40, ""), ("", "v0=ä"), ("", "v0=00"), ("", "v1"), ("-1", "")],
)
def test_a_signature_of_garbage_is_a_no(slack: Slack, client: Client, stamp: str, signature: str) -> None:
    body = b"payload=%7B%7D"
    real = str(int(timezone.now().timestamp()))
    assert not is_theirs(body, stamp or real, signature, at=timezone.now())
    headers = {
        "X-Slack-Request-Timestamp": (stamp or real).encode().decode("latin-1"),
        "X-Slack-Signature": signature or sign(stamp, body),
    }
    kind = "application/x-www-form-urlencoded"
    for door in ("interactions", "commands"):
        response = client.generic("POST", f"/in/slack/{door}/", body, content_type=kind, headers=headers)
        assert response.status_code == 401


def test_only_our_secret_within_five_minutes_over_this_very_body(slack: Slack, settings: Any) -> None:
    stamp, body = str(int(AT.timestamp())), b"text=ack+1"
    good = sign(stamp, body)
    for seconds, fits in ((0, True), (300, True), (-300, True), (301, False), (-301, False)):
        assert is_theirs(body, stamp, good, at=AT + timedelta(seconds=seconds)) is fits
    assert not is_theirs(body + b"2", stamp, good, at=AT)
    assert not is_theirs(body, stamp, sign(stamp, body, "another"), at=AT)
    settings.SLACK_SIGNING_SECRET = ""
    assert not is_theirs(body, stamp, sign(stamp, body, ""), at=AT)
    assert SECRET


def test_answers_go_to_slack_only(slack: Slack) -> None:
    for address in (
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/",
        "https://[",
        "",
        "file:///etc",
    ):
        assert not tell(address, "x")
    assert tell(f"{slack.url}/response/9", "a<b")
    assert slack.answers == ["a&lt;b"]


def test_commands_on_an_incident(world: World, slack: Slack, now: Any) -> None:
    incident, _posted = paged(world, slack)
    number = incident.pk
    assert f"You have {incident.number}" in slack.command(ALICE, f"ack {number}")
    assert slack.command(ALICE, f"note #{number} disk &lt;full&gt; &amp; slow") == f"Noted on {incident.number}."
    assert TimelineEntry.objects.get(kind=Kind.NOTE).text == "disk <full> & slow"
    assert slack.command(ALICE, f"lead INC-{number}") == f"You facilitate {incident.number}."
    with_slack(world.bob, BOB)
    assert slack.command(BOB, f"ack {number}").startswith(f"Alice has {incident.number} already")
    assert slack.command(ALICE, f"page <@{BOB}|bob> {number} the disks") == f"Bob is paged for {incident.number}."
    assert slack.command(ALICE, f"page mia@example.com {number}") == f"Mia is paged for {incident.number}."
    assert "Nobody, or more than one" in slack.command(ALICE, f"page zoe {number}")
    assert slack.command(ALICE, f"resolve {number}") == f"{incident.number} is resolved."
    assert incident.number in slack.command(ALICE, f"ack {number}")


def test_declaring_pages_and_the_same_command_twice_is_one(world: World, slack: Slack, now: Any) -> None:
    with_slack(world.alice, ALICE)
    form = slack.typed(ALICE, "declare critical checkout: Nobody can pay")
    assert "is declared: http" in slack.send(form)
    assert slack.send(form) == "That was done already."
    incident = Incident.objects.get()
    assert (incident.title, incident.severity, incident.service) == ("Nobody can pay", "critical", world.service)
    assert "is declared" in slack.command(ALICE, "declare Something is odd")
    assert Incident.objects.latest("pk").severity == "major"
    assert "Say what hurts" in slack.command(ALICE, "declare critical")
    assert "Say what hurts" in slack.command(ALICE, "declare")


def test_who_has_the_pager(world: World, slack: Slack, now: Any) -> None:
    with_slack(world.alice, ALICE)
    assert slack.command(ALICE, "who") == "payments-primary: Alice"
    assert slack.command(ALICE, "who nothing") == "There is no such schedule."


def test_whom_nobody_knows_is_offered_the_link_and_observers_only_read(world: World, slack: Slack, now: Any) -> None:
    incident = world.open()
    assert "/settings/methods/?kind=slack" in slack.command("U0STRANGER", "who")
    with_slack(make_user("Olga", role="observer"), "U000OLGA1")
    for text in (f"ack {incident.pk}", f"resolve {incident.pk}", f"note {incident.pk} x", f"lead {incident.pk}"):
        assert slack.command("U000OLGA1", text) == "Your role does not allow this."
    assert "Observers" in slack.command("U000OLGA1", "declare x")
    assert "Observers" in slack.command("U000OLGA1", f"page alice@example.com {incident.pk}")
    incident.refresh_from_db()
    assert (incident.held_by, incident.state) == (None, State.TRIAGE)


def test_a_restricted_incident_is_not_there_for_others(world: World, slack: Slack, now: Any) -> None:
    incident = world.open()
    Incident.objects.filter(pk=incident.pk).update(restricted=True)
    with_slack(make_user("Zed"), "U00000ZED")
    assert "not yours to see" in slack.command("U00000ZED", f"ack {incident.pk}")
    assert "not yours to see" in slack.command("U00000ZED", "ack 99999999999999999999")


@pytest.mark.parametrize(
    "text", ["", "help", "ack", "note", "page", "page x", "resolve x", "who \x00", "note 0 x", "dance"]
)
def test_odd_commands_get_a_sentence(world: World, slack: Slack, text: str, now: Any) -> None:
    with_slack(world.alice, ALICE)
    assert slack.command(ALICE, text)


def test_the_link_fills_in_the_form_and_a_code_proves_it(world: World, slack: Slack, client: Client) -> None:
    client.force_login(world.alice)
    page = client.get("/settings/methods/", {"kind": "slack", "address": ALICE}).content.decode()
    assert f'value="{ALICE}"' in page
    assert not ContactMethod.objects.filter(kind="slack").exists()
    client.post("/settings/methods/", {"act": "add", "kind": "slack", "address": "alice@example.com"})
    method = ContactMethod.objects.get(kind="slack")
    assert (method.address, method.verified_at) == (ALICE, None)
    code = next(word for word in slack.posted[0].text.replace(".", " ").split() if word.isdigit())
    client.post("/settings/methods/", {"act": "verify", "method": method.slug, "code": code})
    method.refresh_from_db()
    assert method.usable


def test_the_payload_is_read_as_slack_sends_it(slack: Slack, world: World, now: Any) -> None:
    """More fields than we know are no trouble."""
    with_mail(world.alice, slug="slack", kind="slack", address=ALICE)
    action = {"action_id": "page:acknowledge", "value": "forged", "block_id": "x", "action_ts": "1"}
    body = json.dumps(slack.pressed(ALICE, action) | {"api_app_id": "A1", "state": {"values": {}}})
    assert slack.tell("interactions", {"payload": body}).status_code == 200
    assert "too old" in slack.answers[-1]
