"""`/p/{token}/`: GET and HEAD change nothing, POST acknowledges, no sign-in."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from incidents import lifecycle
from incidents.models import Incident, TimelineEntry
from oncall.models import EscalationPolicy
from paging import answers, asking, links
from paging.models import Page
from tests.clock import work_off
from tests.factories import AT
from tests.paging.conftest import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_now")]


@pytest.fixture
def _now() -> object:
    """The night of the incident."""
    with time_machine.travel(AT, tick=False):
        yield


def paged(world: World) -> tuple[Incident, Page, str]:
    """An incident, Alice's page and its path."""
    incident = world.open()
    work_off(AT, "paging")
    page = incident.pages.get()
    return incident, page, f"/p/{links.token_of(page.pk, page.person_id)}/"


def test_looking_changes_nothing(world: World) -> None:
    incident, page, path = paged(world)
    before = (Incident.objects.values().get(), Page.objects.values().get(), TimelineEntry.objects.count())
    for answer in (Client().get(path), Client().head(path), Client().get(path)):
        assert answer.status_code == 200
        assert not answer.cookies
    assert (Incident.objects.values().get(), Page.objects.values().get(), TimelineEntry.objects.count()) == before
    assert "Queue stuck" in Client().get(path).content.decode()
    assert (incident.pk, page.acked_at) == (page.incident_id, None)


def test_its_post_acknowledges_without_cookie_or_csrf_token(world: World) -> None:
    incident, page, path = paged(world)
    answer = Client(enforce_csrf_checks=True).post(path)
    assert answer.status_code == 200
    assert "You have it" in answer.content.decode()
    assert not answer.cookies
    incident.refresh_from_db()
    page.refresh_from_db()
    assert (incident.held_by, incident.acked_at, page.acked_at) == (world.alice, AT, AT)
    assert incident.timeline.get(kind="acknowledged").data == {"via": "link"}


def test_twice_is_once(world: World) -> None:
    incident, _page, path = paged(world)
    for _time in range(2):
        assert Client().post(path).status_code == 200
    assert incident.timeline.filter(kind="acknowledged").count() == 1


def test_a_late_tap_says_who_has_it_and_takes_over_only_when_asked(world: World) -> None:
    incident, _page, path = paged(world)
    answers.acknowledge(incident, by=world.bob, at=AT)
    answer = Client().post(path)
    assert answer.status_code == 200
    assert "Bob has it" in answer.content.decode()
    incident.refresh_from_db()
    assert incident.held_by == world.bob
    assert "You have it" in Client().post(path, {"take": "1"}).content.decode()
    incident.refresh_from_db()
    assert incident.held_by == world.alice


def test_the_sleep_is_wished_only_to_whom_nothing_waits_for(world: World) -> None:
    incident, _page, path = paged(world)
    answers.acknowledge(incident, by=world.bob, at=AT)
    assert "You can go back to sleep" in Client().get(path).content.decode()
    world.open()
    work_off(AT, "paging")
    said = Client().get(path).content.decode()
    assert "You can go back to sleep" not in said
    assert "Nothing is left to do for this one. Another one waits for you:" in said


def test_one_of_three_has_nothing_more_to_press(world: World) -> None:
    EscalationPolicy.objects.update(acknowledgements=3)
    incident, _page, path = paged(world)
    answers.acknowledge(incident, by=world.bob, at=AT)
    said = " ".join(Client().get(path).content.decode().split())
    assert "Bob: 1 of 3 acknowledged" in said
    assert "Acknowledge</button>" in said
    said = " ".join(Client().post(path).content.decode().split())
    assert "You acknowledged" in said
    assert "Acknowledge</button>" not in said


def test_over_is_over(world: World) -> None:
    incident, _page, path = paged(world)
    lifecycle.resolve(incident, by=world.bob, at=AT)
    answer = Client().post(path)
    assert answer.status_code == 409
    assert "over" in answer.content.decode()


def test_a_day_later_the_link_is_too_old(world: World) -> None:
    _incident, _page, path = paged(world)
    with time_machine.travel(AT + timedelta(hours=24, seconds=1), tick=False):
        answer = Client().post(path)
    assert answer.status_code == 410
    assert "24 hours" in answer.content.decode()


@pytest.mark.parametrize("token", ["x", "1-1.abc.def", "1-1", "%00", "a" * 2000, "{{7*7}}", "..%2f..%2fetc"])
def test_garbage_is_not_found(world: World, token: str) -> None:
    assert Client().get(f"/p/{token}/").status_code == 404
    assert Client().post(f"/p/{token}/").status_code == 404


def test_a_token_opens_only_its_own_page(world: World) -> None:
    _incident, page, _path = paged(world)
    assert Client().get(f"/p/{links.token_of(page.pk, world.bob.pk)}/").status_code == 410


def test_other_methods_are_refused(world: World) -> None:
    _incident, _page, path = paged(world)
    assert Client().put(path).status_code == 405
    assert Client().delete(path).status_code == 405


def test_a_test_page_says_that_it_rang(world: World) -> None:
    page = asking.page_me(world.alice, at=AT)
    path = f"/p/{links.token_of(page.pk, page.person_id)}/"
    assert "It rang" in Client().get(path).content.decode()
    assert Client().post(path).status_code == 200
    page.refresh_from_db()
    assert page.acked_at == AT


def test_other_waiting_pages_are_listed_each_with_its_own_link(world: World) -> None:
    _incident, _page, path = paged(world)
    world.open(title="Second fire")
    work_off(AT, "paging")
    assert "Second fire" in Client().get(path).content.decode()
    assert "Second fire" in Client().post(path).content.decode()
