"""Somebody who is signed in, and a small organisation around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import time_machine
from django.test import Client

from oncall.models import Coverage, EscalationPolicy, Schedule
from teams.models import Role, Service, Team, User
from tests.factories import AT, make_method, make_policy, make_schedule, make_service, make_team, make_user


@dataclass
class World:
    """Ana and Bob are in payments and share its pager (Ana holds it at AT); Olga looks on; Ada is the administrator."""

    ana: User
    bob: User
    olga: User
    ada: User
    team: Team
    schedule: Schedule
    policy: EscalationPolicy
    service: Service


@pytest.fixture
def world(db: None) -> World:
    """The organisation of most tests."""
    ana, bob = make_user("Ana Ames"), make_user("Bob Bell")
    olga, ada = make_user("Olga", role=Role.OBSERVER), make_user("Ada", role=Role.ADMIN)
    make_method(ana)
    team = make_team("payments", members=(ana, bob))
    schedule = make_schedule("payments-primary", ana, bob, team=team, every=52)
    steps = ((300, ["schedule:payments-primary"]), (600, [f"user:{bob.email}"]))
    policy = make_policy("payments", *steps, repeat=1, catch_all=[f"user:{ada.email}"])
    service = make_service("checkout", team=team)
    Coverage.objects.create(service=service, policy=policy)
    return World(ana, bob, olga, ada, team, schedule, policy, service)


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    """A browser in which this person is signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def now() -> Iterator[time_machine.Traveller]:
    """The clock stands at AT (Saturday 2026-11-21 02:04 UTC)."""
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


@pytest.fixture
def mia(world: World) -> User:
    """The manager of payments."""
    mia = make_user("Mia", role=Role.MANAGER)
    world.team.manager = mia
    world.team.save()
    return mia


@pytest.fixture
def search(world: World) -> Service:
    """Bob has its pager."""
    service = make_service("search", team=world.team)
    Coverage.objects.create(service=service, policy=make_policy("search", (300, [f"user:{world.bob.email}"])))
    return service
