"""What scripts do to incidents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from incidents import command, lifecycle
from incidents.models import Incident
from paging.models import Page
from tests.api.conftest import Script, World
from tests.factories import AT, make_incident

ACTS = ["acknowledge", "unacknowledge", "mitigate", "resolve", "reopen", "close", "cancel", "escalate"]


@pytest.fixture
def incident(world: World) -> Incident:
    return make_incident(service=world.service)


def at(incident: Incident, act: str) -> str:
    return f"incidents/{incident.number}/{act}/"


def test_from_the_page_to_the_end(incident: Incident, ana: Script, now: time_machine.Traveller) -> None:
    held = ana.post(at(incident, "acknowledge"))
    assert held["acked_by"] == held["held_by"] == "ana@example.com"
    assert held["acked_at"] == held["reacted_at"] == "2026-11-21T02:04:00Z"
    assert held["state"] == "investigating"
    now.shift(timedelta(minutes=10))
    assert ana.post(at(incident, "mitigate"), {})["mitigated_at"] == "2026-11-21T02:14:00Z"
    now.shift(timedelta(minutes=10))
    over = ana.post(at(incident, "resolve"), {"reason": "restarted"})
    assert (over["state"], over["resolved_at"]) == ("resolved", "2026-11-21T02:24:00Z")
    again = ana.post(at(incident, "reopen"))
    assert (again["state"], again["resolved_at"], again["reopened"]) == ("investigating", None, 1)
    assert again["acked_at"] == "2026-11-21T02:04:00Z"
    assert ana.post(at(incident, "cancel"), {"reason": "a drill"})["state"] == "cancelled"


def test_acknowledging_twice_is_once(incident: Incident, ana: Script) -> None:
    first = ana.post(at(incident, "acknowledge"))
    assert ana.post(at(incident, "acknowledge")) == first
    assert incident.timeline.filter(kind="acknowledged").count() == 1


def test_unacknowledge_pages_again(incident: Incident, ana: Script) -> None:
    ana.post(at(incident, "unacknowledge"), expect=409)
    ana.post(at(incident, "acknowledge"))
    back = ana.post(at(incident, "unacknowledge"))
    assert (back["held_by"], back["acked_by"]) == (None, "ana@example.com")
    incident.refresh_from_db()
    assert incident.page_due_at == AT


@pytest.mark.parametrize("act", ["acknowledge", "unacknowledge", "mitigate", "resolve", "cancel", "escalate"])
def test_who_comes_late_hears_who_won(world: World, incident: Incident, ana: Script, act: str) -> None:
    lifecycle.resolve(incident, by=world.bob, at=AT)
    error = ana.post(at(incident, act), expect=409)["error"]
    assert error["code"] == "lost_race"
    assert error["message"] == f"{incident.number} was resolved by Bob."


def test_what_ended_by_itself_says_so(incident: Incident, ana: Script) -> None:
    lifecycle.resolve(incident, at=AT, cause="all alerts resolved")
    message = ana.post(at(incident, "acknowledge"), expect=409)["error"]["message"]
    assert message == f"{incident.number} was resolved (all alerts resolved)."


def test_close_standard_and_refuse_what_owes_a_postmortem(world: World, incident: Incident, ana: Script) -> None:
    assert "resolve it first" in ana.post(at(incident, "close"), expect=422)["error"]["message"]
    lifecycle.resolve(incident, by=world.bob, at=AT)
    message = ana.post(at(incident, "close"), expect=422)["error"]["message"]
    assert message == f"{incident.number} needs its internal postmortem first."
    small = make_incident(severity="standard", state="resolved")
    closed = ana.post(at(small, "close"))
    assert (closed["state"], closed["closed_at"]) == ("closed", "2026-11-21T02:04:00Z")
    ana.post(at(small, "close"), expect=409)
    keep = {"closed_at": None, "reason": "x"}
    assert "keeps the time" in ana.patch(f"incidents/{small.number}/", keep, expect=422)["error"]["message"]


def test_escalate_looks_now(incident: Incident, ana: Script) -> None:
    ana.post(at(incident, "acknowledge"))
    assert ana.post(at(incident, "escalate"))["held_by"] is None
    incident.refresh_from_db()
    assert incident.page_due_at == AT


def test_hand_over(incident: Incident, ana: Script) -> None:
    assert ana.post(at(incident, "hand-over"), {"to": "BOB@example.com"})["held_by"] == "bob@example.com"
    ana.post(at(incident, "hand-over"), {}, expect=400)
    error = ana.post(at(incident, "hand-over"), {"to": "nobody@example.com"}, expect=422)["error"]
    assert error["message"] == "There is no active person nobody@example.com here."


def test_pull_in(world: World, incident: Incident, ana: Script) -> None:
    ana.post(at(incident, "page"), {"person": "bob@example.com", "reason": "knows the queue"})
    page = Page.objects.get()
    assert (page.person, page.reason) == (world.bob, "asked_for_help")
    ana.post(at(incident, "page"), {"person": "cleo@example.com"})  # has no method: seen in the ledger all the same
    ana.post(at(incident, "page"), {"person": 7}, expect=400)
    ana.post(at(incident, "page"), {"person": "nobody@example.com"}, expect=422)


def test_notes(incident: Incident, ana: Script) -> None:
    said = ana.post(at(incident, "notes"), {"text": "The queue is stuck since 01:40"}, expect=201)
    assert (said["kind"], said["by"], said["at"]) == ("note", "ana@example.com", "2026-11-21T02:04:00Z")
    ana.post(at(incident, "notes"), {"text": "   "}, expect=400)
    ana.post(at(incident, "notes"), expect=400)


def test_roles(incident: Incident, ana: Script) -> None:
    mine = ana.post(at(incident, "roles"), {"role": "facilitator"}, expect=201)
    assert mine == {"role": "facilitator", "person": "ana@example.com", "start": "2026-11-21T02:04:00Z", "end": None}
    ana.post(at(incident, "roles"), {"role": "facilitator", "person": "bob@example.com"}, expect=201)
    held = ana.get(at(incident, "roles"))["results"]
    assert [(row["person"], row["end"] is None) for row in held] == [
        ("ana@example.com", False),
        ("bob@example.com", True),
    ]
    ana.post(at(incident, "roles"), {"role": "hero"}, expect=400)


def test_impact(world: World, incident: Incident, ana: Script) -> None:
    body = {"kind": "outage", "start": "2026-11-21T01:00:00Z", "end": "2026-11-21T01:30:00Z", "share": 0.4}
    made = ana.post(at(incident, "impact"), body, expect=201)
    assert (made["service"], made["share"], made["automatic"]) == ("checkout", 0.4, False)
    assert [row["id"] for row in ana.get(at(incident, "impact"))["results"]] == [made["id"]]
    for wrong, status in (
        ({**body, "end": "2026-11-20T01:30:00Z"}, 422),
        ({**body, "service": "nowhere"}, 422),
        ({**body, "start": "9999-01-01T00:00:00Z"}, 422),
        ({**body, "share": 2}, 400),
        ({**body, "share": "NaN"}, 400),
        ({**body, "kind": "bad"}, 400),
        ({}, 400),
    ):
        ana.post(at(incident, "impact"), wrong, expect=status)
    nowhere = make_incident("Nothing of ours")
    ana.post(at(nowhere, "impact"), body, expect=422)


@pytest.mark.parametrize("act", [*ACTS, "hand-over", "page", "notes", "roles", "impact"])
def test_observers_and_readers_change_nothing(
    world: World, incident: Incident, script: Callable[..., Script], act: str
) -> None:
    for one in (script(world.olga), script(world.ana, "read")):
        assert one.call("POST", at(incident, act), {"text": "x"}).status_code == 403
    incident.refresh_from_db()
    assert incident.version == 1


def test_a_guide_helps_but_does_not_move_the_state(world: World, incident: Incident, ana: Script) -> None:
    command.take_role(incident, role="guide", person=world.ana, by=world.ana, at=AT)
    ana.post(at(incident, "resolve"), expect=403)
    ana.post(at(incident, "notes"), {"text": "Have you looked at the broker?"}, expect=201)


@pytest.mark.parametrize("act", ACTS)
def test_only_post(incident: Incident, ana: Script, act: str) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert ana.call(method, at(incident, act)).status_code == 405


def test_no_address_and_no_slash_are_said_and_never_redirected(incident: Incident, ana: Script) -> None:
    for where in (f"incidents/{incident.number}/acknowledge", "incidents", "nonsense/", ""):
        response: Any = ana.call("POST", where)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
