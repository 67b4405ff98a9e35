"""Silences as pages: seen before they are saved, told wherever something is quiet, ended by whom they belong to."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts import silencing
from alerts.models import Silence, Source
from alerts.silencing import Wish
from desk import silence_forms
from incidents.models import Incident
from teams.models import User
from tests.alerts.posting import accepted, fire, group, make_am
from tests.desk.conftest import World
from tests.factories import AT, make_service

SignIn = Callable[[User], Client]
PAGE, NEW = "/incidents/silences/", "/incidents/silences/new/"
HOUR = timedelta(hours=1)
ROW = {"matchers-rows": "1", "matchers-0-label": "instance", "matchers-0-how": "is", "matchers-0-value": "a"}


def words(response: Any) -> str:
    """The page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def typed(**more: str) -> dict[str, str]:
    """What the form of a silence of checkout sends."""
    usual = {"reason": "Known", "ends": "2026-11-21T06:00", "services-rows": "1", "services-0-service": "checkout"}
    return {**usual, **ROW, **more}


@pytest.fixture
def am(world: World) -> Source:
    """Alertmanager of checkout."""
    return make_am(world.service, class_from={"label": "severity", "map": {}, "default": "major"})


def test_what_would_be_quiet_is_seen_before_and_true_after(
    world: World, sign_in: SignIn, am: Source, now: object
) -> None:
    accepted(group(fire("a")))
    accepted(group(fire("b"), groupLabels={"alertname": "Other"}))
    first, second = Incident.objects.order_by("pk")
    client = sign_in(world.ana)
    seen = client.post(NEW, typed(act="look"))
    assert seen.status_code == 200
    assert first.number in words(seen)
    assert "began 1 time" in words(seen)
    assert second.number not in words(seen)
    assert not Silence.objects.exists()
    first.refresh_from_db()
    assert first.silenced_until is None
    made = client.post(NEW, typed(act="save"))
    silence = Silence.objects.get()
    assert (made.status_code, made["Location"]) == (303, silence.path)
    until = dict(Incident.objects.values_list("pk", "silenced_until"))
    assert until == {first.pk: AT.replace(hour=6, minute=0), second.pk: None}
    for place in (PAGE, silence.path, first.path, "/", "/services/checkout/"):
        assert "Known" in words(client.get(place)), place
    assert "by Ana" in words(client.get(first.path))
    assert "Quiet until" in words(sign_in(world.olga).get(silence.path))


def test_like_these_is_filled_with_the_labels(world: World, sign_in: SignIn, am: Source, now: object) -> None:
    accepted(group(fire("a"), fire("b")))
    client, incident = sign_in(world.ana), Incident.objects.get()
    link = f"{NEW}?incident={incident.number}"
    assert link in client.get(incident.path).content.decode()
    page = client.get(link).content.decode()
    assert 'value="alertname"' in page
    assert 'value="Down"' in page
    assert 'value="instance"' not in page  # the two differ in it
    assert '<option value="checkout" selected>' in page


def test_what_is_about_to_be_saved_stands_above_what_it_does(
    world: World, sign_in: SignIn, am: Source, now: object
) -> None:
    page = words(sign_in(world.ana).post(NEW, {**typed(), "act": "look"}))
    for said in ("Why Known", "From now", "Until Sat 21 Nov"):
        assert said in page, page


def test_nearly_everything_needs_a_tick(world: World, sign_in: SignIn, am: Source, now: object) -> None:
    client = sign_in(world.ana)
    wide = typed(**{"matchers-0-how": "!="})
    assert "I mean all of them" in words(client.post(NEW, {**wide, "act": "look"}))
    refused = client.post(NEW, {**wide, "act": "save"})
    assert refused.status_code == 422
    assert "Say below that all of these alerts are meant" in words(refused)
    assert client.post(NEW, {**wide, "act": "save", "all_of_it": "yes"}).status_code == 303


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"reason": ""}, "This field is required"),
        ({"ends": "2026-12-21T06:00"}, "At most 168 hours"),
        ({"ends": "2026-11-20T06:00"}, "after the beginning"),
        ({"ends": "tomorrow"}, "Type a day and a time"),
        ({"matchers-0-how": "=~", "matchers-0-value": "("}, "is not valid RE2"),
        ({"matchers-0-value": "=~x"}, "A plain value cannot begin so"),
        ({"matchers-0-how": "one_of", "matchers-0-value": " , "}, "an empty list can never match"),
    ],
)
def test_refused_in_words(world: World, sign_in: SignIn, now: object, change: dict[str, str], sentence: str) -> None:
    response = sign_in(world.ana).post(NEW, typed(**change, act="save"))
    assert response.status_code == 422
    assert sentence in words(response)
    assert not Silence.objects.exists()


