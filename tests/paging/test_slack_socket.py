"""Socket Mode with the provider's own client: presses and commands arrive, connections break and come back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.supervisor import Up
from foundation.models import Process
from incidents.models import Incident
from paging.channels import slack_blocks
from paging.models import Page
from paging.slack import socket_mode
from tests.fakes import slack as fake
from tests.fakes.provider import Reply
from tests.fakes.slack import Slack
from tests.fakes.slack_socket import SlackSocket
from tests.fakes.slack_words import refusal
from tests.paging.conftest import World, with_slack

ALICE = "U000ALICE"


@pytest.fixture
def there(slack: Slack, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackSocket]:
    """The other end, before anybody has connected; time-outs of seconds become tenths."""
    settings.SLACK_APP_TOKEN = fake.APP
    monkeypatch.setattr(socket_mode, "PING", 0.3)
    monkeypatch.setattr(socket_mode, "LONGEST_WAIT", 0.2)
    with SlackSocket() as running:
        slack.socket_url = running.url
        yield running


@contextmanager
def running() -> Iterator[None]:
    """The role, in a thread that ends whatever happens."""
    stopping = threading.Event()
    thread = threading.Thread(target=socket_mode.run, args=(stopping,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def role(there: SlackSocket) -> Iterator[SlackSocket]:
    """The role runs."""
    with running():
        yield there


def paged(world: World) -> tuple[Incident, dict[str, str]]:
    """Alice is paged; the incident, and a press on its button."""
    incident = world.open(at=timezone.now())
    page = Page.objects.create(incident=incident, person=world.alice, reason="first", created_at=timezone.now())
    token = slack_blocks.token_of(page.pk, ALICE)
    return incident, {"type": "button", "action_id": "page:acknowledge", "block_id": token, "value": token}


@pytest.mark.django_db(transaction=True)
def test_a_press_and_a_command_arrive_and_are_stored_before_they_are_answered(
    world: World, slack: Slack, role: SlackSocket
) -> None:
    with_slack(world.alice, ALICE)
    incident, action = paged(world)
    role.wait()
    assert "payload" not in role.ask("interactive", slack.pressed(ALICE, action))
    incident.refresh_from_db()
    assert incident.held_by == world.alice
    answer = role.ask("slash_commands", slack.typed(ALICE, f"note {incident.pk} disk full"))
    assert answer["payload"] == {"response_type": "ephemeral", "text": f"Noted on {incident.number}."}
    role.ask("events_api", {"event": {"type": "app_home_opened"}})
    assert slack.answers[0].startswith(f"You have {incident.number}")
    until = time.monotonic() + 10
    while not Process.objects.filter(role="slack", beat_at__gt=timezone.now() - timedelta(minutes=1)).exists():
        assert time.monotonic() < until, "it does not say that it is connected"
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_the_connection_comes_back_and_a_press_sent_again_is_one(world: World, slack: Slack, role: SlackSocket) -> None:
    with_slack(world.alice, ALICE)
    incident, action = paged(world)
    role.wait()
    role.ask("interactive", slack.pressed(ALICE, action), name="the-same")
    role.drop()
    role.wait()
    role.ask("interactive", slack.pressed(ALICE, action), name="the-same")
    role.say({"type": "disconnect", "reason": "refresh_requested"})
    role.wait()
    assert "who" in json.dumps(role.ask("slash_commands", slack.typed(ALICE, "help")))
    assert incident.timeline.filter(kind="acknowledged").count() == 1


@pytest.mark.django_db(transaction=True)
def test_while_slack_is_away_it_is_tried_again(slack: Slack, there: SlackSocket) -> None:
    slack.script = [Reply(404), refusal("invalid_auth"), Reply(hang=True)]
    with running():
        there.wait()
    assert slack.script == []


def test_without_tokens_the_role_says_what_is_missing(settings: Settings) -> None:
    settings.SLACK_APP_TOKEN = ""
    with pytest.raises(CommandError, match="SLACK_APP_TOKEN"):
        call_command("slack")


@pytest.mark.parametrize(
    ("environ", "roles"),
    [
        ({}, []),
        ({"SLACK_APP_TOKEN": "xapp-1"}, []),
        ({"SLACK_APP_TOKEN": "xapp-1", "SLACK_BOT_TOKEN": "xoxb-1"}, ["slack"]),
    ],
)
def test_up_starts_it_where_it_is_asked_for(environ: dict[str, str], roles: list[str]) -> None:
    up = Up.__new__(Up)
    up.environ = environ
    assert up._asked_for() == roles
