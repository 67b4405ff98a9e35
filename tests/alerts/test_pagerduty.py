"""PagerDuty's Events API: keys, answers, and what becomes of trigger, acknowledge and resolve."""

from __future__ import annotations

import gzip
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts import posted
from alerts.models import Alert, Body, Key, RejectedDelivery, Source
from alerts.payloads.reading import read_value
from incidents import lifecycle
from incidents.changes import Change
from incidents.models import Incident, Kind, State
from paging.escalation import escalate_one
from paging.models import Page
from tests.alerts.posting import AT, KEY, minutes, post, recorded
from tests.factories import make_service, make_source, make_user

pytestmark = pytest.mark.django_db
V2, V1, CHANGE = "/v2/enqueue", "/generic/2010-04-15/create_event.json", "/v2/change/enqueue"


def make_pd(**fields: Any) -> Source:
    return make_source("pd", kind="pagerduty", key=KEY, service=fields.pop("service", None) or make_service(), **fields)


def event(action: str = "trigger", key: str = "k1", **changes: Any) -> dict[str, Any]:
    payload = {"summary": "Disk full on db-1", "source": "db-1", "severity": "critical"} | changes.pop("payload", {})
    return {"routing_key": KEY, "event_action": action, "dedup_key": key, "payload": payload} | changes


def send(body: Any, *, path: str = V2, at: Any = AT, status: int = 202, **more: Any) -> dict[str, Any]:
    response = post(body, path=path, at=at, **more)
    assert response.status_code == status, response.content
    answer: dict[str, Any] = response.json()
    return answer


def only() -> Incident:
    return Incident.objects.get()


def outcome() -> dict[str, Any]:
    found: dict[str, Any] = Body.objects.order_by("-pk")[0].outcome
    return found


@pytest.mark.parametrize("path", [V2, f"{V2}/"])
@pytest.mark.parametrize("way", ["body", "header", "both", "stray"])
def test_the_key_in_the_body_or_the_header(path: str, way: str) -> None:
    make_pd()
    body = event() if way != "header" else event(routing_key=None)
    headers = {"header": {"X-Routing-Key": KEY}, "both": {"X-Routing-Key": KEY}}.get(way, {})
    headers |= {"Authorization": "Token token=abc"} if way == "stray" else {}
    answer = send(body, path=path, headers=headers)
    assert answer == {"status": "success", "message": "Event processed", "dedup_key": "k1"}
    assert (only().title, only().severity) == ("Disk full on db-1", "critical")


def test_our_own_address_takes_the_same_body() -> None:
    make_pd()
    answer = send(event(key="", routing_key="whatever"), path=f"/api/in/pagerduty/{KEY}")
    assert (answer["accepted"], answer["incidents"]) == (1, [only().number])
    assert len(answer["dedup_key"]) == 32


def test_a_key_is_made_and_ends_what_it_began() -> None:
    make_pd()
    made = send(event(key=""))["dedup_key"]
    assert made != send(event(key=""))["dedup_key"]
    assert send(event("resolve", made), at=minutes(1))["dedup_key"] == made
    assert sorted(Incident.objects.values_list("state", flat=True)) == ["resolved", "triage"]


BAD: list[tuple[dict[str, Any], str]] = [
    (event(event_action=""), "'event_action' is missing or blank"),
    (event("explode"), "'event_action' must be one of: trigger, acknowledge, resolve"),
    (event(payload={"summary": " "}), "'payload.summary' is missing or blank"),
    (event(payload={"summary": "x" * 1025}), "'payload.summary' is too long (maximum is 1024 characters)"),
    (event(payload={"source": None}), "'payload.source' is missing or blank"),
    (event(payload={"severity": ""}), "'payload.severity' is missing or blank"),
    (event(payload={"severity": "P1"}), "'payload.severity' must be one of: critical, error, warning, info"),
    (event() | {"payload": None}, "'payload' is missing or blank"),
    (event(key="k" * 256), "'dedup_key' is too long (maximum is 255 characters)"),
    (event("resolve", ""), "'dedup_key' is missing or blank"),
    (event("acknowledge", ""), "'dedup_key' is missing or blank"),
]


@pytest.mark.parametrize(("body", "sentence"), BAD, ids=str)
def test_an_invalid_event_is_refused_in_their_shape(body: dict[str, Any], sentence: str) -> None:
    make_pd()
    answer = send(body, status=400)
    assert answer == {"status": "invalid event", "message": "Event object is invalid", "errors": [sentence]}
    assert not Incident.objects.exists()
    assert RejectedDelivery.objects.get().reason == "malformed"