def test_a_time_that_happens_twice_is_asked_back(world: World, sign_in: SignIn, now: object) -> None:
    world.ana.timezone = "America/New_York"
    world.ana.save()
    form = typed(starts="2027-03-14T02:30", ends="2027-03-14T05:00")
    response = sign_in(world.ana).post(NEW, {**form, "act": "look"})
    assert response.status_code == 422
    assert "does not exist in America/New_York" in words(response)


def test_rows_come_and_go_without_a_script(world: World, sign_in: SignIn, now: object) -> None:
    client = sign_in(world.ana)
    page = client.post(NEW, typed(act="add:matchers"))
    assert page.status_code == 200
    assert 'name="matchers-1-label"' in page.content.decode()
    assert "is required" not in words(page)


def test_only_those_of_the_service_may(world: World, sign_in: SignIn, am: Source, now: object) -> None:
    make_service("search")
    client = sign_in(world.ana)
    assert client.post(NEW, typed(**{"services-0-service": "search"}, act="save")).status_code == 403
    assert client.post(NEW, typed(**{"services-0-service": ""}, act="save")).status_code == 403
    assert sign_in(world.olga).get(NEW).status_code == 403
    assert sign_in(world.ada).post(NEW, typed(**{"services-0-service": ""}, act="save")).status_code == 303
    silence = Silence.objects.get()
    assert client.post(silence.path, {"act": "end"}).status_code == 403
    assert "End it now" not in words(client.get(silence.path))


def test_another_end_and_the_end(world: World, sign_in: SignIn, am: Source, now: object) -> None:
    wish = Wish("maintenance", {}, [world.service], AT, AT + HOUR, "New disks")
    silence = silencing.make(wish, by=world.bob, at=AT)
    client = sign_in(world.ana)
    assert client.post(silence.path, {"act": "move", "ends": "2026-11-21T05:00"}).status_code == 303
    silence.refresh_from_db()
    assert silence.ends_at == AT.replace(hour=5, minute=0)
    assert client.post(silence.path, {"act": "move", "ends": "2026-11-25T05:00"}).status_code == 422
    assert client.post(silence.path, {"act": "end"}).status_code == 303
    assert client.post(silence.path, {"act": "move", "ends": "2026-11-21T06:00"}).status_code == 409
    assert "by Ana" in words(client.get(PAGE))


def test_who_made_it_may_end_it_and_no_more(world: World, sign_in: SignIn, now: object) -> None:
    wish = Wish("maintenance", {}, [make_service("search")], AT, AT + HOUR, "New disks")
    silence = silencing.make(wish, by=world.ana, at=AT)
    client = sign_in(world.ana)
    assert "Another end" not in words(client.get(silence.path))
    assert client.post(silence.path, {"act": "move", "ends": "2026-11-21T05:00"}).status_code == 403
    assert client.post(silence.path, {"act": "end"}).status_code == 303


def test_a_preview_reads_so_many_alerts_and_says_so(
    world: World, sign_in: SignIn, am: Source, now: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence_forms, "LOOKED_AT", 2)
    accepted(group(fire("a")))
    accepted(group(fire("a2"), fire("b"), groupLabels={"alertname": "Other"}))
    older, newer = Incident.objects.order_by("pk")
    client = sign_in(world.ana)
    seen = words(client.post(NEW, typed(act="look", **{"matchers-0-how": "=~", "matchers-0-value": ".*"})))
    assert newer.number in seen
    assert older.number not in seen
    assert "More than 5,000 alerts fire now" in seen
    monkeypatch.setattr(silence_forms, "LOOKED_AT", 3)
    seen = words(client.post(NEW, typed(act="look")))
    assert older.number in seen
    assert "More than 5,000" not in seen
