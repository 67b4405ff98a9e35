"""Opsgenie's Alert API: addresses, identifiers, and what each request does to the alert and its incident."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import time_machine
from django.test import Client

from alerts import silencing
from alerts.models import Alert, Body, Episode, Key, RejectedDelivery, Source
from alerts.silencing import Wish
from incidents import lifecycle
from incidents.models import Incident, Kind, State
from oncall.models import Coverage
from paging.escalation import escalate_one
from tests.alerts.posting import AT, KEY, RECORDED, minutes, post
from tests.factories import make_policy, make_service, make_source, make_user

pytestmark = pytest.mark.django_db
ROOTS = ["/v2/alerts", "/jsm/ops/integration/v2/alerts", "/jsm/ops/integration/alerts"]
GENIE = {"Authorization": f"GenieKey {KEY}"}


def make_og(**fields: Any) -> Source:
    return make_source("og", kind="opsgenie", key=KEY, service=make_service(), **fields)


def send(path: str = "", body: Any = None, *, root: str = ROOTS[0], at: Any = AT, status: int = 202) -> dict[str, Any]:
    response = post(b"" if body is None else body, path=root + path, at=at, headers=GENIE)
    assert response.status_code == status, response.content
    answer: dict[str, Any] = response.json()
    assert set(answer) >= {"took", "requestId"}
    return answer


def put(path: str, body: Any, *, at: Any = AT) -> dict[str, Any]:
    return _ask("PUT", path, body, at=at)


def get(path: str, *, at: Any = AT, status: int = 200) -> dict[str, Any]:
    return _ask("GET", path, None, at=at, status=status)


def _ask(method: str, path: str, body: Any, *, at: Any, status: int = 0) -> dict[str, Any]:
    with time_machine.travel(at, tick=False):
        data = b"" if body is None else json.dumps(body).encode()
        path = ROOTS[0] + path
        response = Client().generic(method, path, data, content_type="application/json", headers=GENIE)
    assert response.status_code == (status or 202), response.content
    answer: dict[str, Any] = response.json()
    return answer


def make(**fields: Any) -> dict[str, Any]:
    return {"message": "Queue is stuck", "alias": "queue/1", "priority": "P1"} | fields


def only() -> Incident:
    return Incident.objects.get()


def outcome() -> dict[str, Any]:
    found: dict[str, Any] = Body.objects.order_by("-pk")[0].outcome
    return found


def told() -> list[str]:
    return list(only().timeline.filter(kind=Kind.NOTE).values_list("text", flat=True))


BY_ALIAS = f"/{quote('queue/1', safe='')}", "?identifierType=alias"


def at_alert(act: str) -> str:
    return f"{BY_ALIAS[0]}/{act}{BY_ALIAS[1]}"


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("root", ROOTS)
def test_made_read_and_closed_under_every_root(root: str, slash: str) -> None:
    make_og()
    answer = send(slash, make(), root=root)
    assert answer["result"] == "Request will be processed"
    asked = Client().get(f"{root}/requests/{answer['requestId']}{slash}", headers=GENIE).json()["data"]
    assert (asked["success"], asked["action"], asked["alias"]) == (True, "Create", "queue/1")
    shown = Client().get(f"{root}/{asked['alertId']}{slash}", headers=GENIE).json()["data"]
    assert (shown["message"], shown["status"], shown["priority"]) == ("Queue is stuck", "open", "P1")
    assert (only().title, only().severity) == ("Queue is stuck", "critical")
    send(f"/{asked['alertId']}/close{slash}", {}, root=root, at=minutes(1))
    assert only().state == State.RESOLVED


@pytest.mark.parametrize(
    ("path", "kind"),
    [("queue/1", "alias"), (quote("queue/1", safe=""), "alias"), ("queue/1", "ALIAS"), ("queue/1", "")],
)
def test_an_alias_may_contain_a_slash(path: str, kind: str) -> None:
    make_og()
    send("", make())
    send(f"/{path}/close?identifierType={kind}", at=minutes(1))
    assert only().state == State.RESOLVED


def test_by_tiny_id_and_of_another_source() -> None:
    make_og()
    send("", make())
    tiny = str(Episode.objects.get().pk)
    assert get(f"/{tiny}?identifierType=tiny")["data"]["tinyId"] == tiny
    other = make_source("other", kind="opsgenie", key="another-long-random-key")
    headers = {"Authorization": "GenieKey another-long-random-key"}
    assert Client().get(f"/v2/alerts/{tiny}?identifierType=tiny", headers=headers).status_code == 404
    path = f"/v2/alerts/{tiny}/close?identifierType=tiny"
    assert Client().post(path, b"{}", content_type="application/json", headers=headers).status_code == 202
    assert only().is_open
    assert not other.alerts.exists()


def test_a_closed_alert_is_another_than_the_next_of_its_alias() -> None:
    make_og()
    send("", make())
    first = get("/queue%2F1?identifierType=alias")["data"]["id"]
    send(at_alert("close"), at=minutes(1))
    send("", make(), at=minutes(2))
    second = get("/queue%2F1?identifierType=alias", at=minutes(2))["data"]["id"]
    assert first != second
    assert Incident.objects.count() == 2
    send(f"/{first}/close", at=minutes(3))  # it is closed already
    assert outcome()["decision"].startswith("dropped")
    assert get(f"/{first}")["data"]["status"] == "closed"
    assert get(f"/{second}")["data"]["status"] == "open"


def test_the_words_of_refusals() -> None:
    source = make_og()
    assert send("", {"alias": "x"}, status=400)["errors"] == {"message": "Message can not be empty."}
    send("", b"{", status=400)
    send("", b"[]", status=400)
    send(at_alert("notes"), b"[", status=400)
    send(at_alert("close"), b"[]", status=400)
    assert RejectedDelivery.objects.filter(source=source, reason="malformed").count() == 5
    assert Client().post("/v2/alerts", headers={"Authorization": "GenieKey nobody"}).status_code == 401
    assert Client().post("/v2/alerts").status_code == 401
    Key.objects.update(revoked_at=AT)
    assert send("", make(), status=410)["message"] == "This key was revoked."


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("path", ["", "/", "/a/close", "/a/notes/", "/a/b/acknowledge"])
def test_other_methods(path: str, method: str) -> None:
    if method == "get" and not path.strip("/"):
        return  # it lists
    response = getattr(Client(), method)(f"/v2/alerts{path}")
    assert (response.status_code, response["Allow"]) == (405, "POST" if path.strip("/") else "GET, POST")


@pytest.mark.parametrize(
    ("path", "allowed"), [("/a", "DELETE, GET"), ("/count", "GET"), ("/requests/a", "GET"), ("/a/message", "PUT")]
)
def test_addresses_that_are_read_or_put(path: str, allowed: str) -> None:
    response = Client().post(f"/v2/alerts{path}")
    assert (response.status_code, response["Allow"]) == (405, allowed)


def at_list(query: str = "", **more: Any) -> list[str]:
    """The aliases that a list gives."""
    found = get("?" + urlencode({"query": query} | more))
    return [one["alias"] for one in found["data"]]


def test_the_list_holds_the_sources_own_alerts_and_no_others() -> None:
    make_og()
    other = make_source("other", kind="opsgenie", key=KEY[::-1], service=make_service("other"))
    for number in range(5):
        alias, priority = f"queue/{number}", f"P{number % 2 + 1}"
        send(
            "",
            make(alias=alias, message=f"Queue {number} is stuck", priority=priority, tags=["eu", f"t{number}"]),
            at=minutes(number),
        )
    post(make(alias="theirs"), path=ROOTS[0], headers={"Authorization": f"GenieKey {KEY[::-1]}"})
    assert other.alerts.count() == 1
    send("/queue%2F1/close?identifierType=alias", {}, at=minutes(6))
    send("/queue%2F2/acknowledge?identifierType=alias", {}, at=minutes(6))
    assert at_list() == [f"queue/{number}" for number in (4, 3, 2, 1, 0)]
    assert at_list(order="asc", limit=2, offset=1) == ["queue/1", "queue/2"]
    assert at_list("status:closed") == ["queue/1"]
    assert at_list("status: open AND priority=P1") == ["queue/4", "queue/2", "queue/0"]
    assert at_list("status=open acknowledged:true") == ["queue/2"]
    assert at_list('alias:"queue/3"') == at_list("tag:t3") == at_list('"queue 3 is"') == ["queue/3"]
    assert at_list("tag:t") == at_list("tag:.*") == at_list("tinyId:x") == []
    assert get("/count?query=status%3Aopen")["data"] == {"count": 4}
    page = get("?limit=2&offset=2")["paging"]
    assert {name: parse_qs(urlsplit(url).query)["offset"] for name, url in page.items()} == {
        "first": ["0"],
        "prev": ["0"],
        "next": ["4"],
    }
    assert urlsplit(page["next"]).path == "/v2/alerts"
    assert set(get("?limit=2&offset=4")["paging"]) == {"first", "prev"}


@pytest.mark.parametrize(
    "asked",
    [
        "query=status:broken",
        "query=a+OR+b",
        "query=NOT+a",
        "query=owner:x",
        "query=(a)",
        "query=:",
        "query=acknowledged:7",
    ]
    + [
        "sort=secret",
        "limit=0",
        "limit=101",
        "limit=x",
        "offset=-1",
        "offset=%C2%B2",
        "offset=99999",
        'query="',
        "query=%00:",
    ],
)
@pytest.mark.parametrize("path", ["", "/count"])
def test_a_list_that_is_not_understood_is_not_guessed(path: str, asked: str) -> None:
    make_og()
    if path and ("limit" in asked or "offset" in asked):
        assert get(f"{path}?{asked}")["data"] == {"count": 0}
        return
    assert get(f"{path}?{asked}", status=422)["message"].endswith(".")


def test_a_deleted_alert_is_closed_and_its_story_stays() -> None:
    make_og()
    send("", make())
    deleted = _ask("DELETE", "/queue%2F1?identifierType=alias&user=Ana", None, at=minutes(1))
    assert deleted["result"] == "Request will be processed"
    assert (only().state, only().resolved_at) == (State.RESOLVED, minutes(1))
    assert told() == ["Deleted at the sender. (Ana)"]
    asked = get(f"/requests/{deleted['requestId']}")["data"]
    assert (asked["success"], asked["action"]) == (True, "Close")
    assert get("/queue%2F1?identifierType=alias")["data"]["status"] == "closed"
    again = _ask("DELETE", "/queue%2F1?identifierType=alias", None, at=minutes(2))
    assert get(f"/requests/{again['requestId']}")["data"]["success"] is False
    assert told() == ["Deleted at the sender. (Ana)"]


def test_long_values_are_cut_and_not_refused() -> None:
    make_og()
    long = "x" * 30_000
    body = make(message=long, alias=long, entity=long, source=long, tags=[long] * 30, note=long, description=long)
    send("", body | {"user": long, "details": {"a": long}, "responders": [{"name": long, "type": "team"}]})
    alert = Alert.objects.get()
    assert (len(alert.title), len(alert.labels["entity"]), len(alert.labels["tags"])) == (200, 200, 50)
    send(f"/{long}/close?identifierType=alias", at=minutes(1))
    assert only().state == State.RESOLVED


def test_acknowledge_and_take_it_back() -> None:
    make_og()
    send("", make())
    send(at_alert("acknowledge"), {"note": "On it", "user": "ann"}, at=minutes(1))
    assert (only().holder, only().acked_at, only().acked_by) == ("og", minutes(1), None)
    assert told() == ["On it (ann)"]
    assert get("/queue%2F1?identifierType=alias")["data"]["acknowledged"] is True
    send(at_alert("unacknowledge"), {}, at=minutes(2))
    assert (only().is_held, only().page_due_at) == (False, minutes(2))
    send(at_alert("unacknowledge"), {}, at=minutes(3))  # twice is once
    assert outcome()["decision"] == "unchanged"
    assert only().page_due_at == minutes(2)


def test_what_a_person_has_stays_with_them() -> None:
    make_og()
    ana = make_user()
    send("", make())
    send(at_alert("acknowledge"), at=minutes(1))
    lifecycle.acknowledge(only(), by=ana, at=minutes(2))
    send(at_alert("unacknowledge"), {}, at=minutes(3))
    assert only().held_by == ana


def test_snooze_is_quiet_until_then_within_limits() -> None:
    make_og()
    send("", make())
    send(at_alert("snooze"), {"endTime": minutes(20).isoformat()}, at=minutes(1))
    assert (only().silenced_until, only().page_due_at) == (minutes(20), minutes(20))
    send(at_alert("snooze"), {"endTime": "2027-01-01T00:00:00Z"}, at=minutes(2))
    assert only().silenced_until == minutes(62)
    send(at_alert("snooze"), {"endTime": "nonsense"}, at=minutes(3))
    assert outcome()["decision"] == "unchanged"


def test_one_alert_does_not_silence_the_others() -> None:
    make_og(grouping="service")
    send("", make())
    send("", make(alias="other"), at=minutes(1))
    send(at_alert("snooze"), {"endTime": minutes(20).isoformat()}, at=minutes(2))
    assert only().silenced_until is None
    assert "paging goes on" in told()[-1]


def snoozed(**fields: Any) -> Incident:
    """A standard incident of one alert, snoozed at its sender from minute 1 to minute 60."""
    make_og(**fields)
    send("", make(priority="P3"))
    send(at_alert("snooze"), {"endTime": minutes(60).isoformat()}, at=minutes(1))
    assert only().silenced_until == minutes(60)
    return only()


def worse_by_priority() -> None:
    put(at_alert("priority"), {"priority": "P1"}, at=minutes(5))


def worse_told_again() -> None:
    send("", make(priority="P1"), at=minutes(5))


@pytest.mark.parametrize("rises", [worse_by_priority, worse_told_again])
@pytest.mark.parametrize("raised_before", [False, True])
def test_a_snooze_ends_when_its_alert_gets_worse(rises: Callable[[], None], *, raised_before: bool) -> None:
    incident = snoozed()
    if raised_before:  # by hand, so that the incident does not rise with its alert
        lifecycle.change_class(incident, to="critical", by=make_user(), at=minutes(2))
    rises()
    assert only().severity == "critical"
    assert (only().silenced_until, only().page_due_at) == (None, minutes(5))


def test_a_snooze_lasts_while_its_alert_gets_no_worse() -> None:
    snoozed()
    put(at_alert("priority"), {"priority": "P5"}, at=minutes(5))
    send("", make(priority="P4"), at=minutes(6))
    assert only().silenced_until == minutes(60)


def test_a_snooze_ends_when_another_alert_joins() -> None:
    snoozed(grouping="service")
    send("", make(alias="other", priority="P3"), at=minutes(5))
    assert (only().silenced_until, only().page_due_at) == (None, minutes(5))


@pytest.mark.parametrize("ended", [True, False])
def test_one_that_joined_silently_is_heard_when_its_silence_is_over(*, ended: bool) -> None:
    ana = make_user()
    snoozed(grouping="service")
    wish = Wish("silence", {"tags": "quiet"}, [], minutes(2), minutes(30), "known")
    made = silencing.make(wish, by=ana, at=minutes(2))
    send("", make(alias="other", priority="P3", tags=["quiet"]), at=minutes(5))
    assert only().silenced_until == minutes(60)
    if ended:
        silencing.end(made, by=ana, at=minutes(20))
    else:
        assert silencing.look(made.pk, minutes(30))
    assert (only().silenced_until, only().page_due_at) == (None, minutes(20 if ended else 30))


def test_one_at_the_sender_does_not_snooze_for_several_people() -> None:
    service = make_og().service
    assert service
    policy = make_policy("", (300, [f"user:{make_user().email}"]), acknowledgements=2)
    Coverage.objects.create(service=service, policy=policy)
    send("", make(priority="P3"))
    send(at_alert("snooze"), {"endTime": minutes(60).isoformat()}, at=minutes(1))
    assert only().silenced_until is None
    assert "several people" in told()[-1]


def test_escalate_pages_the_next_step_now() -> None:
    make_og()
    send("", make())
    escalate_one(only().pk, AT)
    send(at_alert("escalate"), {"escalation": {"name": "x"}}, at=minutes(1))
    assert only().page_due_at == minutes(1)
    line = only().timeline.get(kind=Kind.ESCALATE)
    assert (line.by, line.cause) == (None, "og")


def test_what_the_sender_says_anew() -> None:
    make_og()
    send("", make(priority="P3", tags=["a"]))
    assert only().severity == "standard"
    put(at_alert("message"), {"message": "Queue is very stuck"}, at=minutes(1))
    put(at_alert("description"), {"description": "Since noon."}, at=minutes(1))
    put(at_alert("description"), {"description": "Since noon."}, at=minutes(1))
    put(at_alert("priority"), {"priority": "P1"}, at=minutes(2))
    send(at_alert("tags"), {"tags": ["a", "b"]}, at=minutes(3))
    send(at_alert("details"), {"details": {"shard": "7", "trace": "one\ntwo"}}, at=minutes(3))
    send(at_alert("notes"), {"note": "Look at the lag."}, at=minutes(4))
    send(at_alert("assign"), {"owner": {"username": "bob@example.com"}}, at=minutes(5))
    alert = Alert.objects.get()
    assert (alert.title, alert.labels["tags"], alert.labels["shard"]) == ("Queue is very stuck", "a,b", "7")
    assert (alert.annotations["description"], alert.annotations["trace"]) == ("Since noon.", "one\ntwo")
    assert (only().severity, only().title) == ("critical", "Queue is stuck")
    assert told() == [
        "The sender calls it now: Queue is very stuck",
        "The sender says now: description: Since noon.",
        "The sender says now: priority: P1",
        "The sender says now: tags: a,b",
        "The sender says now: shard: 7, trace: one two",
        "Look at the lag.",
        "Given to bob@example.com at the sender.",
    ]


@pytest.mark.parametrize(
    "act", ["close", "acknowledge", "unacknowledge", "notes", "snooze", "escalate", "assign", "tags"]
)
def test_what_speaks_of_nothing_open_is_dropped_and_the_request_says_so(act: str) -> None:
    make_og()
    answer = send(f"/nobody/{act}?identifierType=alias", {"note": "x", "tags": ["a"]})
    data = get(f"/requests/{answer['requestId']}")["data"]
    assert (data["success"], data["status"], data["alertId"]) == (False, "Alert does not exist", "")
    assert not Alert.objects.exists()


def test_requests_of_others_are_not_there() -> None:
    make_og()
    make_source("other", kind="opsgenie", key="another-long-random-key")
    answer = send("", make())
    headers = {"Authorization": "GenieKey another-long-random-key"}
    assert Client().get(f"/v2/alerts/requests/{answer['requestId']}", headers=headers).status_code == 404
    get("/nobody?identifierType=alias", status=404)


def test_alertmanagers_own_requests() -> None:
    make_og()
    for step, one in enumerate(recorded_requests()):
        method, path = one["method"], one["path"].removeprefix("/og/v2/alerts")
        _ask(method, path, one["body"], at=minutes(step))
    alert = Alert.objects.get()
    assert (alert.labels["alertname"], alert.labels["tags"], alert.labels["priority"]) == ("T_og", "a,b", "P1")
    assert (only().state, only().severity, told()) == (State.RESOLVED, "critical", [])


def recorded_requests() -> list[dict[str, Any]]:
    found = json.loads((RECORDED / "07-opsgenie-create-update-close.json").read_text())
    return [one["request"] for one in found["deliveries"]]


def test_our_own_address_makes_alerts() -> None:
    make_og()
    response = post(make(), path=f"/api/in/opsgenie/{KEY}")
    assert response.json().items() >= {"accepted": 1, "incidents": [only().number], "dedup_key": "queue/1"}.items()


@pytest.mark.parametrize("act", ["notes", "close", "acknowledge", "snooze"])
def test_what_is_not_signed_does_nothing_where_the_source_wants_it(act: str) -> None:
    source = make_og()
    send(body={"message": "Disk full", "alias": "a"})
    Source.objects.filter(pk=source.pk).update(signing_secret="shared")
    before = Incident.objects.get()
    send(f"/a/{act}?identifierType=alias", {"note": "It was me", "endTime": "2026-11-21T05:00:00Z"}, status=401)
    after = Incident.objects.get()
    assert (after.state, after.version) == (before.state, before.version)
    assert RejectedDelivery.objects.get().reason == "signature"


def test_tags_and_labels_are_cut() -> None:
    make_og()
    send(body={"message": "Disk full", "alias": "a", "tags": [f"t{number}" for number in range(300)]})
    send("/a/tags?identifierType=alias", {"tags": ["more"]})
    assert len(Alert.objects.get().labels["tags"].split(",")) == 100
    put("/a/description?identifierType=alias", {"description": "new words"})
    send("/a/details?identifierType=alias", {"details": {f"d{number}": "x" for number in range(300)}})
    assert len(Alert.objects.get().labels) == 200
