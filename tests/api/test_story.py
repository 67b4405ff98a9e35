"""Timelines and pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import command
from paging.models import ContactMethod, Delivery
from tests.api.conftest import Script, World
from tests.factories import AT, make_incident, make_page, make_user


def counted(script: Script, where: str) -> int:
    script.get(where)
    with CaptureQueriesContext(connection) as caught:
        script.get(where)
    return len(caught)


def test_a_timeline_is_read_from_its_beginning(world: World, ana: Script) -> None:
    incident = make_incident(service=world.service)
    where = f"incidents/{incident.number}/timeline/"
    few = counted(ana, where)
    for n in range(55):
        command.note(incident, by=world.ana, text=f"note {n}", at=AT)
    first = ana.get(where)
    assert [row["kind"] for row in first["results"][:2]] == ["opened", "note"]
    assert (
        first["results"][1].items() >= {"by": "ana@example.com", "text": "note 0", "at": "2026-11-21T02:04:00Z"}.items()
    )
    assert len(first["results"]) == 50
    response: Any = ana.client.get(first["next"], headers={"authorization": f"Bearer {ana.secret}"})
    assert [row["text"] for row in response.json()["results"]][-1] == "note 54"
    assert response.json()["next"] is None
    assert counted(ana, where) == few


def test_pages_of_an_incident_are_a_bare_array(world: World, ana: Script) -> None:
    incident = make_incident(service=world.service)
    page = make_page(world.ana, incident, round=0, step=0, because="primary of payments, step 1")
    sent = AT + timedelta(seconds=2)
    method = ContactMethod.objects.get(user=world.ana)
    Delivery.objects.create(
        page=page, method=method, kind="email", state="sent", due_at=AT, attempt=1, sent_at=sent, provider_ref="<a@b>"
    )
    assert ana.get(f"incidents/{incident.number}/pages/") == [
        {
            "person": "ana@example.com",
            "step": 0,
            "round": 0,
            "reason": "first",
            "because": "primary of payments, step 1",
            "created_at": "2026-11-21T02:04:00Z",
            "seen_at": None,
            "acked_at": None,
            "deliveries": [
                {
                    "method": "mail",
                    "kind": "email",
                    "state": "sent",
                    "attempts": 1,
                    "sent_at": "2026-11-21T02:04:02Z",
                    "provider_ref": "<a@b>",
                    "error": "",
                }
            ],
        }
    ]


def test_pages_of_all_incidents_since_an_instant(world: World, ana: Script, script: Callable[..., Script]) -> None:
    incident = make_incident(service=world.service)
    hidden = make_incident("Restricted", service=world.service, restricted=True)
    make_page(world.bob, incident, at=AT - timedelta(hours=2))
    make_page(world.bob, incident, at=AT)
    make_page(world.bob, hidden, at=AT)
    make_page(world.bob, at=AT)

    def seen(one: Script, **query: str) -> list[str | None]:
        return [row["incident"] for row in one.get("pages/", **query)["results"]]

    assert seen(ana) == [hidden.number, incident.number, incident.number]
    assert seen(ana, since="2026-11-21T02:04:00Z") == [hidden.number, incident.number]
    assert seen(ana, since="2026-11-21T03:04:00+01:00") == [hidden.number, incident.number]
    assert seen(script(world.cleo)) == [incident.number, incident.number]
    assert seen(script(world.bob)) == [None, hidden.number, incident.number, incident.number]
    assert ana.call("GET", "pages/", since="soon").status_code == 400
    assert ana.call("GET", "pages/", since="9999-12-31").status_code == 422


def test_lists_of_pages_cost_the_same_for_one_and_for_fifty(world: World, ana: Script) -> None:
    incident = make_incident(service=world.service)
    make_page(world.bob, incident)
    wheres = ["pages/", f"incidents/{incident.number}/pages/"]
    before = [counted(ana, where) for where in wheres]
    for _n in range(49):
        person = make_user()
        method = ContactMethod.objects.create(user=person, slug="mail", kind="email", address=person.email)
        Delivery.objects.create(page=make_page(person, incident), method=method, kind="email", due_at=AT)
    after = [counted(ana, where) for where in wheres]
    assert [b - a <= 1 for a, b in zip(before, after, strict=True)] == [True, True]  # deliveries have methods now
