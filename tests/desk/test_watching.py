"""A source that watches: what its page says, and the button that lets it page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from alerts.models import Source, Watched
from incidents.models import Incident
from teams.models import User
from tests.alerts.posting import KEY, fire, group, post
from tests.desk.conftest import World
from tests.factories import AT, make_source

SignIn = Callable[[User], Client]
PAGE = "/services/sources/am/"
FORM = {"name": "am", "kind": "alertmanager", "service": "checkout", "grouping": "labels", "unsigned": "on"}


@pytest.fixture
def source(world: World) -> Source:
    """Watches, and something fires."""
    made = make_source("am", key=KEY, service=world.service, watching=True)
    assert post(group(fire()), at=AT).json().items() >= {"accepted": 1, "incidents": []}.items()
    return made


def test_its_page_says_so_and_shows_what_would_have_happened(
    world: World, sign_in: SignIn, source: Source, now: object
) -> None:
    text = sign_in(world.olga).get(PAGE).content.decode()
    for words in ("Watching: it pages nobody.", "Down on a", "Ana Ames", "still firing"):
        assert words in text
    assert "Start paging" not in text
    assert "watching: pages nobody" in sign_in(world.olga).get("/services/sources/").content.decode()


def test_the_figures_of_real_work_do_not_count_it(world: World, sign_in: SignIn, source: Source, now: object) -> None:
    for page in ("/", "/incidents/"):
        assert "Down on a" not in sign_in(world.ana).get(page).content.decode()


def test_start_paging_opens_what_fires(sign_in: SignIn, mia: User, source: Source, now: object) -> None:
    browser = sign_in(mia)
    assert "This would be an open incident now." in browser.get(PAGE).content.decode()
    response = browser.post(PAGE, {"act": "start_paging"}, follow=True)
    incident = Incident.objects.get()
    assert incident.page_due_at == AT
    text = response.content.decode()
    assert f"It pages from now on. Opened: {incident.number}." in text
    assert "Watching: it pages nobody." not in text
    assert "What would have happened" in text


def test_only_those_who_run_its_team_start_it(world: World, sign_in: SignIn, source: Source, now: object) -> None:
    assert sign_in(world.ana).post(PAGE, {"act": "start_paging"}).status_code == 403
    assert Source.objects.get().watching


def test_one_of_the_file_is_changed_there(sign_in: SignIn, mia: User, source: Source, now: object) -> None:
    Source.objects.update(from_file=True)
    browser = sign_in(mia)
    assert "take “watching” out there" in browser.get(PAGE).content.decode()
    assert browser.post(PAGE, {"act": "start_paging"}).status_code == 422
    assert Source.objects.get().watching


def test_the_form_watches_and_lets_it_page(sign_in: SignIn, mia: User, source: Source, now: object) -> None:
    browser = sign_in(mia)
    was = browser.get("/setup/source/am/").context["was"]
    assert browser.post("/setup/source/am/", {**FORM, "watching": "on", "was": was}).status_code == 303
    assert Source.objects.get().watching
    assert not Incident.objects.exists()
    was = browser.get("/setup/source/am/").context["was"]
    assert browser.post("/setup/source/am/", {**FORM, "was": was}).status_code == 303
    assert not Source.objects.get().watching
    assert Incident.objects.count() == 1
    was = browser.get("/setup/source/am/").context["was"]
    assert browser.post("/setup/source/am/", {**FORM, "watching": "on", "was": was}).status_code == 303
    assert Source.objects.get().watching


def test_a_test_alert_pages_nobody(sign_in: SignIn, mia: User, source: Source, now: object) -> None:
    text = sign_in(mia).post(PAGE, {"act": "test"}, follow=True).content.decode()
    assert "It pages nobody" in text
    assert Watched.objects.count() == 2
    assert not Incident.objects.exists()
