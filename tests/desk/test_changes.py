"""What changed: on the page of a service, and beside incidents that began soon after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client

from incidents.changes import Change
from teams.models import Service, User
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_service


def change(title: str, service: Service | None, minutes: int, **more: Any) -> Change:
    at = AT - timedelta(minutes=minutes)
    return Change.objects.create(title=title, service=service, at=at, told_at=at, **more)


def test_beside_the_incident(world: World, sign_in: Callable[[User], Client]) -> None:
    incident = make_incident(service=world.service)
    links = [{"label": "Build", "url": "https://ci.example/1"}, {"label": "Bad", "url": "javascript:x"}]
    change("Deploy 1.2", world.service, 12, version="1.2", cause="ci", links=links)
    change("A switch for all", None, 30)
    change("Too old", world.service, 121)
    change("Of another service", make_service(), 5)
    change("Long after", world.service, -16)
    page = sign_in(world.ana).get(incident.path).content.decode()
    assert page.index("Deploy 1.2") < page.index("A switch for all")
    assert "https://ci.example/1" in page
    for absent in ("Too old", "Of another service", "Long after", "javascript:x"):
        assert absent not in page


def test_on_the_page_of_the_service(world: World, sign_in: Callable[[User], Client]) -> None:
    address = f"/services/{world.service.slug}/"
    assert "No deploy was told yet" in sign_in(world.ana).get(address).content.decode()
    change("Deploy 1.2", world.service, 12)
    assert "Deploy 1.2" in sign_in(world.ana).get(address).content.decode()
