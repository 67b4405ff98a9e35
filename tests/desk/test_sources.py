"""Sources: keys shown once, what came in, what was turned away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.models import Body, Key, RejectedDelivery, Source
from incidents.models import Incident
from teams.models import Role, User, digest
from tests.desk.conftest import World
from tests.factories import AT, make_service, make_source, make_user

SignIn = Callable[[User], Client]
PAGE = "/services/sources/am/"


@pytest.fixture
def source(world: World) -> Source:
    """A source of payments, with a key; Mia manages payments."""
    return make_source("am", key="a-long-enough-key-0001", service=world.service)


def make_body(source: Source, **fields: Any) -> Body:
    """A request that came in."""
    values = {"received_at": AT, "digest": "x", "content": b"secret payload", "size": 14, "accepted": 1, **fields}
    return Body.objects.create(source=source, **values)


def test_list(world: World, sign_in: SignIn, source: Source, now: object) -> None:
    make_body(source)
    RejectedDelivery.objects.create(source=source, at=AT, reason="malformed", sentence="no JSON")
    RejectedDelivery.objects.create(source=source, at=AT - timedelta(days=8), reason="malformed", sentence="no JSON")
    (row,) = sign_in(world.olga).get("/services/sources/").context["rows"]
    assert (row.source, row.last, row.rejected, row.alerts_firing) == (source, AT, 1, 0)


def test_unknown_keys_are_the_administrators(world: World, sign_in: SignIn, source: Source, now: object) -> None:
    RejectedDelivery.objects.create(at=AT, reason="unknown_key", sentence="No source has this key.", key_hint="abc")
    assert len(sign_in(world.ada).get("/services/sources/").context["rejected"]) == 1
    assert sign_in(world.ana).get("/services/sources/").context["rejected"] == []


def test_queries_of_the_list_do_not_grow(
    world: World, sign_in: SignIn, now: object, django_assert_max_num_queries: Any
) -> None:
    browser = sign_in(world.ada)
    make_source(service=world.service)
    with django_assert_max_num_queries(100) as few:
        browser.get("/services/sources/")
    for _number in range(30):
        make_body(make_source(service=make_service()))
    with django_assert_max_num_queries(len(few)):
        browser.get("/services/sources/")


def test_address_and_blocks_to_paste(world: World, sign_in: SignIn, source: Source, now: object) -> None:
    text = sign_in(world.olga).get(PAGE).content.decode()
    assert "http://testserver/api/in/alertmanager/" in text
    assert "send_resolved: true" in text
    assert "curl" in text
    assert "a-long-enough-key-0001" not in text


def test_what_came_in(world: World, sign_in: SignIn, source: Source, now: object) -> None:
    make_body(source, outcome={"decision": "opened", "incidents": ["INC-7"], "marks": ["truncated"]})
    text = sign_in(world.ana).get(PAGE).content.decode()
    for word in ("opened", "INC-7", "truncated", "would page Ana Ames"):
        assert word in text
    assert "secret payload" not in text


def test_turned_away_is_its_teams(world: World, sign_in: SignIn, source: Source, now: object) -> None:
    RejectedDelivery.objects.create(source=source, at=AT, reason="malformed", sentence="Line 1 is no JSON.")
    assert "Line 1 is no JSON." in sign_in(world.ana).get(PAGE).content.decode()
    assert "Line 1 is no JSON." not in sign_in(make_user("Zoe")).get(PAGE).content.decode()


def test_keys_are_for_those_who_run_it(world: World, sign_in: SignIn, source: Source, mia: User, now: object) -> None:
    for user, sees in ((world.ana, False), (world.olga, False), (mia, True), (world.ada, True)):
        text = sign_in(user).get(PAGE).content.decode()
        assert ("new_key" in text) is sees
        assert ("a-lo…" in text) is sees


@pytest.mark.parametrize("act", ["new_key", "revoke_key", "test"])
def test_others_are_refused(act: str, world: World, sign_in: SignIn, source: Source, now: object) -> None:
    key = source.keys.get()
    other_manager = make_user("Max", role=Role.MANAGER)
    for user in (world.ana, world.olga, other_manager):
        assert sign_in(user).post(PAGE, {"act": act, "key": key.pk}).status_code == 403
    assert Key.objects.filter(revoked_at=None).count() == 1
    assert not Incident.objects.exists()


def test_rotation(world: World, sign_in: SignIn, source: Source, mia: User, now: object) -> None:
    browser = sign_in(mia)
    made = browser.post(PAGE, {"act": "new_key"})
    secret = made.context["new_key"]
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    assert f"http://testserver/api/in/alertmanager/{secret}" in made.content.decode()
    assert Key.objects.get(key_hash=digest(secret)).revoked_at is None
    assert secret not in browser.get(PAGE).content.decode()
    third = browser.post(PAGE, {"act": "new_key"})
    assert third.status_code == 409
    assert "Two keys live already" in third.content.decode()
    old = source.keys.order_by("pk")[0]
    for _turn in range(2):
        assert browser.post(PAGE, {"act": "revoke_key", "key": old.pk}).status_code == 303
    old.refresh_from_db()
    assert old.revoked_at == AT
    assert browser.post(PAGE, {"act": "new_key"}).status_code == 200


@pytest.mark.parametrize("number", ["", "x", "999999", "99999999999999999999"])
def test_no_such_key(number: str, world: World, sign_in: SignIn, source: Source, mia: User) -> None:
    assert sign_in(mia).post(PAGE, {"act": "revoke_key", "key": number}).status_code == 404


def test_keys_of_other_sources_are_not_revoked_here(world: World, sign_in: SignIn, source: Source, mia: User) -> None:
    other = make_source(key="another-long-key-0002", service=make_service())
    assert sign_in(mia).post(PAGE, {"act": "revoke_key", "key": other.keys.get().pk}).status_code == 404


def test_test_alert_goes_the_whole_way(world: World, sign_in: SignIn, source: Source, mia: User, now: object) -> None:
    response = sign_in(mia).post(PAGE, {"act": "test"})
    incident = Incident.objects.get()
    assert (response.status_code, response.headers["Location"]) == (303, incident.path)
    assert incident.service == world.service
    assert incident.page_due_at == AT


def test_unknown_act_and_source(world: World, sign_in: SignIn, source: Source, mia: User) -> None:
    assert sign_in(mia).post(PAGE, {"act": "explode"}).status_code == 422
    assert sign_in(mia).get("/services/sources/nothing/").status_code == 404


def test_source_without_a_service(world: World, sign_in: SignIn, now: object) -> None:
    make_source("routed", kind="generic")
    assert sign_in(world.ana).get("/services/sources/routed/").status_code == 200
    assert sign_in(world.ada).post("/services/sources/routed/", {"act": "test"}).status_code == 303


@pytest.mark.parametrize(("kind", "words"), [("pagerduty", "routing_key"), ("opsgenie", "Authorization: GenieKey")])
def test_kinds_with_a_protocol_of_their_own_show_its_address(
    world: World, sign_in: SignIn, kind: str, words: str
) -> None:
    found = make_source("own", kind=kind, key="a-long-random-key-0001", service=world.service)
    client = sign_in(make_user(role=Role.ADMIN))
    page = client.get("/services/sources/own/").content.decode()
    assert words in page
    assert "/v2/" in page
    client.post("/services/sources/own/", {"act": "test"})
    assert Incident.objects.get().drill
    assert found.bodies.get().accepted == 1
