"""Versions of routes and of a source's rules: kept with each change, tried on the last days, brought back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.models import Route, RuleVersion, Source
from teams.models import Service, User
from tests.alerts.posting import KEY, fire, group, post
from tests.desk.conftest import World
from tests.factories import AT, make_service, make_source

SignIn = Callable[[User], Client]
ROUTES, NEW, VERSIONS = "/setup/routes/", "/setup/routes/new/", "/setup/routes/versions/"
OF_AM = "/setup/source/am/versions/"


def words(response: Any) -> str:
    """The page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def typed(team: str, **more: str) -> dict[str, str]:
    """A route of am to search, for alerts of a team."""
    row = {"matchers-rows": "1", "matchers-0-label": "team", "matchers-0-how": "is", "matchers-0-value": team}
    return {"source": "am", "service": "search", **row, **more}


@pytest.fixture
def am(world: World) -> Source:
    """Two alerts of the team search came in, and one of shop; Ana has the pager of its service."""
    made = make_source("am", key=KEY, service=world.service, name="Main")
    for minute, name, team in ((1, "a", "search"), (2, "b", "search"), (3, "c", "shop")):
        post(group(fire(name, team=team)), at=AT - timedelta(hours=1) + timedelta(minutes=minute))
    return made


def test_each_change_of_the_routes_is_a_version(
    am: Source, search: Service, sign_in: SignIn, mia: User, now: object
) -> None:
    browser = sign_in(mia)
    assert "No version yet" in words(browser.get(VERSIONS))
    browser.post(NEW, typed("search"))
    browser.post(NEW, typed("shop"))
    first, second = Route.objects.all()
    browser.post(f"{ROUTES}{first.pk}/", typed("search", severity="critical"))
    browser.post(f"{ROUTES}{second.pk}/", {"act": "remove", "sure": "yes"})
    told = words(browser.get(VERSIONS))
    assert "Version 5 holds now by Mia no more: − team = shop → Search (of Main)" in told
    assert (
        "Version 4 by Mia no more: − team = search → Search (of Main) new: + team = search → Search, critical" in told
    )
    assert "Version 1 as it was before versions were kept" in told
    assert [len(one.rules) for one in RuleVersion.objects.of(None)] == [1, 2, 2, 1, 0]


def test_a_change_of_nothing_is_no_version(
    am: Source, search: Service, sign_in: SignIn, mia: User, now: object
) -> None:
    browser = sign_in(mia)
    browser.post(NEW, typed("search"))
    browser.post(f"{ROUTES}{Route.objects.get().pk}/", typed("search"))
    assert RuleVersion.objects.count() == 2


def test_going_back_is_tried_first_and_is_a_version_of_its_own(
    am: Source, search: Service, sign_in: SignIn, mia: User, now: object
) -> None:
    browser = sign_in(mia)
    for team in ("search", "shop"):
        browser.post(NEW, typed(team))
    kept = Route.objects.get(match={"team": "search"})
    browser.post(f"{ROUTES}{kept.pk}/", typed("search", severity="critical"))
    browser.post(ROUTES, {"down": str(kept.pk), "sure": "yes"})
    seen = words(browser.get(f"{VERSIONS}2/"))
    assert "no more: − team = shop → Search (of Main)" in seen
    assert "1 alert would page somebody else." in seen
    assert "2 would have another class." in seen
    assert Route.objects.count() == 2
    assert browser.post(f"{VERSIONS}2/").status_code == 303
    route = Route.objects.get()
    assert (route.pk, route.match, route.severity) == (kept.pk, {"team": "search"}, "")
    last = RuleVersion.objects.of(None).first()
    assert last
    assert (last.number, last.back_to, last.by) == (6, 2, mia)
    assert "back to version 2" in words(browser.get(VERSIONS))
    assert "These are the rules that hold now" in words(browser.get(f"{VERSIONS}2/"))
    assert browser.post(f"{VERSIONS}5/").status_code == 303
    assert [one.match["team"] for one in Route.objects.all()] == ["shop", "search"]


def test_back_to_no_route_at_all(am: Source, search: Service, sign_in: SignIn, mia: User, now: object) -> None:
    browser = sign_in(mia)
    Route.objects.create(position=0, match={"a": "b"}, service=search, from_file=True)
    browser.post(NEW, typed("search"))
    assert browser.post(f"{VERSIONS}1/").status_code == 303
    assert [one.from_file for one in Route.objects.all()] == [True]


def test_what_is_archived_is_brought_back_first(
    am: Source, search: Service, sign_in: SignIn, mia: User, now: object
) -> None:
    browser = sign_in(mia)
    browser.post(NEW, typed("search"))
    browser.post(f"{ROUTES}{Route.objects.get().pk}/", {"act": "remove", "sure": "yes"})
    search.archived_at = AT
    search.save()
    for response in (browser.get(f"{VERSIONS}2/"), browser.post(f"{VERSIONS}2/")):
        assert "“Search”, which these rules name, is archived: bring it back first." in words(response)
    assert response.status_code == 422
    assert not Route.objects.exists()


