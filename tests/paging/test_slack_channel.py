"""A channel in Slack for an incident: made once, kept true, its people invited, archived at the end; pages never wait for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from incidents import command, lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident, Kind
from paging.channels import slack_api
from paging.channels.base import SendFailed
from paging.incident_channels import IncidentChannel
from paging.models import Page
from paging.slack import channels
from teams.models import Notice, Role
from tests.clock import work_off
from tests.factories import AT, make_user
from tests.fakes.provider import Reply
from tests.fakes.slack import Slack
from tests.fakes.slack_rooms import Room
from tests.fakes.slack_words import refusal
from tests.paging.conftest import World, with_slack

ALICE, BOB = "U000ALICE", "U0000BOB"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
State = IncidentChannel.State


@pytest.fixture(autouse=True)
def for_critical(settings: Settings, slack: Slack, now: Any) -> None:
    """The setting of these tests, and the clock."""
    settings.SLACK_INCIDENT_CHANNELS = "critical"


@pytest.fixture
def now() -> Any:
    """The clock stands at AT: Slack says when a channel was made."""
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


def look(at: Any = AT) -> None:
    """Everything that is due for channels then."""
    work_off(at, "incident channels")


def the_room(slack: Slack) -> Room:
    """The only channel."""
    (room,) = slack.channels.values()
    return room


def test_a_critical_incident_gets_a_channel_that_says_what_is_so(world: World, slack: Slack) -> None:
    incident = world.open(title="Queue <!channel> stuck")
    look()
    room = the_room(slack)
    assert (room.name, room.private) == (f"inc-{incident.pk}", False)
    link = f"http://testserver{incident.path}"
    assert room.topic == (f"{incident.number} · critical · Queue &lt;!channel&gt; stuck · nobody has it yet · {link}")
    (head,) = slack.posted
    assert f"<{link}|{incident.number}> critical: Queue &lt;!channel&gt; stuck" in head.text
    assert room.pins == [head.ts]
    asked = len(slack.received)
    look(AT + MINUTE)
    assert len(slack.received) == asked


@pytest.mark.parametrize(
    ("setting", "token", "severity", "made"),
    [
        ("", True, "critical", 0),
        ("critical", False, "critical", 0),
        ("critical", True, "major", 0),
        ("major", True, "major", 1),
        ("major", True, "critical", 1),
        ("major", True, "standard", 0),
        ("standard", True, "standard", 1),
    ],
)
def test_which_incidents_get_one(
    world: World, slack: Slack, settings: Settings, setting: str, token: bool, severity: str, made: int
) -> None:
    settings.SLACK_INCIDENT_CHANNELS = setting
    settings.SLACK_BOT_TOKEN = settings.SLACK_BOT_TOKEN if token else ""
    world.open(severity=severity)
    look()
    assert len(slack.channels) == made


def test_one_whose_class_rises_gets_one_and_keeps_it(world: World, slack: Slack) -> None:
    incident = world.open(severity="major")
    look()
    assert not slack.channels
    lifecycle.change_class(incident, to="critical", at=AT, by=world.alice)
    look()
    lifecycle.change_class(incident, to="major", at=AT, by=world.alice)
    look()
    assert "· major ·" in the_room(slack).topic


def test_the_topic_follows_who_has_it_its_title_and_its_end(world: World, slack: Slack) -> None:
    incident = world.open()
    look()
    lifecycle.acknowledge(incident, by=world.alice, at=AT)
    look()
    assert f"{world.alice.short_name} has it" in the_room(slack).topic
    lifecycle.retitle(incident, title="Nobody can pay", by=world.alice, at=AT)
    look()
    assert "· Nobody can pay ·" in the_room(slack).topic
    lifecycle.resolve(incident, by=world.alice, at=AT)
    look()
    assert "· resolved ·" in the_room(slack).topic
    assert not the_room(slack).archived


def test_a_long_title_leaves_room_for_the_link(world: World, slack: Slack) -> None:
    incident = world.open(title="ä&<" * 100)
    look()
    topic = the_room(slack).topic
    assert len(topic) <= 250
    assert topic.endswith(f"http://testserver{incident.path}")
    assert "ä&amp;&lt;" in topic


def test_whoever_was_paged_has_it_or_holds_a_role_and_linked_slack_is_invited_once(world: World, slack: Slack) -> None:
    with_slack(world.alice, ALICE)
    incident = world.open()
    Page.objects.create(incident=incident, person=world.alice, reason="first", created_at=AT)
    look()
    assert the_room(slack).members == [ALICE]
    with_slack(world.bob, BOB)
    command.take_role(incident, role="scribe", person=world.bob, by=world.bob, at=AT)
    look()
    assert the_room(slack).members == [ALICE, BOB]
    lifecycle.acknowledge(incident, by=world.bob, at=AT)
    look()
    assert [one["users"] for one in slack.asked("conversations.invite")] == [ALICE, BOB]


@pytest.mark.parametrize("code", ["already_in_channel", "cant_invite_self", "user_not_found", "user_is_restricted"])
def test_one_who_cannot_be_invited_keeps_nobody_out(world: World, slack: Slack, code: str) -> None:
    people = {ALICE: world.alice, BOB: world.bob}
    for member, person in people.items():
        with_slack(person, member)
    incident = world.open()
    for person in people.values():
        Page.objects.create(incident=incident, person=person, reason="first", created_at=AT)
    slack.script = [None, refusal(code)]
    look()
    assert the_room(slack).members == [BOB]
    assert the_room(slack).topic
    assert len(slack.asked("conversations.invite")) == len(people)
    assert not Notice.objects.exists()


def test_a_name_that_is_taken_gets_a_suffix(world: World, slack: Slack) -> None:
    incident = world.open()
    for name in (f"inc-{incident.pk}", f"inc-{incident.pk}-2"):
        slack.room(name, ours=False)
    look()
    assert [room.name for room in slack.channels.values()][-1] == f"inc-{incident.pk}-3"
    assert IncidentChannel.objects.get().channel == list(slack.channels)[-1]


def test_an_old_channel_of_that_name_in_which_we_are_is_not_taken_for_ours(world: World, slack: Slack) -> None:
    incident = world.open()
    old = slack.room(f"inc-{incident.pk}")
    old.created -= 86400
    look()
    assert not old.topic
    assert IncidentChannel.objects.get().name == f"inc-{incident.pk}-2"


def test_a_task_that_is_tried_again_makes_no_second_channel(world: World, slack: Slack) -> None:
    """Slack made it, and its answer was lost on the way."""
    incident = world.open()
    for number in range(45):  # the answer has 40 of them
        slack.room(f"other-{number}")
    slack.script = [Reply(hang=True)]
    look()
    assert IncidentChannel.objects.get().channel == ""
    look(AT + 5 * SECOND)
    ours = [room for room in slack.channels.values() if room.name.startswith(f"inc-{incident.pk}")]
    assert [(room.name, bool(room.topic)) for room in ours] == [(f"inc-{incident.pk}", True)]
    assert len(slack.asked("conversations.create")) == 2


def test_a_task_whose_worker_died_is_taken_up_after_its_lease(world: World, slack: Slack) -> None:
    incident = world.open()
    assert channels._claim(incident.pk, AT)
    look(AT + channels.LEASE - SECOND)
    assert not slack.channels
    look(AT + channels.LEASE)
    assert the_room(slack).topic


def test_two_at_once_is_one(world: World) -> None:
    incident = world.open()
    assert channels._claim(incident.pk, AT)
    assert channels._claim(incident.pk, AT) is None
    assert channels.look(incident.pk, AT) is False


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (refusal("ratelimited", 429, Retry_After="40"), 40),
        (refusal("internal_error"), 5),
        (Reply(503), 5),
        (Reply(hang=True), 5),
    ],
)
def test_slack_that_is_busy_or_down_is_asked_again(world: World, slack: Slack, reply: Reply, wait: int) -> None:
    world.open()
    slack.script = [None, reply]
    look()
    asked = len(slack.received)
    look(AT + (wait - 1) * SECOND)
    assert len(slack.received) == asked
    look(AT + wait * SECOND)
    assert the_room(slack).pins
    assert not Notice.objects.exists()


def test_slack_being_down_delays_no_page(world: World, slack: Slack) -> None:
    world.open()
    slack.script = [Reply(503)] * 9
    with_before = Page.objects.count()
    work_off(AT, "incident channels", "paging")
    assert Page.objects.count() == with_before + 1


def test_a_missing_scope_is_told_to_the_administrators_and_asked_again_when_the_incident_moves(
    world: World, slack: Slack
) -> None:
    boss = make_user("Root", role=Role.ADMIN)
    incident = world.open()
    slack.script = [refusal("missing_scope")]
    look()
    assert [one.person for one in Notice.objects.all()] == [boss]
    asked = len(slack.received)
    look(AT + timedelta(hours=2))
    assert len(slack.received) == asked
    lifecycle.acknowledge(incident, by=world.alice, at=AT + timedelta(hours=2))
    look(AT + timedelta(hours=2))
    assert the_room(slack).topic


def test_a_channel_that_somebody_archived_is_let_be(world: World, slack: Slack) -> None:
    incident = world.open()
    look()
    the_room(slack).archived = True
    lifecycle.acknowledge(incident, by=world.alice, at=AT)
    look()
    assert IncidentChannel.objects.get().state == State.LEFT
    asked = len(slack.received)
    lifecycle.retitle(incident, title="Other", by=world.alice, at=AT)
    look(AT + MINUTE)
    assert len(slack.received) == asked
    assert not Notice.objects.exists()


@pytest.mark.parametrize("end", ["close", "cancel"])
def test_it_is_archived_three_days_after_the_end(world: World, slack: Slack, end: str) -> None:
    incident = world.open()
    look()
    if end == "close":
        incident = lifecycle.resolve(incident, by=world.alice, at=AT)
        lifecycle.close(incident, by=world.alice, at=AT)
    else:
        lifecycle.cancel(incident, by=world.alice, at=AT)
    look()
    look(AT + channels.KEPT - SECOND)
    assert not the_room(slack).archived
    look(AT + channels.KEPT)
    assert the_room(slack).archived
    assert IncidentChannel.objects.get().state == State.ARCHIVED


def test_one_that_comes_back_before_that_keeps_its_channel_and_one_after_gets_another(
    world: World, slack: Slack
) -> None:
    incident = world.open()
    look()
    lifecycle.resolve(incident, by=world.alice, at=AT)
    lifecycle.close(incident, by=world.alice, at=AT)
    look()
    lifecycle.reopen(incident, by=world.alice, at=AT)
    look()
    look(AT + channels.KEPT)
    assert not the_room(slack).archived
    lifecycle.resolve(incident, by=world.alice, at=AT)
    lifecycle.close(incident, by=world.alice, at=AT)
    look(AT + channels.KEPT)
    assert the_room(slack).archived
    lifecycle.reopen(incident, by=world.alice, at=AT + channels.KEPT)
    look(AT + channels.KEPT)
    first, second = slack.channels.values()
    assert (first.name, second.name) == (f"inc-{incident.pk}", f"inc-{incident.pk}-2")
    assert second.topic
    assert second.pins


def test_one_that_was_over_before_slack_came_back_gets_none(world: World, slack: Slack) -> None:
    incident = world.open()
    slack.script = [Reply(503)]
    look()
    slack.channels.clear()  # it never was made
    lifecycle.resolve(incident, by=world.alice, at=AT)
    look(AT + MINUTE)
    assert not slack.channels
    assert IncidentChannel.objects.get().state == State.ARCHIVED


def test_a_restricted_incident_has_a_private_channel(world: World, slack: Slack) -> None:
    opening = Opening("The board leaves", world.service, "critical", restricted=True, by=world.alice)
    lifecycle.open_one(opening, at=AT)
    look()
    assert the_room(slack).private
    assert "The board leaves" in the_room(slack).topic


def test_the_title_of_one_that_became_restricted_leaves_the_public_topic(world: World, slack: Slack) -> None:
    incident = world.open(title="The board leaves")
    look()
    Incident.objects.filter(pk=incident.pk).update(restricted=True)
    lifecycle.acknowledge(incident, by=world.alice, at=AT)
    look()
    assert "board" not in the_room(slack).topic
    assert incident.number in the_room(slack).topic


def test_many_people_are_invited_in_several_turns(world: World, slack: Slack) -> None:
    incident = world.open()
    for number in range(15):
        member = f"U{number:08d}"
        slack.people[member] = f"p{number}@example.com"
        person = make_user(f"P{number}")
        with_slack(person, member)
        Page.objects.create(incident=incident, person=person, reason="first", created_at=AT)
    look()
    assert len(the_room(slack).members) == 15
    assert the_room(slack).pins


def test_the_stand_in_refuses_what_slack_refuses(slack: Slack) -> None:
    def code(method: str, **fields: str) -> str:
        with pytest.raises(SendFailed) as refused:
            slack_api.call(method, fields)
        return getattr(refused.value, "code", "")

    made = slack_api.call("conversations.create", {"name": "inc-1"})["channel"]["id"]
    slack_api.call("conversations.invite", {"channel": made, "users": ALICE})
    assert code("conversations.create", name="inc-1") == "name_taken"
    assert code("conversations.invite", channel=made, users=ALICE) == "already_in_channel"
    assert code("conversations.invite", channel=made, users=slack.bot) == "cant_invite_self"
    assert code("pins.add", channel=made, timestamp="1.1") == "message_not_found"
    slack_api.call("conversations.archive", {"channel": made})
    assert code("conversations.setTopic", channel=made, topic="x") == "is_archived"
    assert code("conversations.archive", channel=made) == "already_archived"


def test_in_its_channel_the_number_may_be_left_out(world: World, slack: Slack) -> None:
    for person, member in ((world.alice, ALICE), (world.bob, BOB)):
        with_slack(person, member)
    incident, other = world.open(), world.open(severity="major", title="Other")
    look()
    here = the_room(slack).id
    assert f"You have {incident.number}" in slack.command(ALICE, "ack", channel=here)
    assert slack.command(ALICE, "note disk full", channel=here) == f"Noted on {incident.number}."
    assert incident.timeline.get(kind=Kind.NOTE).text == "disk full"
    assert slack.command(BOB, "take scribe", channel=here) == f"On {incident.number} you have the role: scribe."
    assert slack.command(ALICE, "lead", channel=here) == f"You facilitate {incident.number}."
    assert slack.command(ALICE, f"page <@{BOB}> the disks", channel=here) == f"Bob is paged for {incident.number}."
    assert f"You have {other.number}" in slack.command(ALICE, f"ack {other.pk}", channel=here)
    assert slack.command(ALICE, "resolve", channel=here) == f"{incident.number} is resolved."
    assert "There is no incident" in slack.command(ALICE, "resolve")


def test_a_channel_opens_no_door_to_a_restricted_incident(world: World, slack: Slack) -> None:
    incident = world.open()
    look()
    Incident.objects.filter(pk=incident.pk).update(restricted=True)
    with_slack(make_user("Zed"), "U00000ZED")
    assert "not yours to see" in slack.command("U00000ZED", "note hello", channel=the_room(slack).id)


@pytest.mark.parametrize("word", ["scribe", "Point of contact", "point_of_contact", "RESPONDER"])
def test_roles_are_taken_by_their_names(world: World, slack: Slack, word: str) -> None:
    with_slack(world.alice, ALICE)
    incident = world.open()
    assert "you have the role" in slack.command(ALICE, f"take {incident.pk} {word}")
    assert incident.tenures.get().role == word.lower().replace(" ", "_")


def test_a_role_that_is_none_is_asked_for_again(world: World, slack: Slack) -> None:
    with_slack(world.alice, ALICE)
    incident = world.open()
    for word in ("", "boss"):
        assert slack.command(ALICE, f"take {incident.pk} {word}").startswith("Say which role: facilitator, point of")
    with_slack(make_user("Olga", role="observer"), "U000OLGA1")
    assert slack.command("U000OLGA1", f"take {incident.pk} scribe") == "Your role does not allow this."