def test_the_longest_that_is_taken() -> None:
    make_pd()
    send(event(key="k" * 255, payload={"summary": "x" * 1024}))
    send(event("resolve", "k" * 255), at=minutes(1))
    assert only().state == State.RESOLVED


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (event(routing_key="somebody-else"), "Invalid routing key"),
        (event(routing_key=""), "'routing_key' is missing or blank"),
        (event(routing_key=7), "'routing_key' is missing or blank"),
        (b"", "The body is empty"),
        (b"{", "The body is not JSON: Expecting property name enclosed in double quotes at line 1, column 2"),
    ],
    ids=str,
)
def test_unknown_keys_are_400_here_and_listed(body: Any, sentence: str) -> None:
    make_pd()
    assert send(body, status=400)["errors"] == [sentence]
    assert RejectedDelivery.objects.get().reason == "unknown_key"


def test_revoked_and_of_another_kind() -> None:
    source = make_pd()
    make_source("am", kind="alertmanager", key="another-long-random-key")
    assert "alertmanager" in send(event(routing_key="another-long-random-key"), status=400)["errors"][0]
    Key.objects.filter(source=source).update(revoked_at=AT)
    assert send(event(), status=400)["errors"] == ["The routing key was revoked"]


def test_what_cannot_be_read_is_listed_under_the_source_that_its_text_names() -> None:
    source = make_pd()
    send(f'{{"routing_key": "{KEY}", "event_action": '.encode(), status=400)
    found = RejectedDelivery.objects.get()
    assert (found.source, found.reason) == (source, "malformed")


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("path", [V2, f"{V2}/", V1, CHANGE])
def test_only_posts(path: str, method: str) -> None:
    response = getattr(Client(), method)(path)
    assert (response.status_code, response["Allow"]) == (405, "POST")
    if method != "head":
        assert response.json()["status"] == "invalid event"


def test_told_again_is_a_line_and_no_page() -> None:
    make_pd()
    send(event())
    before = only()
    for step in range(1, 4):
        send(event(), at=minutes(step))
    send(event(payload={"summary": "Disk very full"}), at=minutes(5))
    after = only()
    assert (after.page_fence, after.page_due_at) == (before.page_fence, before.page_due_at)
    assert [line.data["titles"] for line in after.timeline.filter(kind=Kind.ALERT)] == [
        ["Disk full on db-1"],
        ["Disk very full"],
    ]
    assert outcome()["decision"] == "refreshed"
    assert Alert.objects.get().title == "Disk very full"


def test_after_the_resolve_a_new_incident() -> None:
    make_pd()
    send(event())
    send(event("resolve"), at=minutes(1))
    assert only().state == State.RESOLVED
    send(event(), at=minutes(2))
    first, second = Incident.objects.order_by("pk")
    assert (first.state, second.state, second.recurrence_of) == (State.RESOLVED, State.TRIAGE, first)


def test_the_source_may_say_otherwise() -> None:
    make_pd(reopen_window=timedelta(minutes=30), resolve_hold=timedelta(minutes=5))
    send(event())
    send(event("resolve"), at=minutes(1))
    assert (only().state, only().resolve_due_at) == (State.TRIAGE, minutes(6))
    lifecycle.resolve(only(), at=minutes(6))
    send(event(), at=minutes(7))
    assert only().reopened == 1


def test_a_trigger_after_people_ended_it_opens_a_new_one() -> None:
    make_pd()
    send(event())
    lifecycle.resolve(only(), at=minutes(1), by=make_user())
    send(event(), at=minutes(2))
    assert list(Incident.objects.order_by("pk").values_list("state", flat=True)) == ["resolved", "triage"]
    send(event("resolve"), at=minutes(3))
    assert set(Incident.objects.values_list("state", flat=True)) == {"resolved"}


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_what_is_not_open_is_dropped_and_said(action: str) -> None:
    make_pd()
    assert send(event(action))["status"] == "success"
    assert not Incident.objects.exists()
    assert not Alert.objects.exists()
    assert outcome()["decision"] == "dropped: nothing of this key is open"
    send(event())
    send(event("resolve"), at=minutes(1))
    send(event(action), at=minutes(2))
    assert outcome()["alerts"] == {"k1": "dropped: nothing of this key is open"}
    assert only().state == State.RESOLVED


