"""A way that somebody's own rules leave out is offered a rule; the first screens offer push."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from paging.models import PersonalRule
from teams.models import User
from tests.desk.conftest import World
from tests.factories import make_method

SignIn = Callable[[User], Client]
PAGE = "/settings/methods/"


@pytest.mark.usefixtures("now")
def test_a_new_way_beside_rules_is_offered_one_for_every_class_that_has_some(world: World, sign_in: SignIn) -> None:
    mail, client = world.ana.contact_methods.get(), sign_in(world.ana)
    for severity in ("critical", "default"):
        PersonalRule.objects.create(user=world.ana, severity=severity, method=mail)
    assert "your rules leave it out" not in client.get(PAGE).content.decode()
    make_method(world.ana, slug="new", address="new@example.com")
    make_method(world.ana, slug="unproved", address="un@example.com", verified=False)
    text = client.get(PAGE).content.decode()
    assert "e-mail new@example.com rings for no page: your rules leave it out." in text
    assert "un@example.com rings for no page" not in text
    assert client.post(PAGE, {"act": "ring_too", "method": "new"}).status_code == 303
    rules = PersonalRule.objects.filter(method__slug="new")
    assert set(rules.values_list("severity", "after")) == {("critical", 0), ("default", 0)}
    assert "your rules leave it out" not in client.get(PAGE).content.decode()


@pytest.mark.usefixtures("now")
def test_without_rules_everything_rings_and_nothing_is_offered(world: World, sign_in: SignIn) -> None:
    make_method(world.ana, slug="new", address="new@example.com")
    client = sign_in(world.ana)
    assert "your rules leave it out" not in client.get(PAGE).content.decode()
    client.post(PAGE, {"act": "ring_too", "method": "new"})
    assert not PersonalRule.objects.exists()


@pytest.mark.usefixtures("now")
def test_what_cannot_ring_gets_no_rule_and_nobody_elses_does(world: World, sign_in: SignIn) -> None:
    PersonalRule.objects.create(user=world.ana, severity="critical", method=world.ana.contact_methods.get())
    make_method(world.ana, slug="unproved", verified=False)
    client = sign_in(world.ana)
    assert client.post(PAGE, {"act": "ring_too", "method": "unproved"}).status_code == 422
    assert client.post(PAGE, {"act": "ring_too", "method": "none"}).status_code == 404
    assert sign_in(world.bob).post(PAGE, {"act": "ring_too", "method": "unproved"}).status_code == 404
    assert PersonalRule.objects.count() == 1


@pytest.mark.usefixtures("now")
def test_the_second_screen_offers_push_where_it_can(world: World, sign_in: SignIn, settings: Settings) -> None:
    client = sign_in(world.ada)
    settings.VAPID_PRIVATE_KEY = ""
    assert "Wake me in this browser" not in client.get("/start/wake/").content.decode()
    settings.VAPID_PRIVATE_KEY = "set"
    text = client.get("/start/wake/").content.decode()
    assert "Wake me in this browser" in text
    assert 'data-push="/settings/methods/push/"' in text
