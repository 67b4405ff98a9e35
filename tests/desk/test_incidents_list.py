"""The list: filters, pages by key, and what is not yours is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident
from teams.models import User
from tests.desk.conftest import World
from tests.factories import make_incident, make_service

SignIn = Callable[[User], Client]


def titles(browser: Client, query: str = "") -> list[str]:
    """The titles of the page, in order."""
    return [incident.title for incident in browser.get(f"/incidents/{query}").context["incidents"]]


def test_open_ones_newest_first(world: World, sign_in: SignIn, now: object) -> None:
    make_incident("first", service=world.service)
    make_incident("second", service=world.service)
    make_incident("over", service=world.service, state="resolved")
    assert titles(sign_in(world.ana)) == ["second", "first"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?state=resolved", ["over"]),
        ("?state=closed", []),
        ("?state=all", ["Disk full", "over", "Queue stuck"]),
        ("?state=nonsense", ["Disk full", "Queue stuck"]),
        ("?q=queue", ["Queue stuck"]),
        ("?q=STUCK+queue", ["Queue stuck"]),
        ("?q=over", ["over"]),
        ("?q=over&state=open", []),
        ("?q=100%25", []),
        ("?q=%00queue", ["Queue stuck"]),
        ("?service=checkout", ["Queue stuck"]),
        ("?service=nothing", []),
        ("?class=standard", ["Disk full"]),
        ("?class=nonsense", ["Disk full", "Queue stuck"]),
        ("?before=x", ["Disk full", "Queue stuck"]),
        ("?before=0", []),
    ],
)
def test_filters(query: str, found: list[str], world: World, sign_in: SignIn, now: object) -> None:
    make_incident("Queue stuck", service=world.service)
    make_incident("over", service=world.service, state="resolved")
    make_incident("Disk full", service=make_service(), severity="standard")
    assert titles(sign_in(world.ana), query) == found


def test_number_is_found(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    browser = sign_in(world.ana)
    for q in (incident.number, incident.number.lower(), str(incident.pk)):
        assert titles(browser, f"?q={q}") == ["Queue stuck"]


def test_pages_by_key_hold_every_incident_once(world: World, sign_in: SignIn, now: object) -> None:
    for number in range(120):
        make_incident(f"incident {number}", service=world.service)
    browser, query, seen = sign_in(world.ana), "?state=open&class=critical", []
    while query:
        page = browser.get(f"/incidents/{query}")
        seen += [incident.title for incident in page.context["incidents"]]
        query = page.context["next_url"]
        assert query is None or "class=critical" in query
    assert seen == [f"incident {number}" for number in reversed(range(120))]


def test_restricted_ones_of_others_are_left_out(world: World, sign_in: SignIn, now: object) -> None:
    make_incident("Stolen keys", service=make_service("vault"), restricted=True)
    make_incident("Our secret", service=world.service, restricted=True)
    assert titles(sign_in(world.ana)) == ["Our secret"]
    assert titles(sign_in(world.ada)) == ["Our secret", "Stolen keys"]


def test_queries_do_not_grow_and_nothing_is_counted(
    world: World, sign_in: SignIn, now: object, django_assert_max_num_queries: Any
) -> None:
    browser = sign_in(world.ana)
    make_incident(service=world.service)
    with django_assert_max_num_queries(100) as one:
        browser.get("/incidents/")
    for _number in range(60):
        make_incident(service=make_service())
    Incident.objects.update(held_by=world.bob)
    with django_assert_max_num_queries(len(one)) as many:
        browser.get("/incidents/")
    assert not [query for query in many if "COUNT(" in query["sql"].upper() and "incidents_incident" in query["sql"]]


def test_empty_says_what_would_fill_it(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ana)
    assert "No open incident is known" in browser.get("/incidents/").content.decode()
    assert "Nothing fits" in browser.get("/incidents/?q=zzz").content.decode()


def test_search_goes_to_the_list(world: World, sign_in: SignIn) -> None:
    response = sign_in(world.ana).get("/search/?q=queue")
    assert response.headers["Location"] == "/incidents/?q=queue"
