"""Postmortems and public updates by script."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import command, lifecycle
from incidents.models import Incident
from postmortems import lifecycle as postmortems
from postmortems.clocks import reconcile
from postmortems.models import Clock, Postmortem
from tests.api.conftest import Script, World
from tests.factories import AT, make_incident, make_token

LONG = (
    "Orders were accepted and payments were not, because the queue of the payment worker stood still for an hour. " * 2
)
TEXT = "Between 01:04 and 02:04 UTC card payments failed for 60 minutes. We are sorry. We will page on a queue that stands still."


def over(world: World, *, severity: str = "critical") -> Incident:
    """An incident that lasted an hour and is resolved at AT; its clocks are there."""
    early = AT - timedelta(hours=1)
    incident = make_incident("Queue stuck", service=world.service, severity=severity, at=early, impact_started_at=early)
    lifecycle.acknowledge(incident, by=world.ana, at=early + timedelta(minutes=1))
    incident = lifecycle.resolve(incident, at=AT, by=world.ana)
    reconcile(incident.pk, AT)
    return incident


def whole() -> dict[str, Any]:
    """Everything that the checks ask for."""
    return {
        "summary": LONG,
        "impact": "1,204 orders waited.",
        "factors": ["The queue had no alert", "Retries hid it"],
        "answers": [{"prompt": key, "text": "Late."} for key in ("signals-1", "understanding-1", "decisions-1")],
        "timeline": [
            {"at": "2026-11-20T08:00:00Z", "text": "A deploy doubled the retries"},
            *({"at": f"2026-11-21T01:{minute}:00Z", "text": f"Look {minute}"} for minute in (10, 20, 30, 40)),
        ],
        "items": [
            {
                "title": "Alert on a queue that stands still",
                "owner": "ana@example.com",
                "due": "2026-12-01",
                "done_when": "It fires in a drill",
                "type": "detect",
                "priority": "P1",
            }
        ],
        "surprises": "Nobody knew the retries.",
    }


def test_clocks_are_right_at_once(world: World, ana: Script) -> None:
    early = AT - timedelta(hours=1)
    incident = make_incident(service=world.service, at=early, impact_started_at=early)
    lifecycle.resolve(incident, at=AT)
    clocks = ana.get(f"incidents/{incident.number}/")["clocks"]
    assert clocks["internal"] == {"due_at": "2026-11-22T02:04:00Z", "state": "running"}
    assert clocks["public"] == {"due_at": "2026-11-24T02:04:00Z", "state": "running"}
    assert not Clock.objects.exists()
    assert ana.call("GET", f"postmortems/{incident.number}/").status_code == 404


def test_clocks_of_a_list_cost_the_same(world: World, ana: Script) -> None:
    def cost(where: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            ana.get(where, state="all") if where == "incidents/" else ana.get(where)
        return len(asked)

    over(world)
    ana.get("postmortems/")  # the token's first use is written down
    before = cost("incidents/"), cost("postmortems/")
    for _more in range(3):
        over(world)
    assert (cost("incidents/"), cost("postmortems/")) == before


def test_written_filed_published(world: World, ana: Script) -> None:
    incident = over(world)
    where = f"postmortems/{incident.number}/"
    refused = ana.post(f"{where}file/", expect=422)["error"]
    assert {one["check"] for one in refused["fields"]["checks"]} >= {"summary", "impact", "factors", "answers", "items"}
    found = ana.patch(where, whole())
    assert all(check["ok"] for check in found["checks"]), found["checks"]
    assert found["factors"] == ["The queue had no alert", "Retries hid it"]
    assert found["items"][0]["owner"] == "ana@example.com"
    filed = ana.post(f"{where}file/")
    assert (filed["state"], filed["filed_at"]) == ("filed", "2026-11-21T02:04:00Z")
    assert ana.get(f"incidents/{incident.number}/")["clocks"]["internal"]["state"] == "met"
    ana.post(f"{where}file/", expect=409)
    ana.post(f"{where}publish/", expect=403)
    command.take_role(incident, role="point_of_contact", person=world.ana, by=world.ana, at=AT)
    checks = ana.post(f"{where}publish/", {"title": "Card payments failed"}, expect=422)["error"]["fields"]["checks"]
    assert "apology" in {check["check"] for check in checks}
    ana.patch(where, {"public": {"text": TEXT}})
    found = ana.post(f"{where}publish/", {"title": "Card payments failed"})
    assert found["public"]["signed_by"] == "ana@example.com"
    assert "/status/incidents/" in found["public"]["url"]
    assert found["clocks"]["public"]["state"] == "running"  # until a stranger could read it
    postmortems.seen(Postmortem.objects.get(), AT)
    assert ana.get(where)["clocks"]["public"]["state"] == "met"
    assert ana.post(f"{where}unpublish/")["clocks"]["public"]["state"] == "running"


def test_two_writers(world: World, ana: Script) -> None:
    incident = over(world)
    where = f"postmortems/{incident.number}/"
    version = ana.get(where)["version"]
    ana.patch(where, {"summary": "Ana's", "version": version})
    bob = Script(make_token(world.bob, scope="write"))
    refused = bob.patch(where, {"summary": "Bob's", "impact": "7", "version": version}, expect=409)["error"]
    assert "Ana" in refused["message"]
    assert (ana.get(where)["summary"], ana.get(where)["impact"]) == ("Ana's", "")


def test_all_or_nothing(world: World, ana: Script) -> None:
    where = f"postmortems/{over(world).number}/"
    ana.patch(where, {"summary": "New", "answers": [{"prompt": "signals-99", "text": "x"}]}, expect=422)
    assert ana.get(where)["summary"] == ""
    ana.patch(where, {"summary": 7, "factors": "x"}, expect=400)


def test_rows_are_kept_and_dropped(world: World, ana: Script) -> None:
    where = f"postmortems/{over(world).number}/"
    first = ana.get(where)["timeline"][0]
    found = ana.patch(where, {"timeline": [{**first, "kept": False}]})["timeline"]
    assert [row["kept"] for row in found if row["text"] == first["text"]] == [False]
    assert all(row["kept"] for row in found if row["text"] != first["text"])


def test_overdue(world: World, ana: Script, now: Any) -> None:
    late = over(world)
    now.move_to(AT + timedelta(hours=24))
    assert ana.get("postmortems/", overdue="internal")["results"] == []
    now.move_to(AT + timedelta(hours=24, seconds=1))
    (row,) = ana.get("postmortems/", overdue="internal")["results"]
    assert (row["incident"], row["clocks"]["internal"]["state"]) == (late.number, "missed")
    assert ana.get("postmortems/", overdue="public")["results"] == []
    assert ana.get("postmortems/", state="filed")["results"] == []
    assert ana.call("GET", "postmortems/", overdue="soon").status_code == 400


def test_extending_and_waiving(world: World, ana: Script) -> None:
    incident = over(world)
    where = f"postmortems/{incident.number}/"
    words = {"kind": "internal", "reason": "The vendor answers on Monday.", "hours": 12}
    found = ana.post(f"{where}extend/", words)
    assert found["clocks"]["internal"]["due_at"] == "2026-11-22T02:04:00Z"  # asked for, not granted
    assert Clock.objects.get(kind="internal").extension_asked_at
    mia = Script(make_token(world.mia, scope="write"))
    assert mia.post(f"{where}extend/", words)["clocks"]["internal"]["due_at"] == "2026-11-22T14:04:00Z"
    mia.post(f"{where}extend/", {**words, "hours": 25}, expect=422)
    ana.post(f"{where}waive/", {"kind": "public", "code": "internal_only", "text": "Only we felt it"}, expect=403)
    waived = {"kind": "public", "code": "internal_only", "text": "Only we felt it"}
    assert mia.post(f"{where}waive/", waived)["clocks"]["public"]["state"] == "waived"


def test_closing_names_the_duty(world: World, ana: Script) -> None:
    incident = over(world)
    refused = ana.post(f"incidents/{incident.number}/close/", expect=422)["error"]
    assert set(refused["fields"]) == {"internal", "public"}


def test_asking_for_one(world: World, ana: Script) -> None:
    early = AT - timedelta(minutes=5)
    incident = make_incident(service=world.service, severity="standard", at=early)
    lifecycle.acknowledge(incident, by=world.ana, at=early)
    lifecycle.resolve(incident, at=AT)
    assert ana.get(f"incidents/{incident.number}/")["clocks"] == {"internal": None, "public": None}
    assert ana.call("GET", f"postmortems/{incident.number}/").status_code == 404
    assert ana.post(f"postmortems/{incident.number}/request/")["clocks"]["internal"]["state"] == "running"


def test_restricted_ones_are_not_there_for_others(world: World, ana: Script) -> None:
    incident = over(world)
    Incident.objects.filter(pk=incident.pk).update(restricted=True)
    stranger = Script(make_token(world.cleo, scope="write"))
    assert stranger.get("postmortems/")["results"] == []
    assert stranger.call("GET", f"postmortems/{incident.number}/").status_code == 404
    assert stranger.call("PATCH", f"postmortems/{incident.number}/", {"summary": "x"}).status_code == 404
    assert len(ana.get("postmortems/")["results"]) == 1


@pytest.mark.parametrize("wrong", [{"status": "fine"}, {"body": ""}, {"components": []}, {"next_by": "soon"}])
def test_a_word_to_customers_that_is_none(world: World, ana: Script, wrong: dict[str, Any]) -> None:
    incident = make_incident(service=world.service)
    words = {"title": "Slow", "status": "investigating", "body": "We look.", **wrong}
    assert ana.call("POST", f"incidents/{incident.number}/updates/", words).status_code == 400


def test_words_to_customers(world: World, ana: Script) -> None:
    incident = make_incident(service=world.service)
    where = f"incidents/{incident.number}/updates/"
    words = {"title": "Slow", "status": "investigating", "body": "We look.", "next_by": "2026-11-21T02:24:00Z"}
    first = ana.post(where, words, expect=201)
    assert (first["title"], first["next_by"], first["components"]) == ("Slow", "2026-11-21T02:24:00Z", {})
    ana.post(where, {**words, "components": {"none": "operational"}}, expect=422)
    assert [one["id"] for one in ana.get(where)["results"]] == [first["id"]]
