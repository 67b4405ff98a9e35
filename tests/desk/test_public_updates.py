"""What customers are told from the page of an incident."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from incidents import command, lifecycle
from status.models import Component, PublicIncident, PublicUpdate
from teams.models import User
from tests.desk.conftest import World
from tests.factories import AT, make_incident

SignIn = Callable[[User], Client]
WORDS = {"title": "Card payments fail", "status": "investigating", "body": "We look **into** it.", "next_in": "20"}


def component(world: World, slug: str = "shop", **fields: object) -> Component:
    """A part that customers know."""
    return Component.objects.create(slug=slug, name=slug.capitalize(), service=world.service, **fields)


def test_first_word_and_the_next(world: World, sign_in: SignIn, now: object) -> None:
    component(world)
    incident = make_incident("db-7 is stuck", service=world.service)
    browser = sign_in(world.ana)
    page = browser.get(incident.path).content.decode()
    assert 'name="component-shop"' in page
    assert 'value="20" selected' in page  # critical: customers hear again within 20 minutes
    browser.post(f"{incident.path}update/", {**WORDS, "component-shop": "major_outage"})
    page = browser.get(incident.path).content.decode()
    assert "We look <strong>into</strong> it." in page
    assert "Shop: major outage" in page
    assert "stays: major outage" in page
    assert PublicUpdate.objects.get().next_by == AT + timedelta(minutes=20)
    browser.post(f"{incident.path}update/", {"title": "", "status": "identified", "body": "Found."})
    assert PublicIncident.objects.get().title == "Card payments fail"
    assert browser.get(incident.path).content.decode().index("Found.") > 0


def test_resolved_makes_parts_fine_again(world: World, sign_in: SignIn, now: object) -> None:
    component(world)
    incident = make_incident(service=world.service)
    browser = sign_in(world.ana)
    browser.post(f"{incident.path}update/", {**WORDS, "component-shop": "major_outage"})
    answer = browser.post(f"{incident.path}update/", {"status": "resolved", "body": "Over."})
    assert answer.status_code == 303
    assert "stays: operational" in browser.get(incident.path).content.decode()


def test_a_refused_word_keeps_what_was_typed(world: World, sign_in: SignIn, now: object) -> None:
    component(world)
    incident = make_incident(service=world.service)
    typed = {**WORDS, "title": "", "component-shop": "major_outage"}
    for headers in ({}, {"HX-Request": "true"}):
        answer = sign_in(world.ana).post(f"{incident.path}update/", typed, headers=headers)
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "Customers need a title of their own." in text
        assert "We look **into** it." in text
        assert 'value="major_outage" selected' in text
    assert not PublicIncident.objects.exists()


def test_nonsense_is_refused(world: World, sign_in: SignIn, now: object) -> None:
    component(world)
    incident = make_incident(service=world.service)
    browser = sign_in(world.ana)
    for wrong in (
        {"status": "fine"},
        {"body": " "},
        {"component-shop": "burning"},
        {"component-none": "operational"},
        {"next_in": "7"},
    ):
        assert browser.post(f"{incident.path}update/", {**WORDS, **wrong}).status_code == 422
    assert not PublicUpdate.objects.exists()


def test_taking_it_back(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    browser = sign_in(world.ana)
    browser.post(f"{incident.path}update/", WORDS)
    assert browser.post(f"{incident.path}withdraw/", {"reason": ""}).status_code == 422
    assert browser.post(f"{incident.path}withdraw/", {"reason": "the wrong one"}).status_code == 303
    assert "We look" not in browser.get(incident.path, {"story": "pages"}).content.decode()


def test_a_drill_has_no_form(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service, drill=True)
    browser = sign_in(world.ana)
    assert "form-update" not in browser.get(incident.path).content.decode()
    assert browser.post(f"{incident.path}update/", WORDS).status_code == 422


def test_the_promise_needs_who_speaks_for_us(world: World, sign_in: SignIn, now: object) -> None:
    incident = lifecycle.acknowledge(make_incident(service=world.service), by=world.ana, at=AT)
    sign_in(world.ana).post(f"{incident.path}update/", WORDS)
    promised = "Next word to customers promised on"
    assert promised in sign_in(world.ana).get("/").content.decode()
    assert promised not in sign_in(world.bob).get("/").content.decode()
    command.take_role(incident, role="point_of_contact", person=world.bob, by=world.ana, at=AT)
    assert promised not in sign_in(world.ana).get("/").content.decode()
    assert promised in sign_in(world.bob).get("/").content.decode()


def test_roles_are_taken_and_handed_over(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    browser = sign_in(world.ana)
    browser.post(f"{incident.path}role/", {"role": "point_of_contact", "person": ""})
    assert incident.tenures.get(end=None).person == world.ana
    browser.post(f"{incident.path}role/", {"role": "point_of_contact", "person": world.bob.email})
    assert incident.tenures.get(end=None).person == world.bob