def test_the_end_leaves_what_the_alert_said() -> None:
    make_pd()
    send(event())
    before = Alert.objects.get()
    send(event("resolve", payload={"summary": "[RESOLVED] fine", "severity": "nonsense"}), at=minutes(1))
    after = Alert.objects.get()
    assert (after.title, after.labels, after.firing) == (before.title, before.labels, False)
    assert (after.ends_at, after.last_seen_at) == (minutes(1), minutes(1))


def test_acknowledge_stops_the_pages_by_nobodys_name() -> None:
    make_pd()
    send(event())
    send(event("acknowledge"), at=minutes(1))
    held = only()
    assert (held.acked_at, held.acked_by, held.held_by, held.holder) == (minutes(1), None, None, "pd")
    assert (held.held_until, held.page_due_at, held.state) == (minutes(31), minutes(31), State.INVESTIGATING)
    assert outcome()["decision"] == "acknowledged at the sender"
    send(event("acknowledge"), at=minutes(2))  # twice is once
    assert (only().held_until, only().timeline.filter(kind=Kind.ACKNOWLEDGED).count()) == (minutes(31), 1)
    send(event(), at=minutes(3))
    assert only().is_held
    assert escalate_one(only().pk, minutes(31))
    assert not only().is_held  # the time-out: paging starts again
    assert only().timeline.filter(kind=Kind.ACK_EXPIRED).exists()
    send(event("acknowledge"), at=minutes(32))
    assert only().held_until == minutes(62)


def test_a_person_takes_it_over_from_the_sender() -> None:
    make_pd()
    ana = make_user()
    send(event())
    send(event("acknowledge"), at=minutes(1))
    lifecycle.acknowledge(only(), by=ana, at=minutes(2))
    assert (only().held_by, only().held_by_sender, only().acked_at) == (ana, "", minutes(1))
    send(event("acknowledge"), at=minutes(3))
    assert only().held_by == ana


def test_it_is_acknowledged_when_every_firing_alert_is() -> None:
    make_pd(grouping="service")
    send(event(key="a"))
    send(event(key="b"), at=minutes(1))
    send(event("acknowledge", "a"), at=minutes(2))
    assert not only().is_held
    assert "paging goes on" in only().timeline.get(kind=Kind.NOTE).text
    send(event("acknowledge", "b"), at=minutes(3))
    assert only().is_held
    send(event(key="c"), at=minutes(4))  # nobody has seen this one
    assert (only().is_held, only().page_due_at) == (False, minutes(4))
    send(event("resolve", "c"), at=minutes(5))
    send(event("acknowledge", "b"), at=minutes(6))
    assert only().is_held


def test_a_silent_page_is_not_written_after_the_acknowledgement() -> None:
    make_pd()
    send(event())
    send(event("acknowledge"), at=minutes(1))
    assert not escalate_one(only().pk, minutes(2))
    assert not Page.objects.exists()


def test_severities_are_classes_unless_the_source_says_otherwise() -> None:
    source = make_pd()
    for severity in ("critical", "error", "warning", "info"):
        send(event(key=severity, payload={"severity": severity}))
    assert [one.severity for one in Incident.objects.order_by("pk")] == ["critical", "major", "standard", "standard"]
    source.class_from = {"label": "component", "map": {"db": "critical"}, "default": "standard"}
    source.save()
    send(event(key="own", payload={"severity": "info", "component": "db"}))
    assert Incident.objects.latest("pk").severity == "critical"


def test_a_worse_severity_later_raises_the_class() -> None:
    make_pd()
    send(event(payload={"severity": "warning"}))
    send(event(payload={"severity": "critical"}), at=minutes(1))
    assert only().severity == "critical"


def test_what_an_event_says_becomes_labels_links_and_notes() -> None:
    make_pd()
    sent = recorded("06-pagerduty-v2-trigger-resolve.json")
    for step, body in enumerate(sent):
        send(body | {"routing_key": KEY}, at=minutes(step))
    alert = Alert.objects.get()
    assert alert.labels == {
        "severity": "critical",
        "source": "Alertmanager",
        "class": "c1",
        "component": "db",
        "group": "g1",
        "team": "db",
        "num_firing": "1",
        "num_resolved": "0",
        "resolved": "",
    }
    assert alert.annotations["firing"].startswith("Labels:\n - alertname = T_pd")
    assert alert.links == [
        {"label": "Runbook", "url": "https://runbook.example/x"},
        {"label": "a", "url": "https://img.example/x.png"},
        {"label": "a", "url": "https://img.example/"},
        {"label": "Alertmanager", "url": "http://am.example:9093/#/alerts?receiver=pd"},
    ]
    assert (only().title, only().state) == ("[FIRING:1] T_pd c1 (a pd critical)", State.RESOLVED)


