"""The field that finds and acts: empty, as a part and as a page, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import lifecycle
from incidents.models import Incident
from postmortems.item_door import postmortem_of
from teams.models import Role
from tests.desk.conftest import World
from tests.desk.palette import SignIn, ask, press
from tests.factories import (
    AT,
    make_incident,
    make_item,
    make_page,
    make_schedule,
    make_service,
    make_source,
    make_team,
    make_user,
)

pytestmark = pytest.mark.usefixtures("now")


def test_an_empty_field_says_what_can_be_done_now(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    make_page(world.ana, incident, because="primary of payments, step 1")
    browser = sign_in(world.ana)
    seen = ask(browser, "")
    assert list(seen) == ["You are paged", "Do", "Go to"]
    assert press(browser, seen["You are paged"][0]).status_code == 303
    assert list(ask(browser, "")) == ["You have it", "Do", "Go to"]
    assert "Declare an incident" not in browser.get("/find/?q=queue").content.decode()


def test_a_script_gets_the_part_and_a_page_the_page(world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    page, part = browser.get("/find/?q=on-call"), browser.get("/find/?q=on-call", headers={"HX-Request": "true"})
    assert "<html" in page.content.decode()
    assert part.content.decode().lstrip().startswith('<div class="found"')
    assert "HX-Request" in page.headers["Vary"]
    assert "no-cache" in part.headers["Cache-Control"]


def test_looking_changes_nothing(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    browser = sign_in(world.ana)
    before = Incident.objects.get().version
    for q in [f"ack {incident.pk}", f"resolve {incident.pk}", f"escalate {incident.pk}", "page me", "sign out"]:
        ask(browser, q)
        assert browser.post("/find/", {"q": q}).status_code == 405
    assert Incident.objects.get().version == before
    assert not incident.pages.exists()
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "q", ["", "payments", "queue", "person", "number", "ack", "ack queue", "who", "override", "page per"]
)
def test_the_number_of_queries_does_not_grow(q: str, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)

    def grow(count: int) -> None:
        for number in range(count):
            person = make_user(role=Role.RESPONDER)
            team = make_team(members=(person, world.ana), name=f"Payments queue {number}")
            make_schedule("", person, team=team, name=f"Person of payments queue {person.pk}")
            service = make_service(team=team)
            make_source(service=service)
            over = make_incident(
                "Queue of payments", service=service, state="resolved", at=AT + timedelta(seconds=number)
            )
            make_item(postmortem_of(over, AT), "Person queue payments")
            held = make_incident("Queue person payments", service=service)
            lifecycle.acknowledge(held, by=world.ana, at=AT)
            make_page(world.ana, make_incident("Queue person payments", service=service))

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            ask(browser, q)
        return len(seen)

    grow(2)
    q = str(Incident.objects.latest("pk").pk) if q == "number" else q  # one that is there both times
    few = count()
    grow(8)
    assert count() <= few
    assert few <= 45
