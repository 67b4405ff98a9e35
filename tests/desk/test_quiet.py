"""Quiet until, in the page: asked for with an end and a reason, shown while it lasts, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from incidents.models import Incident
from teams.models import User
from tests.desk.conftest import World
from tests.factories import AT, make_incident

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def asked(browser: Client, incident: Incident, **fields: str) -> int:
    """The form of "Quiet until ..." is sent; the answer's code."""
    return browser.post(f"{incident.path}quiet/", fields).status_code


def test_it_is_quiet_until_its_end_and_the_page_says_so_no_longer(
    world: World, sign_in: Callable[[User], Client]
) -> None:
    browser = sign_in(world.ana)
    with time_machine.travel(AT, tick=False):
        incident = make_incident(service=world.service)
        assert "Quiet until …" in browser.get(incident.path).content.decode()
        assert asked(browser, incident, minutes="30", reason="A deploy runs") == 303
        said = browser.get(incident.path).content.decode()
        assert "<strong>Quiet until" in said
        assert "A deploy runs" in said
    with time_machine.travel(AT + 31 * MINUTE, tick=False):
        assert "<strong>Quiet until" not in browser.get(incident.path).content.decode()


@pytest.mark.parametrize(
    "fields", [{"minutes": "61"}, {"minutes": "0"}, {"minutes": "soon"}, {"reason": ""}, {"minutes": ""}]
)
def test_what_is_not_allowed_changes_nothing(
    world: World, sign_in: Callable[[User], Client], fields: dict[str, str]
) -> None:
    with time_machine.travel(AT, tick=False):
        incident = make_incident(service=world.service, severity="critical")
        assert asked(sign_in(world.ana), incident, **{"minutes": "30", "reason": "why", **fields}) == 422
    incident.refresh_from_db()
    assert incident.silenced_until is None
