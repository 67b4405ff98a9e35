"""Routes by hand: made, ordered, taken out, and tried before anything fires."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from alerts.models import Route, Source
from incidents.models import Incident
from paging import targets
from paging.models import Page
from paging.policy import policy_for
from teams.models import User
from tests.alerts.posting import accepted, fire, group, make_am
from tests.desk.conftest import World
from tests.factories import AT, make_service, make_source

SignIn = Callable[[User], Client]
PAGE, NEW = "/setup/routes/", "/setup/routes/new/"


def words(response: Any) -> str:
    """The page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def typed(value: str, how: str = "is", **more: str) -> dict[str, str]:
    """A route of am for alerts of an instance."""
    row = {"matchers-rows": "1", "matchers-0-label": "instance", "matchers-0-how": how, "matchers-0-value": value}
    return {"source": "am", "service": "search", "severity": "critical", **row, **more}


@pytest.fixture
def am(world: World) -> Source:
    """Alertmanager of checkout, beside another service of the same team."""
    make_service("search", team=world.team)
    return make_am(world.service)


def test_made_by_hand_and_followed(world: World, sign_in: SignIn, am: Source, mia: User, now: object) -> None:
    client = sign_in(mia)
    assert client.post(NEW, typed("db-.*", how="=~")).status_code == 303
    route = Route.objects.get()
    assert (route.match, route.position, route.from_file) == ({"instance": "=~db-.*"}, 0, False)
    assert "instance ~ db-.*" in words(client.get(PAGE))
    accepted(group(fire("db-1")))
    incident = Incident.objects.get()
    assert (incident.service and incident.service.slug, incident.severity) == ("search", "critical")
    form = client.get(f"/setup/routes/{route.pk}/").content.decode()
    assert 'value="db-.*"' in form
    assert client.post(f"/setup/routes/{route.pk}/", typed("a, b", how="one_of")).status_code == 303
    route.refresh_from_db()
    assert route.match == {"instance": ["a", "b"]}
    assert client.post(f"/setup/routes/{route.pk}/", {"act": "remove"}).status_code == 303
    assert not Route.objects.exists()


def test_the_order_is_changed_and_that_of_the_file_is_not(
    world: World, sign_in: SignIn, am: Source, mia: User, now: object
) -> None:
    client = sign_in(mia)
    filed = Route.objects.create(position=0, source=am, match={"a": "b"}, service=world.service, from_file=True)
    for value in ("x", "y"):
        client.post(NEW, typed(value))
    _filed, x, y = Route.objects.all()
    assert client.post(PAGE, {"up": str(y.pk)}).status_code == 303
    assert list(Route.objects.all()) == [filed, y, x]
    client.post(PAGE, {"up": str(y.pk)})
    assert list(Route.objects.all()) == [filed, y, x]
    client.post(PAGE, {"down": str(y.pk)})
    assert list(Route.objects.all()) == [filed, x, y]
    assert "is changed there" in words(client.post(f"/setup/routes/{filed.pk}/", typed("z")))
    assert Route.objects.get(pk=filed.pk).match == {"a": "b"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"matchers-0-how": "=~", "matchers-0-value": "("}, "is not valid RE2"),
        ({"service": ""}, "This field is required"),
        ({"matchers-0-label": "in\x00stance"}, "control character"),
    ],
)
def test_refused_in_words(
    world: World, sign_in: SignIn, am: Source, mia: User, change: dict[str, str], sentence: str, now: object
) -> None:
    response = sign_in(mia).post(NEW, {**typed("x"), **change})
    assert response.status_code == 422
    assert sentence in words(response)
    assert not Route.objects.exists()


def test_one_that_is_never_reached_is_refused(
    world: World, sign_in: SignIn, am: Source, mia: User, now: object
) -> None:
    client = sign_in(mia)
    client.post(NEW, typed("x"))
    response = client.post(NEW, typed("x"))
    assert response.status_code == 422
    assert "only the first would ever match" in words(response)


def test_of_other_teams_and_of_every_source(world: World, sign_in: SignIn, am: Source, mia: User, now: object) -> None:
    make_service("theirs")
    client = sign_in(mia)
    assert client.post(NEW, typed("x", service="theirs")).status_code == 403
    assert client.post(NEW, typed("x", source="")).status_code == 403
    assert sign_in(world.ana).get(PAGE).status_code == 403
    assert sign_in(world.ada).post(NEW, typed("x", source="")).status_code == 303


def test_where_labels_would_go(world: World, sign_in: SignIn, am: Source, mia: User, now: object) -> None:
    client = sign_in(mia)
    client.post(NEW, typed("nothing"))
    client.post(NEW, typed("db-1"))
    asked = {"source": "am", "at": "2026-11-21T03:00", "labels": "alertname=Down\ninstance=db-1", "body": ""}
    text = words(client.post("/oncall/dry-run/", asked))
    assert "2 routes were tried" in text
    assert "Search by route 2" in text
    assert "the class of its route" in text
    assert "One incident with alerts of the same alertname = Down" in text
    assert not Incident.objects.exists()
    nothing = client.post("/oncall/dry-run/", {**asked, "labels": ""})
    assert (nothing.status_code, "Type labels, or paste" in words(nothing)) == (422, True)
    odd = client.post("/oncall/dry-run/", {**asked, "labels": "nonsense"})
    assert (odd.status_code, "is no label such as" in words(odd)) == (422, True)


def test_what_no_route_wants_and_no_service_pages_the_administrators(
    world: World, sign_in: SignIn, now: object
) -> None:
    make_source("lost", key="a-long-random-key-0009")
    numbers = accepted(group(fire("a")), path="/api/in/alertmanager/a-long-random-key-0009")
    incident = Incident.objects.get()
    assert (numbers, incident.service, incident.page_due_at) == ([incident.number], None, incident.detected_at)
    called = targets.resolve(policy_for(None).catch_all, at=AT, step="").people
    assert [user for user, _because in called.values()] == [world.ada]
    assert not Page.objects.exists()
