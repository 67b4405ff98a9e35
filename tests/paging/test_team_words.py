"""Words to a team by Apprise: what is so of an incident, said once, by a process that may be killed, and never a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from pytest_django.fixtures import Settings

from config.environment import BadSetting, team_notices
from incidents import lifecycle
from incidents.models import Incident, Kind
from paging import answers, team_words
from paging.channels import apprise_api
from paging.channels.base import SendFailed
from paging.channels.known import MEDIA
from paging.team_words import TeamWord
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.provider import Provider, Reply, Request, Unexpected
from tests.paging.conftest import World


def takes(request: Request) -> Reply:
    """What Apprise posts to json://."""
    said: dict[str, Any] = request.json
    if request.method != "POST" or not {"title", "message", "type"} <= set(said):
        raise Unexpected(f"no notice: {said}")
    if "@channel" in json.dumps(said):
        raise Unexpected("somebody is called")
    return Reply()


@pytest.fixture
def room(settings: Settings) -> Iterator[Provider]:
    """The room of the team payments."""
    with Provider(takes) as there:
        settings.TEAM_NOTICES = team_notices(f"payments=json://{urlsplit(there.url).netloc}/room")
        yield there


@pytest.fixture(autouse=True)
def now() -> Iterator[Any]:
    """The clock stands at AT."""
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


def said(there: Provider) -> list[str]:
    """The words, in their order."""
    return [str(request.json["message"]).splitlines()[0] for request in there.received]


def test_a_team_hears_that_one_is_open_who_has_it_and_that_it_is_over(world: World, room: Provider) -> None:
    incident = world.open(title="@channel <b>Queue</b> stuck")
    work_off(AT, "team words")
    assert room.received[0].json["title"] == f"[{incident.number}] critical: @\u200bchannel <b>Queue</b> stuck"
    assert incident.path in room.received[0].json["message"]
    answers.acknowledge(incident, by=world.bob, at=AT)
    work_off(AT, "team words")
    incident.refresh_from_db()
    incident.tell(Kind.NOTE, at=AT, text="nothing changed for the team")
    lifecycle.save(incident)
    work_off(AT, "team words")
    lifecycle.resolve(incident, by=world.bob, at=AT)
    work_off(AT, "team words")
    assert said(room) == [
        "It is open, and nobody has it yet. Whoever has the pager is paged.",
        "Bob has it.",
        "It is over: resolved.",
    ]
    assert not TeamWord.objects.exists()
    work_off(AT, "team words")


def test_what_changed_back_meanwhile_is_said_as_it_is(world: World, room: Provider) -> None:
    incident = world.open()
    lifecycle.resolve(incident, by=world.bob, at=AT)
    work_off(AT, "team words")
    assert room.received == []


def test_other_teams_and_restricted_incidents_are_not_told(world: World, room: Provider, settings: Settings) -> None:
    Incident.objects.filter(pk=world.open().pk).update(restricted=True)
    work_off(AT, "team words")
    settings.TEAM_NOTICES = {"others": settings.TEAM_NOTICES["payments"]}
    world.open(title="Another")
    work_off(AT, "team words")
    assert room.received == []
    settings.TEAM_NOTICES = {"*": settings.TEAM_NOTICES["others"]}
    work_off(AT, "team words")
    assert len(room.received) == 1


def test_without_places_nothing_is_asked(world: World, settings: Settings, django_assert_num_queries: Any) -> None:
    world.open()
    with django_assert_num_queries(0):
        assert work_off(AT, "team words") == 0


def test_what_nobody_took_is_tried_again_and_then_left(world: World, room: Provider) -> None:
    world.open()
    room.script = [Reply(500)] * 4
    for minute in range(30):
        work_off(AT + timedelta(minutes=minute), "team words")
    assert (len(room.received), room.script) == (4, [])
    assert TeamWord.objects.get().told == "open"


def test_only_a_few_are_on_their_way_at_once(world: World, room: Provider) -> None:
    for number in range(5):
        world.open(title=f"Number {number}")
    assert len(team_words.due(AT, 100)) == team_words.MOST_AT_ONCE
    TeamWord.objects.create(incident=Incident.objects.all()[0], due_at=AT + timedelta(seconds=30), attempts=1)
    assert len(team_words.due(AT, 100)) == team_words.MOST_AT_ONCE - 1


def test_a_place_that_never_answers_is_given_up_in_time() -> None:
    with Provider(lambda _request: Reply(drip=True)) as there, pytest.raises(SendFailed) as failed:
        apprise_api.send(f"json://{urlsplit(there.url).netloc}/secret", title="x", body="y", limit=4.0)
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize(("url", "permanent"), [("nonsense://x/secret", True), ("json://127.0.0.1:1/secret", False)])
def test_a_place_that_is_none_is_said_without_its_address(url: str, permanent: bool) -> None:
    with pytest.raises(SendFailed) as failed:
        apprise_api.send(url, title="x", body="y")
    assert failed.value.permanent is permanent
    assert "secret" not in str(failed.value)


def test_no_page_goes_by_apprise() -> None:
    assert not any("apprise" in path for path, _needs in MEDIA.values())


def test_what_the_operator_may_name() -> None:
    read = team_notices("payments=slack://a/b/c  *=mailtos://u:p@example.com?to=x payments=ntfys://t")
    assert read == {"payments": ["slack://a/b/c", "ntfys://t"], "*": ["mailtos://u:p@example.com?to=x"]}
    assert team_notices("") == {}
    for odd in (
        "slack://a/secret",
        "=slack://secret",
        "a=secret",
        "a=file:///secret",
        "a=syslog://secret",
        "a=dbus://secret",
    ):
        with pytest.raises(BadSetting) as refused:
            team_notices(odd)
        assert "secret" not in str(refused.value)
