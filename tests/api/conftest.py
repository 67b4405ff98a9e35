"""Scripts with their tokens, and a small organisation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.test import Client

from oncall.models import Coverage, Schedule
from teams.models import Role, Service, Team, User
from tests.factories import (
    AT,
    make_method,
    make_policy,
    make_schedule,
    make_service,
    make_source,
    make_team,
    make_token,
    make_user,
)


@dataclass
class Script:
    """A program that calls the API with one token."""

    secret: str
    client: Client = field(default_factory=Client)

    def call(self, method: str, where: str, body: Any = "", **query: str) -> Any:
        """Send it; `where` is below /api/v1/."""
        return self.client.generic(
            method,
            f"/api/v1/{where}",
            body if isinstance(body, str | bytes) else json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {self.secret}"},
            query_params=query,
        )

    def get(self, where: str, **query: str) -> Any:
        """The JSON of a 200."""
        response = self.call("GET", where, **query)
        assert response.status_code == 200, response.content
        return response.json()

    def post(self, where: str, body: Any = "", *, expect: int = 200) -> Any:
        """The JSON of what is expected."""
        response = self.call("POST", where, body)
        assert response.status_code == expect, response.content
        return response.json()

    def patch(self, where: str, body: Any, *, expect: int = 200) -> Any:
        """The JSON of what is expected."""
        response = self.call("PATCH", where, body)
        assert response.status_code == expect, response.content
        return response.json()


@dataclass
class World:
    """Ana and Bob are in payments and share its pager; Cleo is elsewhere, Mia manages, Olga looks on, Ada administers."""

    ana: User
    bob: User
    cleo: User
    mia: User
    olga: User
    ada: User
    team: Team
    schedule: Schedule
    service: Service


@pytest.fixture
def world(db: None) -> World:
    """The organisation of most tests."""
    ana, bob, cleo = make_user("Ana"), make_user("Bob"), make_user("Cleo")
    mia, olga, ada = (make_user(n, role=r) for n, r in (("Mia", "manager"), ("Olga", Role.OBSERVER), ("Ada", "admin")))
    make_method(ana)
    make_method(bob)
    team = make_team("payments", members=(ana, bob), manager=mia)
    schedule = make_schedule("payments-primary", ana, bob, team=team, timezone="Europe/London")
    policy = make_policy("payments", (300, ["schedule:payments-primary"]), catch_all=["user:ada@example.com"])
    service = make_service("checkout", team=team, default_class="critical", target="99.9")
    Coverage.objects.create(service=service, policy=policy)
    make_source("am", service=service)
    return World(ana, bob, cleo, mia, olga, ada, team, schedule, service)


@pytest.fixture
def script() -> Callable[..., Script]:
    """A script of this person, with a token that writes."""

    def make(user: User, scope: str = "write") -> Script:
        return Script(make_token(user, scope=scope))

    return make


@pytest.fixture
def ana(world: World, script: Callable[..., Script]) -> Script:
    """Ana's script."""
    return script(world.ana)


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    """The clock stands at AT (Saturday 2026-11-21 02:04 UTC)."""
    with time_machine.travel(AT, tick=False) as clock:
        yield clock
