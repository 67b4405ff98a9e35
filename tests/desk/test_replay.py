"""What the last seven days would have become under other rules, before they are saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from alerts.models import Body, Route, Source
from alerts.replay import Replay, replay, rules_of
from incidents.models import Incident
from teams.models import Service, User
from tests.alerts.posting import KEY, fire, group, post
from tests.desk.conftest import World
from tests.factories import AT, make_source

SignIn = Callable[[User], Client]
FORM = {"name": "am", "kind": "alertmanager", "service": "checkout", "grouping": "labels", "unsigned": "on"}
ROUTE = {"source": "am", "service": "search", "matchers-rows": "1", "matchers-0-how": "is"}


@pytest.fixture
def source(world: World) -> Source:
    """Ana has its pager; three alerts came in, two of them of the team search, one of those twice."""
    made = make_source("am", key=KEY, service=world.service)
    for minute, name, team in ((1, "a", "search"), (2, "b", "search"), (3, "c", "shop"), (9, "a", "search")):
        post(group(fire(name, team=team)), at=AT - timedelta(hours=1) + timedelta(minutes=minute))
    return made


def seen(source: Source, *routes: Route, **changes: object) -> Replay:
    """The replay with these routes, and with these fields of the source."""
    changed = Source.objects.get(pk=source.pk)
    for name, value in changes.items():
        setattr(changed, name, value)
    return replay(rules_of([source], {source.pk: changed}, routes or None, AT), AT)


def test_nothing_changes_nothing(source: Source) -> None:
    found = seen(source)
    assert (found.alerts, found.differences, found.bodies, found.whole) == (3, 0, 4, True)


def test_a_route_sends_alerts_to_somebody_else(source: Source, search: Service) -> None:
    found = seen(source, Route(match={"team": "search"}, service=search, severity="critical"))
    assert (found.elsewhere, found.service, found.severity, found.nobody, found.lost) == (2, 2, 2, 0, 0)
    assert {one.title for one in found.examples} == {"Down on a", "Down on b"}
    one = found.examples[0]
    assert one.before
    assert one.after
    assert (one.before.paged, one.after.paged, one.after.severity) == ("Ana Ames", "Bob Bell", "critical")


def test_grouping_changes_the_number_of_groups(source: Source) -> None:
    assert seen(source, grouping="none").incidents == (1, 3)


def test_what_is_not_read_any_more_is_counted(world: World) -> None:
    source = make_source("ci", kind="generic", key=KEY, service=world.service)
    for name in ("x", "y"):
        body = {"title": name, "dedup_key": name, "verdict": "good"}
        assert post(body, path=f"/api/in/generic/{KEY}", at=AT - timedelta(hours=1)).status_code == 202
    mapping = {
        "title": "title",
        "dedup_key": "dedup_key",
        "status": {"paths": ["verdict"], "words": {"good": "resolved"}},
    }
    found = seen(source, mapping=mapping)
    assert (found.alerts, found.lost) == (2, 2)


def test_older_than_a_week_is_left_out(source: Source) -> None:
    Body.objects.update(received_at=AT - timedelta(days=8))
    assert seen(source).bodies == 0


def test_only_the_newest_where_they_are_many(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.replay.MOST_BODIES", 2)
    found = seen(source)
    assert (found.bodies, found.whole, found.alerts) == (2, False, 2)


def test_the_form_of_a_route_shows_it_and_saves_nothing(
    source: Source, search: Service, sign_in: SignIn, mia: User, now: object
) -> None:
    before = (Body.objects.count(), Incident.objects.count())
    typed = {**ROUTE, "matchers-0-label": "team", "matchers-0-value": "search", "act": "look"}
    text = sign_in(mia).post("/setup/routes/new/", typed).content.decode()
    for words in ("2 alerts would page somebody else.", "2 would go to another service.", "Ana Ames", "Bob Bell"):
        assert words in text
    assert 'value="search"' in text
    assert not Route.objects.exists()
    assert (Body.objects.count(), Incident.objects.count()) == before


def test_the_form_of_a_source_shows_it_and_saves_nothing(
    source: Source, search: Service, sign_in: SignIn, mia: User, now: object
) -> None:
    browser = sign_in(mia)
    was = browser.get("/setup/source/am/").context["was"]
    typed = {**FORM, "service": "search", "act": "look", "was": was}
    text = browser.post("/setup/source/am/", typed).content.decode()
    assert "3 alerts would page somebody else." in text
    assert Source.objects.get().service != search
    same = browser.post("/setup/source/am/", {**FORM, "act": "look", "was": was}).content.decode()
    assert "Nothing would have been different." in same


def test_a_new_source_has_nothing_to_compare(world: World, sign_in: SignIn, mia: User, now: object) -> None:
    text = sign_in(mia).post("/setup/source/", {**FORM, "act": "look"}).content.decode()
    assert "there is nothing to compare" in text
    assert not Source.objects.exists()


def test_another_team_may_not_ask(source: Source, world: World, sign_in: SignIn, now: object) -> None:
    typed = {**ROUTE, "service": "checkout", "matchers-0-label": "team", "matchers-0-value": "x", "act": "look"}
    assert sign_in(world.ana).post("/setup/routes/new/", typed).status_code == 403
