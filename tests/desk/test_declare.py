"""Declaring: who is paged is said before, and the incident pages at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from incidents.models import Incident, Kind, State
from paging.models import Page
from teams.models import Service, User
from tests.clock import work_off
from tests.desk.conftest import World
from tests.factories import AT, make_method

SignIn = Callable[[User], Client]
FORM = {"title": "Nobody can pay", "service": "checkout", "severity": "critical", "details": "Since *lunch*."}


def test_opens_and_pages(world: World, sign_in: SignIn, now: object) -> None:
    response = sign_in(world.bob).post("/declare/", FORM)
    incident = Incident.objects.get()
    assert (response.status_code, response.headers["Location"]) == (303, incident.path)
    assert (incident.title, incident.severity, incident.state) == ("Nobody can pay", "critical", State.INVESTIGATING)
    entry = incident.timeline.get(kind=Kind.DECLARED)
    assert (entry.by, entry.text) == (world.bob, "Since *lunch*.")
    work_off(AT, "paging")
    assert Page.objects.get().person == world.ana


def test_without_a_service(world: World, sign_in: SignIn, now: object) -> None:
    assert sign_in(world.bob).post("/declare/", {**FORM, "service": ""}).status_code == 303
    work_off(AT, "paging")
    assert {page.person for page in Page.objects.all()} == {world.ada}


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"title": "\x00"}, {"title": "x" * 301}, {"service": "nothing"}, {"severity": "huge"}]
)
def test_refused(wrong: dict[str, str], world: World, sign_in: SignIn, now: object) -> None:
    response = sign_in(world.bob).post("/declare/", {**FORM, **wrong})
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert not Incident.objects.exists()


def test_observers_declare_nothing(world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.olga)
    assert browser.get("/declare/").status_code == 403
    assert browser.post("/declare/", FORM).status_code == 403
    assert not Incident.objects.exists()


def test_says_who_would_be_paged(world: World, sign_in: SignIn, now: object) -> None:
    make_method(world.bob)
    browser = sign_in(world.bob)
    assert "Ana Ames is paged at once." in browser.get("/declare/?service=checkout").content.decode()
    assert "Without one the administrators are, at once: Ada." in browser.get("/declare/").content.decode()
    assert "Ana Ames is paged at once." in browser.get("/declare/preview/?service=checkout").content.decode()
    assert browser.get("/declare/preview/?service=%00nothing").status_code == 200


def test_looking_first_without_a_script(world: World, sign_in: SignIn, now: object) -> None:
    response = sign_in(world.bob).post("/declare/", {**FORM, "preview": "1"})
    assert response.status_code == 200
    text = response.content.decode()
    assert "Ana Ames is paged at once." in text
    assert "Nobody can pay" in text
    assert not Incident.objects.exists()


def test_archived_services_are_not_offered(world: World, sign_in: SignIn, now: object) -> None:
    Service.objects.update(archived_at=AT)
    assert sign_in(world.bob).post("/declare/", FORM).status_code == 422
