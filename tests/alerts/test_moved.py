"""The addresses of Grafana OnCall and GoAlert, in their own requests and answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from alerts.models import Alert, Body, RejectedDelivery
from incidents.models import Incident
from tests.alerts.posting import KEY, fire, group, make_am, minutes, only, post

pytestmark = pytest.mark.django_db
FORMATTED = {
    "alert_uid": "08d6891a-835c-e661-39fa-96b6a9e26552",
    "title": "The whole system is down",
    "image_url": "https://example.com/a.jpeg",
    "state": "alerting",
    "link_to_upstream_details": "https://example.com/alert",
    "message": "Smth happened. Oh no!",
}
LEGACY = {"ruleId": 7, "ruleName": "CPU", "state": "alerting", "title": "[Alerting] CPU"}


def oncall(kind: str, body: Any, **more: Any) -> Any:
    return post(body, path=f"/integrations/v1/{kind}/{KEY}/", **more)


def goalert(query: str = "", body: Any = b"", *, kind: str = "generic", key: str = KEY, **more: Any) -> Any:
    more.setdefault("content_type", "application/x-www-form-urlencoded")
    return post(body, path=f"/api/v2/{kind}/incoming?token={key}&{query}", **more)


@pytest.mark.parametrize("kind", ["formatted_webhook", "webhook", "elastalert"])
def test_oncalls_own_words(kind: str) -> None:
    make_am(kind="generic")
    response = oncall(kind, FORMATTED)
    assert (response.status_code, response.json()) == (200, "Ok.")
    assert only().title == "The whole system is down"
    assert {link["label"] for link in Alert.objects.get().links} == {"Source", "Image"}
    oncall(kind, FORMATTED | {"state": "ok"}, at=minutes(2))
    assert not only().is_open


@pytest.mark.parametrize(
    ("kind", "of", "body"),
    [
        ("alertmanager", "alertmanager", group(fire("a"))),
        ("alertmanagerV2", "generic", group(fire("a"))),
        ("grafana_alerting", "grafana", group(fire("a"), version="1")),
        ("grafana", "generic", LEGACY),
        ("webhook", "pingdom", {"check_id": 1, "check_name": "x", "current_state": "DOWN"}),
        ("stackdriver", "gcp_monitoring", {"incident": {"incident_id": "1", "summary": "x", "state": "open"}}),
    ],
)
def test_oncall_types_are_kinds(kind: str, of: str, body: Any) -> None:
    make_am(kind=of)
    assert oncall(kind, body).status_code == 200
    assert only().is_open
    assert "unmapped" not in json.dumps(Body.objects.get().outcome)


def test_oncall_refuses_as_every_address_does() -> None:
    make_am(kind="zabbix")
    assert oncall("alertmanager", group(fire("a"))).status_code == 400
    assert RejectedDelivery.objects.get().reason == "wrong_kind"
    assert post({}, path="/integrations/v1/webhook/nobodys-key").status_code == 401
    for method in ("get", "head", "put"):
        assert getattr(Client(), method)(f"/integrations/v1/webhook/{KEY}").status_code == 405


def test_goalerts_generic_api_opens_and_closes() -> None:
    make_am(kind="generic")
    response = goalert("summary=Disk+full&details=97+%25&dedup=disk-1")
    assert (response.status_code, response.content) == (204, b"")
    assert only().title == "Disk full"
    assert KEY.encode() not in bytes(Body.objects.get().content)
    again = goalert("", {"summary": "Disk full", "dedup": "disk-1"}, content_type="application/json")
    assert again.status_code == 204
    assert Incident.objects.count() == 1
    assert goalert("dedup=disk-1", b"summary=Disk&action=close", at=minutes(3)).status_code == 204
    assert not only().is_open


def test_goalert_says_what_it_made_to_whoever_asks() -> None:
    make_am(kind="generic")
    response = goalert("summary=x", headers={"Accept": "application/json"})
    assert response.status_code == 200
    assert response.json()["AlertID"] == only().pk


@pytest.mark.parametrize(("kind", "body"), [("grafana", LEGACY), ("prometheusalertmanager", group(fire("a")))])
def test_goalerts_other_types(kind: str, body: Any) -> None:
    make_am(kind="generic")
    assert goalert("", body, kind=kind, content_type="application/json").status_code == 204
    assert only().is_open


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("details=x", b"", 400),
        ("", b"[1]", 400),
        ("", b"{", 400),
        ("summary=%00%ff&dedup=%ed%a0%80", b"", 204),
        ("&".join("a=1" for _ in range(2000)), b"", 400),
        ("summary=x", b"\x00\xff", 400),
    ],
)
def test_goalert_odd_requests(query: str, body: bytes, status: int) -> None:
    make_am(kind="generic")
    response = goalert(query, body)
    assert response.status_code == status, response.content
    if status == 400:
        assert response["Content-Type"].startswith("text/plain")


def test_goalert_refuses() -> None:
    make_am(kind="zabbix")
    assert goalert("summary=x", key="nobodys").status_code == 401
    assert post(b"", path="/api/v2/generic/incoming").status_code == 401
    assert goalert("", kind="site24x7").status_code == 404
    assert goalert("", group(fire("a")), kind="prometheusalertmanager").status_code == 400
    assert Client().get(f"/api/v2/generic/incoming/?token={KEY}").status_code == 405
