"""The demo's card: whoever presses is paged by the real path, alone, as often as they like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from alerts.models import Source
from alerts.sample import PRACTICE
from incidents.models import Incident
from oncall.models import Coverage, Override
from paging import escalation
from paging.models import Page
from teams.models import DEMO, Organisation, Service, User
from tests.desk.conftest import World
from tests.factories import (
    AT,
    make_incident,
    make_method,
    make_policy,
    make_schedule,
    make_service,
    make_source,
    make_user,
)

SignIn = Callable[[User], Client]


@pytest.fixture
def demo(world: World, now: object) -> World:
    """The world under the demo's name, with its practice."""
    Organisation.objects.create(pk=1, name=DEMO)
    make_schedule(PRACTICE, make_user("Mei"), team=world.team)
    service = make_service(PRACTICE, team=world.team)
    policy = make_policy(PRACTICE, (300, [f"schedule:{PRACTICE}"]), catch_all=[f"user:{world.ada.email}"])
    Coverage.objects.create(service=service, policy=policy)
    make_source(
        PRACTICE,
        kind="generic",
        service=service,
        grouping=Source.Grouping.NONE,
        resolve_hold=timedelta(0),
        reopen_window=timedelta(seconds=1),
    )
    return world


def page_all() -> None:
    """The pager looks."""
    for incident in Incident.objects.filter(page_due_at__lte=AT):
        escalation.escalate_one(incident.pk, AT)


def test_whoever_presses_is_paged_and_nobody_else(demo: World, sign_in: SignIn) -> None:
    for person in (demo.bob, demo.ada):
        make_method(person)
    bob, ada = sign_in(demo.bob), sign_in(demo.ada)
    assert "Page me now" in bob.get("/").content.decode()
    for browser in (bob, ada):
        assert browser.post("/start/practice/").headers["Location"] == "/"
        page_all()
    assert list(Page.objects.order_by("pk").values_list("person", flat=True)) == [demo.bob.pk, demo.ada.pk]
    mine = [browser.get("/").context["practice"].trace.incident for browser in (bob, ada)]
    assert mine == list(Incident.objects.order_by("pk"))
    assert all(incident.drill for incident in mine)
    assert "It calls you now" in bob.get("/").content.decode()


def test_it_can_be_begun_again(demo: World, sign_in: SignIn) -> None:
    bob = sign_in(demo.bob)
    bob.post("/start/practice/")
    page_all()
    first = bob.get("/").context["practice"].trace.incident
    bob.post(f"{first.path}acknowledge/")
    assert bob.get("/").context["practice"].trace.mine
    with time_machine.travel(AT + timedelta(minutes=1), tick=False):
        answer = bob.post("/start/practice/", headers={"HX-Request": "true"})
        assert "Begin again" in answer.content.decode()
        trace = bob.get("/").context["practice"].trace
        assert (trace.incident, trace.mine, trace.incident.held_by) == (first, False, None)
        assert [link.name for link in trace.links if link.done] == ["received"]
    assert list(
        first.timeline.filter(kind__in=["acknowledged", "resolved", "reopened"]).values_list("kind", flat=True)
    ) == [
        "acknowledged",
        "resolved",
        "reopened",
    ]


def test_its_pager_is_theirs_for_a_quarter_of_an_hour(demo: World, sign_in: SignIn) -> None:
    for _twice in range(2):
        sign_in(demo.bob).post("/start/practice/")
    assert Incident.objects.count() == 1
    (override,) = Override.objects.all()
    assert (override.person, override.ends - override.starts) == (demo.bob, timedelta(minutes=15))


def test_observers_read(demo: World, sign_in: SignIn) -> None:
    olga = sign_in(demo.olga)
    assert olga.get("/").context["practice"] is None
    assert olga.post("/start/practice/").status_code == 403


def test_only_in_the_demo(demo: World, sign_in: SignIn) -> None:
    bob = sign_in(demo.bob)
    assert "This is the demo: people and alerts are invented." in bob.get("/incidents/").content.decode()
    assert bob.get("/start/demo/").status_code == 200
    Organisation.objects.update(name="Acme")
    assert "This is the demo" not in bob.get("/incidents/").content.decode()
    assert bob.get("/").context["practice"] is None
    for response in (bob.post("/start/practice/"), bob.get("/start/practice/"), bob.get("/start/demo/")):
        assert response.status_code == 404
    assert not Page.objects.exists()


def test_without_its_source_there_is_no_card(demo: World, sign_in: SignIn) -> None:
    Source.objects.filter(slug=PRACTICE).update(archived_at=AT)
    Service.objects.filter(slug=PRACTICE).update(archived_at=AT)
    bob = sign_in(demo.bob)
    assert bob.get("/").context["practice"] is None
    assert bob.post("/start/practice/").status_code == 404


def test_the_tour_names_what_burns_for_real(demo: World, sign_in: SignIn) -> None:
    burning = make_incident("Queue stuck", service=demo.service, severity="critical")
    make_incident("A drill", service=demo.service, severity="critical", drill=True)
    bob = sign_in(demo.bob)
    assert bob.get("/start/demo/").context["burning"] == burning