def test_another_teams_route_is_not_changed_by_going_back(
    am: Source, search: Service, world: World, sign_in: SignIn, mia: User, now: object
) -> None:
    theirs = make_service("theirs")
    sign_in(world.ada).post(NEW, {**typed("x"), "source": "", "service": theirs.slug})
    browser = sign_in(mia)
    browser.post(NEW, typed("search"))
    assert "belongs to another team" in words(browser.get(f"{VERSIONS}1/"))
    assert browser.post(f"{VERSIONS}1/").status_code == 403
    assert Route.objects.count() == 2
    assert browser.post(f"{VERSIONS}2/").status_code == 303  # only their own route goes
    assert [one.service for one in Route.objects.all()] == [theirs]


def test_versions_of_a_source(am: Source, search: Service, sign_in: SignIn, mia: User, now: object) -> None:
    browser = sign_in(mia)
    form = {"name": "Main", "kind": "alertmanager", "service": "search", "grouping": "none", "unsigned": "on"}
    was = browser.get("/setup/source/am/").context["was"]
    assert browser.post("/setup/source/am/", {**form, "was": was}).status_code == 303
    told = words(browser.get(OF_AM))
    assert "new: + Service: Search" in told
    assert "no more: − Incidents: by its group labels" in told
    seen = words(browser.get(f"{OF_AM}1/"))
    assert "3 alerts would page somebody else." in seen
    assert "They would be 1 group instead of 3." in seen
    assert browser.post(f"{OF_AM}1/").status_code == 303
    am.refresh_from_db()
    assert (am.service, am.grouping) == (Service.objects.get(slug="checkout"), "labels")
    assert RuleVersion.objects.of(am).count() == 3


def test_a_source_of_the_file_goes_back_in_the_file(
    am: Source, search: Service, sign_in: SignIn, mia: User, now: object
) -> None:
    browser = sign_in(mia)
    form = {"name": "Main", "kind": "alertmanager", "service": "search", "grouping": "none", "unsigned": "on"}
    browser.post("/setup/source/am/", {**form, "was": browser.get("/setup/source/am/").context["was"]})
    Source.objects.update(from_file=True)
    response = browser.post(f"{OF_AM}1/")
    assert (response.status_code, "changed there" in words(response)) == (422, True)


def test_a_move_and_a_removal_ask_when_they_make_a_difference(
    am: Source, search: Service, sign_in: SignIn, mia: User, now: object
) -> None:
    browser = sign_in(mia)
    browser.post(NEW, typed("search"))
    browser.post(NEW, typed("search", service="checkout", **{"matchers-0-how": "!=", "matchers-0-value": "shop"}))
    first, second = Route.objects.all()
    asked = browser.post(ROUTES, {"up": str(second.pk)})
    assert "Nothing is changed yet" in words(asked)
    assert "2 alerts would page somebody else." in words(asked)
    assert list(Route.objects.all()) == [first, second]
    assert browser.post(ROUTES, {"up": str(second.pk), "sure": "yes"}).status_code == 303
    assert list(Route.objects.all()) == [second, first]
    assert browser.post(f"{ROUTES}{first.pk}/", {"act": "remove"}).status_code == 303  # it wanted nothing any more
    asked = browser.post(f"{ROUTES}{second.pk}/", {"act": "remove"})
    assert asked.status_code == 303  # its alerts go to the same service without it
    assert not Route.objects.exists()


def test_a_removal_that_pages_somebody_else_asks(
    am: Source, search: Service, sign_in: SignIn, mia: User, now: object
) -> None:
    browser = sign_in(mia)
    browser.post(NEW, typed("search"))
    address = f"{ROUTES}{Route.objects.get().pk}/"
    asked = browser.post(address, {"act": "remove"})
    assert "2 alerts would page somebody else." in words(asked)
    assert Route.objects.exists()
    assert browser.post(address, {"act": "remove", "sure": "yes"}).status_code == 303
    assert not Route.objects.exists()


def test_older_versions_stand_on_further_pages(
    am: Source, search: Service, sign_in: SignIn, mia: User, now: object
) -> None:
    browser = sign_in(mia)
    RuleVersion.objects.bulk_create(
        RuleVersion(number=number, at=AT, by=mia, rules=[{"n": number, "match": {}, "service_id": search.pk}])
        for number in range(1, 31)
    )
    for one in RuleVersion.objects.of(None):
        one.rules = [
            {"match": {"n": str(one.number)}, "service_id": search.pk, "source_id": None}
            | {"severity": "", "playbook_id": None}
        ]
        one.save()
    page = browser.get(VERSIONS)
    assert f"{VERSIONS}?before=11" in page.content.decode()
    told = words(browser.get(f"{VERSIONS}?before=11"))
    assert "Version 10 by Mia no more: − n = 9 → Search new: + n = 10 → Search" in told
    assert "Version 11 " not in told
