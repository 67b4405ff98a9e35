"""Reading, declaring and editing incidents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert, Episode, Source
from incidents import lifecycle
from incidents.models import Incident
from tests.api.conftest import Script, World
from tests.factories import AT, make_incident, make_service

FIELDS = {
    "number", "title", "state", "class", "service", "team", "acked_by", "alerts", "impact_started_at", "detected_at",
    "declared_at", "first_page_at", "acked_at", "reacted_at", "mitigated_at", "resolved_at", "closed_at", "clocks", "url",
}  # fmt: skip


def add_alert(
    incident: Incident, fingerprint: str = "f1", *, started: datetime = AT, ended: datetime | None = None
) -> Alert:
    source = Source.objects.get()
    alert, _new = Alert.objects.get_or_create(
        source=source,
        fingerprint=fingerprint,
        defaults={
            "labels": {"alertname": "QueueStuck"},
            "starts_at": started,
            "first_seen_at": AT,
            "last_seen_at": AT,
            "incident": incident,
        },
    )
    Episode.objects.create(
        alert=alert, incident=incident, starts_at=started, ends_at=ended, opened_at=started, closed_at=ended
    )
    return alert


def numbers(answer: Any) -> list[str]:
    assert set(answer) == {"results", "next"}
    return [row["number"] for row in answer["results"]]


def test_one_incident(world: World, ana: Script) -> None:
    incident = make_incident(service=world.service, detected_at=AT - timedelta(minutes=20))
    later = AT + timedelta(minutes=1)
    add_alert(incident, "f1", started=AT - timedelta(minutes=20), ended=AT - timedelta(minutes=10))
    add_alert(incident, "f1", started=AT, ended=later)
    add_alert(incident, "f2", started=AT)
    found = ana.get(f"incidents/{incident.number}/")
    assert found.keys() >= FIELDS
    assert found["number"] == f"INC-{incident.pk}"
    assert found["class"] == "critical"
    assert found["state"] == "triage"
    assert (found["service"], found["team"]) == ("checkout", "payments")
    assert found["detected_at"] == "2026-11-21T01:44:00Z"
    assert found["acked_by"] is None
    assert found["acked_at"] is None
    assert found["clocks"] == {"internal": None, "public": None}
    assert found["url"] == f"http://testserver/incidents/{incident.number}/"
    first, second = sorted(found["alerts"], key=lambda alert: alert["fingerprint"])
    assert first == {
        "fingerprint": "f1",
        "status": "resolved",
        "labels": {"alertname": "QueueStuck"},
        "starts_at": "2026-11-21T02:04:00Z",
        "ends_at": "2026-11-21T02:05:00Z",
    }
    assert (second["status"], second["ends_at"]) == ("firing", None)


def test_an_alert_that_fires_again_elsewhere_stays_in_the_old_incident(world: World, ana: Script) -> None:
    old = make_incident(service=world.service)
    alert = add_alert(old, "f1", started=AT - timedelta(days=1), ended=AT - timedelta(hours=20))
    new = make_incident(service=world.service)
    Alert.objects.filter(pk=alert.pk).update(incident=new)
    add_alert(new, "f1", started=AT)
    assert [a["status"] for a in ana.get(f"incidents/{old.number}/")["alerts"]] == ["resolved"]
    assert [a["status"] for a in ana.get(f"incidents/{new.number}/")["alerts"]] == ["firing"]


def test_the_list_shows_what_is_open_and_what_is_asked_for(world: World, ana: Script) -> None:
    one = make_incident("Queue stuck", service=world.service)
    two = make_incident("Disk full", severity="standard")
    over = make_incident("Old story", service=world.service, state="resolved")
    assert numbers(ana.get("incidents/")) == [two.number, one.number]
    assert numbers(ana.get("incidents/", state="all")) == [over.number, two.number, one.number]
    assert numbers(ana.get("incidents/", state="resolved")) == [over.number]
    assert numbers(ana.get("incidents/", state="closed")) == []
    assert numbers(ana.get("incidents/", service="checkout")) == [one.number]
    assert numbers(ana.get("incidents/", **{"class": "standard"})) == [two.number]
    assert numbers(ana.get("incidents/", q="qUEue")) == [one.number]
    assert numbers(ana.get("incidents/", q=two.number)) == [two.number]
    assert numbers(ana.get("incidents/", service="nowhere")) == []


@pytest.mark.parametrize("query", [{"state": "sleepy"}, {"class": "huge"}, {"cursor": "!!"}, {"q": "\x00"}])
def test_a_query_that_means_nothing_is_malformed(ana: Script, query: dict[str, str]) -> None:
    assert ana.call("GET", "incidents/", **query).status_code == 400


def test_pages_of_fifty_follow_next(world: World, ana: Script) -> None:
    made = [make_incident(f"Incident {n}").number for n in range(51)]
    first = ana.get("incidents/")
    assert numbers(first) == made[:0:-1]
    response = ana.client.get(first["next"], headers={"authorization": f"Bearer {ana.secret}"})
    assert numbers(response.json()) == [made[0]]
    assert response.json()["next"] is None


def test_a_list_costs_the_same_for_one_row_and_for_fifty(world: World, ana: Script) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            ana.get("incidents/")
        return len(caught)

    add_alert(make_incident(service=world.service))
    ana.get("incidents/")  # the token's use is stamped once a minute
    one = statements()
    for n in range(49):
        incident = make_incident(f"Incident {n}", service=make_service())
        lifecycle.acknowledge(incident, by=world.bob, at=AT)
        add_alert(incident, f"f{n}-x")
    assert statements() == one
    assert one <= 6


def test_a_restricted_incident_of_another_team_is_not_there(world: World, script: Callable[..., Script]) -> None:
    incident = make_incident(service=world.service, restricted=True)
    cleo, ana, ada = script(world.cleo), script(world.ana), script(world.ada)
    for method, where in (
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "acknowledge/"),
        ("GET", "timeline/"),
        ("POST", "notes/"),
    ):
        assert cleo.call(method, f"incidents/{incident.number}/{where}", {}).status_code == 404
    assert numbers(cleo.get("incidents/")) == []
    assert numbers(ana.get("incidents/")) == numbers(ada.get("incidents/")) == [incident.number]


@pytest.mark.parametrize("number", ["INC-0", "INC-99999999999999999999", "INC-4711", "nonsense", "INC-%00", "-1"])
def test_an_unknown_number_is_not_there(ana: Script, number: str) -> None:
    response = ana.call("GET", f"incidents/{number}/")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_declare(world: World, ana: Script) -> None:
    made = ana.post("incidents/", {"title": "Nobody can pay", "service": "checkout"}, expect=201)
    assert made["class"] == "critical"  # the service's own
    assert made["state"] == "investigating"
    assert made["declared_at"] == made["reacted_at"] == made["impact_started_at"] == "2026-11-21T02:04:00Z"
    assert Incident.objects.get().page_due_at == AT
    plain = ana.post("incidents/", {"title": "Something is odd"}, expect=201)
    assert (plain["class"], plain["service"], plain["team"]) == ("major", None, None)


def test_backfill(world: World, ana: Script) -> None:
    told = {
        "title": "Last Tuesday",
        "service": "checkout",
        "class": "major",
        "impact_started_at": "2026-11-17T10:00:00+01:00",
        "detected_at": "2026-11-17T09:05:00Z",
        "acked_at": "2026-11-17T09:06:00Z",
        "mitigated_at": "2026-11-17T10:00:00Z",
        "resolved_at": "2026-11-17T10:30:00.5Z",
    }
    made = ana.post("incidents/", told, expect=201)
    assert made["state"] == "resolved"
    assert made["impact_started_at"] == "2026-11-17T09:00:00Z"
    assert made["resolved_at"] == "2026-11-17T10:30:00.500000Z"
    assert Incident.objects.get().page_due_at is None


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "title"),
        ({"title": ""}, 400, "title"),
        ({"title": "x" * 301}, 400, "title"),
        ({"title": ["x"]}, 400, "title"),
        ({"title": "x", "class": "purple"}, 400, "class"),
        ({"title": "x", "resolved_at": "yesterday"}, 400, "resolved_at"),
        ({"title": "x", "detected_at": None}, 400, "detected_at"),
        ({"title": "x", "service": "nowhere"}, 422, "service"),
        ({"title": "x", "resolved_at": "9999-12-31T23:59:59Z"}, 422, "resolved_at"),
        ({"title": "x", "resolved_at": "0001-01-01T00:00:00Z"}, 422, "resolved_at"),
        ({"title": "x", "resolved_at": "2026-11-17T10:00:00Z"}, 422, "detected_at"),
        ({"title": "x", "closed_at": "2026-11-17T10:00:00Z"}, 422, "closed_at"),
    ],
)
def test_what_cannot_be_declared(ana: Script, body: dict[str, Any], status: int, field: str) -> None:
    error = ana.post("incidents/", body, expect=status)["error"]
    assert field in error["fields"]
    assert error["message"]
    assert not Incident.objects.exists()


def test_edit(world: World, ana: Script) -> None:
    incident = make_incident(service=world.service)
    body = {
        "title": "A better title",
        "class": "major",
        "impact_started_at": "2026-11-21T01:30:00Z",
        "reason": "graphs",
    }
    found = ana.patch(f"incidents/{incident.number}/", body)
    assert (found["title"], found["class"]) == ("A better title", "major")
    assert found["impact_started_at"] == "2026-11-21T01:30:00Z"
    assert found["reacted_at"] == "2026-11-21T02:04:00Z"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 400, "Nothing to change"),
        ({"state": "closed"}, 400, "Nothing to change"),
        ({"title": "  "}, 400, "title"),
        ({"class": 7}, 400, "class"),
        ({"acked_at": "soon", "reason": "x"}, 400, "acked_at"),
        ({"title": "Changed?", "acked_at": "2026-11-21T02:04:00Z"}, 422, "why"),
        (
            {"title": "Changed?", "acked_at": "2026-11-01T02:04:00Z", "reason": "x"},
            422,
            "detected_at must not be later",
        ),
        ({"title": "Changed?", "resolved_at": "2026-11-21T03:04:00Z", "reason": "x"}, 422, "resolve it first"),
        ({"title": "Changed?", "closed_at": "2026-11-21T03:04:00Z", "reason": "x"}, 422, "close it first"),
    ],
)
def test_an_edit_that_breaks_a_rule_changes_nothing(
    world: World, ana: Script, body: dict[str, Any], status: int, words: str
) -> None:
    incident = make_incident("As it was", service=world.service)
    assert words in ana.patch(f"incidents/{incident.number}/", body, expect=status)["error"]["message"]
    incident.refresh_from_db()
    assert (incident.title, incident.version) == ("As it was", 1)


def test_who_may_what(world: World, script: Callable[..., Script]) -> None:
    incident = make_incident(service=world.service)
    olga, reader = script(world.olga), script(world.ana, "read")
    assert olga.get("incidents/")["results"]
    assert reader.get(f"incidents/{incident.number}/")
    for one in (olga, reader):
        assert one.call("POST", "incidents/", {"title": "x"}).status_code == 403
        assert one.call("PATCH", f"incidents/{incident.number}/", {"title": "x"}).status_code == 403
    assert script(world.cleo).patch(f"incidents/{incident.number}/", {"title": "x"})["title"] == "x"


def test_only_managers_declare_behind_closed_doors(world: World, script: Callable[..., Script]) -> None:
    body = {"title": "x", "service": "checkout", "restricted": True}
    script(world.ana).post("incidents/", body, expect=403)
    assert script(world.mia).post("incidents/", body, expect=201)["restricted"]


def test_times_are_utc_whatever_the_zone_of_the_process(world: World, ana: Script, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"
    incident = make_incident(detected_at=datetime(2026, 11, 21, 1, tzinfo=UTC))
    assert ana.get(f"incidents/{incident.number}/")["detected_at"] == "2026-11-21T01:00:00Z"
