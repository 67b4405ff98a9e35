"""Calendars of others by scripts."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from oncall.models import ImportedCalendar
from teams.models import Role
from tests.api.conftest import Script, World
from tests.fakes.calendars import CalendarServer, Served
from tests.oncall.calendars_of_others import ONCALL, OUTLOOK

CALENDARS = "calendars/"


@pytest.fixture
def server(settings: Settings) -> Iterator[CalendarServer]:
    """A calendar on loopback, which may be called here."""
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    made = CalendarServer()
    yield made
    made.close()


def test_added_read_and_removed(world: World, ana: Script, server: CalendarServer) -> None:
    server.served = Served(OUTLOOK)
    typed = {"kind": "absences", "person": "ana@example.com", "address": server.url, "name": "My days"}
    made = ana.post(CALENDARS, typed, expect=201)
    assert ana.post(CALENDARS, typed, expect=201) == made
    assert (made["person"], made["host"], made["name"], made["error"]) == (
        "ana@example.com",
        "127.0.0.1",
        "My days",
        "",
    )
    assert "private" not in str(made)
    assert ana.get(CALENDARS)["results"] == [made]
    assert len(ana.get("absences/")["results"]) == 3
    for _time in range(2):
        assert ana.post(f"{CALENDARS}{made['id']}/remove/", {}) == made | {"host": ""}
    assert ana.get(CALENDARS)["results"] == []
    assert ana.get("absences/")["results"] == []


def test_shifts_are_for_who_may_set_the_schedule_up(world: World, ana: Script, server: CalendarServer) -> None:
    server.served = Served(ONCALL)
    typed = {"kind": "layer", "schedule": "payments-primary", "role": "secondary", "address": server.url}
    ana.post(CALENDARS, typed, expect=403)
    world.ana.role = Role.ADMIN
    world.ana.save()
    made = ana.post(CALENDARS, typed, expect=201)
    assert (made["schedule"], made["role"]) == ("payments-primary", "secondary")
    world.ana.role = Role.RESPONDER
    world.ana.save()
    ana.post(f"{CALENDARS}{made['id']}/remove/", {}, expect=403)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"address": "nonsense"}, 422),
        ({"address": "http://10.0.0.1/a.ics"}, 422),
        ({"address": "x" * 3000}, 400),
        ({"kind": "birthdays"}, 400),
        ({"kind": "layer"}, 422),
        ({"kind": "holidays", "team": "nowhere"}, 422),
        ({"kind": "holidays", "team": "payments"}, 403),
        ({"kind": "layer", "schedule": "payments-primary"}, 403),
        ({"person": "bob@example.com"}, 403),
    ],
)
def test_refused_in_words(
    change: dict[str, Any], status: int, world: World, ana: Script, server: CalendarServer
) -> None:
    server.served = Served(OUTLOOK)
    typed = {"kind": "absences", "person": "ana@example.com", "address": server.url}
    answer = ana.post(CALENDARS, typed | change, expect=status)
    assert answer["error"]["message"]
    assert not ImportedCalendar.objects.exists()
