"""The page of the dry run: by service and class, or by an alert, at an instant of the viewer's clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.models import Alert, Body, Route, Silence, Source
from incidents import lifecycle
from incidents.models import Incident
from oncall.models import Override
from paging.models import Page
from teams.models import Service, User
from tests.alerts.posting import accepted, fire, group, make_am
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_method, make_service

SignIn = Callable[[User], Client]
PAGE = "/oncall/dry-run/"
CRITICAL = {"label": "severity", "map": {"critical": "critical"}, "default": "standard"}


def _text(response: Any) -> str:
    return " ".join(response.content.decode().split("<h1>")[1].split())


def _alert(client: Client, source: Source, *alerts: dict[str, Any], at: str = "2026-11-21T02:04", **more: Any) -> Any:
    return client.post(PAGE, {"source": source.slug, "at": at, "body": json.dumps(group(*alerts, **more))})


@pytest.fixture
def am(world: World) -> Source:
    """An Alertmanager that speaks of checkout."""
    return make_am(world.service, class_from=CRITICAL)


@pytest.mark.usefixtures("now")
def test_by_service_and_class_at_an_instant_of_my_clock(world: World, sign_in: SignIn) -> None:
    make_method(world.bob)
    make_method(world.ada)
    world.bob.timezone = "America/New_York"
    world.bob.save()
    found = sign_in(world.bob).get(PAGE, {"service": "checkout", "severity": "critical", "at": "2026-12-01T03:00"})
    assert found.context["then"] == datetime(2026, 12, 1, 8, tzinfo=UTC)
    text = _text(found)
    assert "Ana Ames" in text
    assert "e-mail at once" in text
    assert world.ana.email not in text
    assert text.index("Ana Ames") < text.index("Bob Bell") < text.index('">Ada</p>')
    assert "The last one again every 15 min" in text
    assert not Page.objects.exists()
    assert not Incident.objects.exists()


@pytest.mark.usefixtures("now")
def test_each_line_says_its_step_and_its_round(world: World, sign_in: SignIn) -> None:
    make_method(world.bob)
    world.policy.steps.create(position=2, wait=60, notify=["schedule:none"])
    world.policy.acknowledgements = 2
    world.policy.save()
    make_method(world.ada)
    found = sign_in(world.ana).get(PAGE, {"service": "checkout", "severity": "critical", "at": "2026-12-01T03:00"})
    text = _text(found)
    passed = text.index("step 3: nobody behind schedule:none then: paging goes on at once")
    assert text.index("step 1 again, round 2") < passed < text.rindex("Ana Ames"), (
        "first what is passed, then who is called"
    )
    assert text.rindex("step 3: nobody behind") < text.index("nobody acknowledged") < text.index("named in catch-all")
    assert "until 2 people acknowledge" in text
    assert "#answer" in text
    assert 'id="answer"' in text


@pytest.mark.usefixtures("now")
def test_what_waits_for_the_morning_is_said_so(world: World, sign_in: SignIn) -> None:
    world.service.covered = Service.Covered.WORKING_HOURS
    world.service.save()
    asked = {"service": "checkout", "severity": "standard", "at": "2026-11-22T03:00"}
    text = _text(sign_in(world.ana).get(PAGE, asked))
    assert "nobody is woken for a standard incident of Checkout" in text
    assert "nobody behind" not in text


@pytest.mark.usefixtures("now")
def test_the_holder_is_the_one_of_that_instant(world: World, sign_in: SignIn) -> None:
    make_method(world.bob)
    begins = datetime(2026, 12, 24)  # noqa: DTZ001 - a wall clock
    Override.objects.create(
        schedule=world.schedule, person=world.bob, starts=begins, ends=begins + timedelta(days=1), created_at=AT
    )
    client = sign_in(world.ana)
    looks = {
        day: client.get(PAGE, {"service": "checkout", "severity": "major", "at": f"2026-12-{day}T12:00"})
        .context["answers"][0]
        .rehearsal.looks[0]
        for day in (23, 24)
    }
    assert [look.called[0].person for look in looks.values()] == [world.ana, world.bob]


@pytest.mark.usefixtures("now")
def test_the_form_alone_and_what_is_wrong_in_it(world: World, sign_in: SignIn, am: Source) -> None:
    client = sign_in(world.olga)
    assert "Choose a service, a class and a time" in _text(client.get(PAGE))
    assert client.get(PAGE, {"service": "checkout"}).context["form"].initial["service"] == "checkout"
    assert "SharpEndTest" in _text(client.get(PAGE, {"source": am.slug}))
    for wrong in (
        {"service": "no\x00ne", "severity": "critical", "at": "2026-12-01T03:00"},
        {"service": "checkout", "severity": "worst", "at": "2026-12-01T03:00"},
        {"service": "checkout", "severity": "critical", "at": "tomorrow"},
        {"service": "checkout", "severity": "critical", "at": "9999-12-31T23:59"},
        {"service": "checkout", "severity": "critical", "at": ""},
    ):
        assert client.get(PAGE, wrong).status_code == 422
    assert client.post(PAGE, {}).status_code == 422
    refused = client.post(PAGE, {"source": am.slug, "at": "2026-11-21T02:04", "body": "{not json"})
    assert refused.status_code == 422


@pytest.mark.usefixtures("now")
def test_an_alert_would_open_one_with_its_class_and_why(world: World, sign_in: SignIn, am: Source) -> None:
    text = _text(_alert(sign_in(world.ana), am, fire(severity="critical")))
    assert "It would open an incident" in text
    assert "class by severity=critical" in text
    assert "begins to fire" in text
    assert "Ana Ames" in text
    assert "the source's usual class" in _text(_alert(sign_in(world.ana), am, fire()))
    assert not any(model.objects.exists() for model in (Incident, Alert, Body, Page))
    assert accepted(group(fire(severity="critical"))) == [Incident.objects.get().number]


@pytest.mark.usefixtures("now")
def test_a_route_and_a_silence_are_said(world: World, sign_in: SignIn, am: Source) -> None:
    other = make_service("search", team=world.team)
    Route.objects.create(position=0, source=am, match={"instance": "b"}, service=other, severity="major")
    until = AT + timedelta(hours=2)
    Silence.objects.create(match={"instance": "b"}, starts_at=AT, ends_at=until, reason="Release of search")
    found = _alert(sign_in(world.ana), am, fire("b"))
    text = _text(found)
    assert "Search by route 1" in text
    assert "the class of its route" in text
    assert "silenced until" in text
    assert "Held by a silence" in text
    assert found.context["answers"][0].rehearsal.looks[0].at == until
    later = _alert(sign_in(world.ana), am, fire("b"), at="2026-11-21T09:00")
    assert "Held by a silence" not in _text(later)


@pytest.mark.usefixtures("now")
def test_it_would_join_and_whoever_has_it_keeps_it(world: World, sign_in: SignIn, am: Source) -> None:
    accepted(group(fire("a")))
    incident = Incident.objects.get()
    client = sign_in(world.ana)
    joined = _text(_alert(client, am, fire("b")))
    assert f"It would join {incident.number}" in joined
    assert "next: Ana Ames" in joined
    lifecycle.acknowledge(incident, by=world.bob, at=AT)
    held = _text(_alert(client, am, fire("b")))
    assert "Bob has it" in held
    assert "Paging does not start anew" in held
    worse = _alert(client, am, fire("b", severity="critical"))
    assert "its class rises, so paging starts again" in _text(worse)
    assert worse.context["answers"][0].rehearsal.looks[0].called[0].person == world.ana
    same = _text(_alert(client, am, fire("a")))
    assert "Nobody would be paged" in same
    rises = _text(_alert(client, am, fire("a", severity="critical")))
    assert "its class rises, so paging starts again" in rises
    incident.refresh_from_db()
    assert (incident.severity, incident.held_by) == ("standard", world.bob)


@pytest.mark.usefixtures("now")
def test_it_would_bring_back_what_just_ended(world: World, sign_in: SignIn, am: Source) -> None:
    accepted(group(fire("a")))
    accepted(group(fire("a", ends=AT), status="resolved"))
    incident = Incident.objects.get()
    assert not incident.is_open
    text = _text(_alert(sign_in(world.ana), am, fire("b")))
    assert f"It would bring {incident.number} back" in text
    assert not Incident.objects.get().is_open
    ended = _text(_alert(sign_in(world.ana), am, fire("c", ends=AT), status="resolved"))
    assert "Nobody would be paged" in ended


@pytest.mark.usefixtures("now")
def test_what_is_not_mine_to_see_is_not_named(world: World, sign_in: SignIn, am: Source) -> None:
    accepted(group(fire("a")))
    Incident.objects.update(restricted=True, title="Secret matter")
    text = _text(_alert(sign_in(world.olga), am, fire("b")))
    assert "It would join an incident that is not yours to see" in text
    assert "Secret matter" not in text
    assert "next:" not in text
    rises = _text(_alert(sign_in(world.olga), am, fire("b", severity="critical")))
    assert "Secret matter" not in rises


@pytest.mark.usefixtures("now")
def test_many_groups_are_counted_and_links_lead_here(world: World, sign_in: SignIn, am: Source) -> None:
    am.grouping = Source.Grouping.NONE
    am.save()
    client = sign_in(world.ana)
    found = _alert(client, am, *[fire(str(number)) for number in range(7)])
    assert len(found.context["answers"]) == 5
    assert "and 2 more incidents" in _text(found)
    make_incident(service=world.service)
    for page in ("/oncall/", "/services/checkout/", "/services/sources/am/"):
        assert PAGE in client.get(page).content.decode()
