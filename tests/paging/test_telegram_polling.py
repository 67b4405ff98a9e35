"""Telegram asked for what is new: presses arrive, Telegram and the database may be away, what is old is asked again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.supervisor import Up
from foundation.models import Process
from incidents.models import Incident, Kind, TimelineEntry
from paging import long_polls
from paging.channels import buttons
from paging.models import Page
from paging.telegram import polling, updates
from tests.factories import AT
from tests.fakes.provider import Reply
from tests.fakes.telegram import Telegram, refusal
from tests.paging.conftest import World, only

ALICE = 70010


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of seconds become hundredths; the test's connection stays open."""
    monkeypatch.setattr(long_polls, "LONGEST_WAIT", 0.02)


def paged(world: World) -> tuple[Incident, str]:
    """Alice is paged; the incident, and what its button says."""
    only(world.alice, "telegram", str(ALICE))
    incident = world.open(at=timezone.now())
    page = Page.objects.create(incident=incident, person=world.alice, reason="first", created_at=timezone.now())
    return incident, buttons.token_of("telegram", str(ALICE), "acknowledge", page.pk)


@contextmanager
def running() -> Iterator[None]:
    """The role's thread, which ends whatever happens."""
    stopping = threading.Event()
    thread = threading.Thread(target=polling.run, args=(stopping,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(20)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_presses_arrive_though_telegram_is_away_at_first(world: World, telegram: Telegram) -> None:
    incident, data = paged(world)
    cache.set(polling.POLLED, timezone.now().timestamp(), 60)
    telegram.script = [Reply(500), None, refusal(409, "Conflict: terminated by other getUpdates request")]
    telegram.waiting = [telegram.pressed(ALICE, data), telegram.pressed(ALICE, data)]
    with running():
        assert telegram.asked_for.wait(20)
    incident.refresh_from_db()
    assert incident.held_by == world.alice
    assert telegram.toasts[0].startswith(f"You have {incident.number}")
    assert "already" in telegram.toasts[1]
    assert telegram.waiting == []
    assert Process.objects.filter(role="telegram", beat_at__gt=timezone.now() - timedelta(minutes=1)).exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_not_confirmed_comes_again_and_is_done_once(world: World, telegram: Telegram) -> None:
    incident, data = paged(world)
    cache.set(polling.POLLED, timezone.now().timestamp(), 60)
    telegram.waiting = [telegram.pressed(ALICE, data)]
    assert polling.ask(0) == polling.ask(0)
    assert len(telegram.toasts) == 1
    assert TimelineEntry.objects.filter(incident=incident, kind=Kind.ACKNOWLEDGED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_loses_no_press(
    world: World, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident, data = paged(world)
    cache.set(polling.POLLED, timezone.now().timestamp(), 60)
    telegram.waiting = [telegram.pressed(ALICE, data)]
    whole, broken = updates.take, [1, 1]

    def away(*given: object, **named: object) -> object:
        if broken:
            broken.pop()
            raise OperationalError
        return whole(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(polling, "take", away)
    with running():
        assert telegram.asked_for.wait(20)
    incident.refresh_from_db()
    assert (incident.held_by, broken) == (world.alice, [])


@pytest.mark.django_db(transaction=True)
def test_a_press_that_waited_while_nobody_asked_is_asked_again(world: World, telegram: Telegram) -> None:
    incident, data = paged(world)
    with time_machine.travel(AT, tick=False) as clock:
        polling.ask(0)
        clock.shift(timedelta(minutes=2, seconds=1))
        telegram.waiting = [telegram.pressed(ALICE, data)]
        offset = polling.ask(0)
        assert telegram.toasts == ["You pressed this a long time ago. Still yours?"]
        incident.refresh_from_db()
        assert incident.held_by is None
        telegram.waiting = [telegram.pressed(ALICE, data)]
        polling.ask(offset)
    incident.refresh_from_db()
    assert incident.held_by == world.alice


@pytest.mark.django_db(transaction=True)
def test_odd_answers_and_lost_words_do_no_harm(world: World, telegram: Telegram) -> None:
    _incident, data = paged(world)
    telegram.script = [Reply(200, b'{"ok":true,"result":{"a":1}}'), Reply(200, b'{"ok":true,"result":[7,null,{}]}')]
    assert polling.ask(3) == polling.ask(3) == 3
    telegram.waiting = [telegram.pressed(ALICE, data)]
    telegram.script = [None, refusal(400, "Bad Request: query is too old and response timeout expired")]
    assert polling.ask(3) > 3


def test_the_role_says_what_is_missing(settings: Settings) -> None:
    settings.TELEGRAM_TOKEN = ""
    with pytest.raises(CommandError, match="TELEGRAM_TOKEN"):
        call_command("telegram")


def test_telegram_is_told_once_to_call_us(telegram: Telegram, settings: Settings) -> None:
    with pytest.raises(CommandError, match="https://"):
        call_command("telegram", "--webhook")
    settings.SHARPEND_URL = "https://pager.example.com"
    call_command("telegram", "--webhook")
    assert telegram.webhook["url"] == "https://pager.example.com/in/telegram/"
    telegram.script = [refusal(401, "Unauthorized")]
    with pytest.raises(CommandError, match="Unauthorized"):
        call_command("telegram", "--webhook")


@pytest.mark.parametrize(
    ("environ", "roles"),
    [
        ({"TELEGRAM_TOKEN": "1:a"}, ["telegram"]),
        ({"TELEGRAM_TOKEN": "1:a", "TELEGRAM_WEBHOOK_SECRET": "x"}, []),
        ({"TELEGRAM_WEBHOOK_SECRET": "x"}, []),
    ],
)
def test_up_asks_telegram_where_it_is_wanted(environ: dict[str, str], roles: list[str]) -> None:
    up = Up.__new__(Up)
    up.environ = environ
    assert up._asked_for() == roles