def test_version_1() -> None:
    make_pd()
    body = {"service_key": KEY, "event_type": "trigger", "description": "FAILURE on db-1", "details": {"load": 0.75}}
    contexts = [{"type": "link", "href": "http://a.example/", "text": "A"}, {"type": "image", "src": "javascript:x"}]
    answer = send(body | {"contexts": contexts}, path=V1, status=200)
    assert (answer["status"], len(answer["incident_key"])) == ("success", 32)
    assert (Alert.objects.get().labels, Alert.objects.get().links) == (
        {"load": "0.75"},
        [{"label": "A", "url": "http://a.example/"}],
    )
    key = {"service_key": KEY, "incident_key": answer["incident_key"]}
    send(key | {"event_type": "acknowledge"}, path=V1, status=200, at=minutes(1))
    assert only().is_held
    send(key | {"event_type": "resolve"}, path=f"{V1}/", status=200, at=minutes(2))
    assert only().state == State.RESOLVED
    for bad in ({"event_type": "trigger"}, {"event_type": "x"}, {"event_type": "resolve"}):
        assert send({"service_key": KEY} | bad, path=V1, status=400)["errors"]


def test_a_change_pages_nobody_and_stands_beside_the_service() -> None:
    source = make_pd()
    payload = {
        "summary": "Deploy 1.2",
        "timestamp": "2026-11-21T01:50:00Z",
        "source": "ci",
        "custom_details": {"version": "1.2"},
    }
    links = [{"href": "https://ci.example/1", "text": "Build"}, {"href": "javascript:x"}]
    answer = send({"routing_key": KEY, "payload": payload, "links": links}, path=CHANGE)
    assert answer == {"status": "success", "message": "Change event processed"}
    change = Change.objects.get()
    assert (change.title, change.service, change.version, change.at) == (
        "Deploy 1.2",
        source.service,
        "1.2",
        minutes(-14),
    )
    assert change.links == [{"label": "Build", "url": "https://ci.example/1"}]
    assert not Incident.objects.exists()
    assert send({"routing_key": KEY, "payload": {}}, path=CHANGE, status=400)["errors"] == [
        "'payload.summary' is missing or blank"
    ]
    assert Change.objects.count() == 1


def test_a_strangers_large_body_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(body: bytes, *rest: str) -> object:
        read.append(len(body))
        return read_value(body, *rest)

    monkeypatch.setattr(posted, "read_value", counted)
    make_pd()
    bomb = gzip.compress(b'{"routing_key": "nobody", "payload": [' + b"[]," * 4_000_000 + b"[]]}")
    assert post(bomb, path=V2).status_code == 400
    assert not read
    large = json.dumps(event(payload={"custom_details": {"log": "x" * 2_000_000}})).encode()
    for body in (large, gzip.compress(large)):
        assert post(body, path=V2).status_code == 202
    assert len(read) == 2


def test_changes_are_signed_too_where_the_source_wants_it() -> None:
    make_pd(signing_secret="shared")
    body = json.dumps({"routing_key": KEY, "payload": {"summary": "Deploy"}}).encode()
    assert post(body, path=CHANGE).status_code == 400
    assert not Change.objects.exists()
    signed = "sha256=" + hmac.new(b"shared", body, "sha256").hexdigest()
    assert post(body, path=CHANGE, headers={"X-Hub-Signature-256": signed}).status_code == 202


def test_a_change_is_kept_within_bounds() -> None:
    make_pd()
    details = {f"d{number}": "x" * 2000 for number in range(60)}
    links = [{"href": f"https://x.org/{number}", "text": "x"} for number in range(30)]
    send({"routing_key": KEY, "payload": {"summary": "Deploy", "custom_details": details}, "links": links}, path=CHANGE)
    change = Change.objects.get()
    assert (len(change.details), len(change.details["d0"]), len(change.links)) == (50, 1000, 20)
