"""The postmortem's editor: one form that loses nothing, with or without scripts, whoever else writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from incidents import lifecycle as incidents
from incidents.models import Incident
from postmortems import lifecycle
from postmortems.models import Postmortem
from postmortems.prompts import PROMPTS
from teams.models import Role, User
from tests.awful import Forms
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_user

SignIn = Callable[[User], Client]
LONG = "Orders were accepted and payments were not, because the queue of the payment worker stood still for an hour. " * 2


def over(world: World, title: str = "Queue stuck", severity: str = "critical") -> Incident:
    """An incident that Ana acknowledged and that is resolved at AT."""
    early = AT - timedelta(hours=1)
    incident = make_incident(title, service=world.service, severity=severity, at=early)
    incidents.acknowledge(incident, by=world.ana, at=early + timedelta(minutes=2))
    return incidents.resolve(incident, at=AT, by=world.ana)


@pytest.fixture
def pm(world: World, now: object) -> Postmortem:
    """The draft of such an incident, owned by Ana; Mia manages the team."""
    world.team.manager = make_user("Mia", role=Role.MANAGER)
    world.team.save()
    return lifecycle.ensure(over(world), AT)


def fields(client: Client, path: str) -> dict[str, Any]:
    """What a browser without scripts would send from the form on this page: text areas too."""
    page = client.get(path).content.decode()
    (found,) = [one for action, method, one in Forms(page).forms if method == "post" and "was-summary" in one]
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    sent: dict[str, Any] = found | {name: unescape(text) for name, text in areas if name != "factor"}
    sent["factor"] = [unescape(text) for name, text in areas if name == "factor"]
    sent["row"] = re.findall(r'name="row" value="(\d+)" checked', page)
    return {name: value for name, value in sent.items() if name not in {"save", "look", "csrfmiddlewaretoken"}}


def whole(pm: Postmortem, world: World) -> dict[str, Any]:
    """Everything that the checks ask for, as it is typed."""
    asked = list(PROMPTS)[:1] + list(PROMPTS)[4:6]
    answers = {f"answer-{key}": "It was seen late." for key in asked}
    return {
        "summary": LONG,
        "impact": "1,204 orders waited.",
        "factor": ["The queue had no alert", "Retries hid it", ""],
        **answers,
        **{f"was-answer-{key}": "055539df4a0b804c" for key in asked},
        "row_at": "2026-11-20T08:00",
        "row_text": "A deploy doubled the retries",
        "item_title": "Alert on a queue that stands still",
        "item_done_when": "An alert fires within 5 minutes",
        "item_owner": world.bob.email,
        "item_due": "2026-12-01",
        "item_priority": "P1",
        "item_type": "detect",
    }


def test_the_page_has_everything_at_one_address(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    text = sign_in(world.ana).get(pm.path).content.decode()
    for place in ("summary", "impact", "timeline", "factors", "questions", "surprises", "items"):
        assert f'id="{place}"' in text
        assert f'href="#{place}"' in text
    assert "in 1 d 0 h" in text or "in 23 h 59" in text
    assert "root cause" not in text.lower()
    assert len(text) < 60_000
