"""Clients of PagerDuty and Opsgenie that other people wrote: only their address is changed. Read back by our own API."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apprise
import opsgenie_sdk
import pagerduty
import pytest
from apprise.plugins import opsgenie as apprise_opsgenie
from apprise.plugins import pagerduty as apprise_pagerduty
from pytest_django.live_server_helper import LiveServer

from tests.alerts.https_front import Front
from tests.factories import make_service, make_source, make_token, make_user
from tests.peers import peer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that it is deprecated, and people go on using it
    import pdpyras

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "0123456789abcdef0123456789abcdef"
Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def read(live_server: LiveServer) -> Read:
    """All incidents, the oldest first, as our API gives them."""
    secret = make_token(make_user("reader@example.com"))
    service = make_service("checkout")
    make_source("pd", kind="pagerduty", key=KEY, service=service)
    make_source("og", kind="opsgenie", key=KEY[::-1], service=service)

    def incidents() -> list[dict[str, Any]]:
        asked = urllib.request.Request(
            f"{live_server.url}/api/v1/incidents/?state=all", headers={"Authorization": f"Bearer {secret}"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            found: list[dict[str, Any]] = json.loads(answer.read())["results"]
        return sorted(found, key=lambda one: int(one["number"].removeprefix("INC-")))

    return incidents


def stands(read: Read) -> list[tuple[str, bool, str]]:
    """(state, acknowledged, by which sender it is held) of each incident."""
    return [(one["state"], one["acked_at"] is not None, one["held_by_sender"]) for one in read()]


LIFE = [
    [("triage", False, "")],
    [("investigating", True, "pd")],
    [("resolved", True, "")],
    [("resolved", True, ""), ("triage", False, "")],
]


def lives(read: Read, trigger: Callable[[], Any], acknowledge: Callable[[], Any], resolve: Callable[[], Any]) -> None:
    """Trigger (twice is once), acknowledge, resolve, trigger again: a new incident."""
    trigger()
    trigger()
    assert stands(read) == LIFE[0]
    acknowledge()
    assert stands(read) == LIFE[1]
    resolve()
    assert stands(read) == LIFE[2]
    trigger()
    assert stands(read) == LIFE[3]


def test_pdpyras(live_server: LiveServer, read: Read) -> None:
    session = pdpyras.EventsAPISession(KEY)
    session.url = live_server.url
    lives(
        read,
        lambda: session.trigger("Disk full", "db-1", dedup_key="a", severity="critical"),
        lambda: session.acknowledge("a"),
        lambda: session.resolve("a"),
    )
    made = session.trigger("No key", "db-1")
    assert len(made) == 32
    session.resolve(made)
    assert [one["state"] for one in read()] == ["resolved", "triage", "resolved"]
    changes = pdpyras.ChangeEventsAPISession(KEY)
    changes.url = live_server.url
    changes.submit("Deploy 1.2", source="ci", custom_details={"version": "1.2"})
    with pytest.raises(pdpyras.PDHTTPError, match="400"):
        session.trigger("x" * 1025, "db-1")
    session.close()
    changes.close()


def test_pagerdutys_own_client(live_server: LiveServer, read: Read, tmp_path: Path) -> None:
    with Front(live_server.url, tmp_path) as front:
        client = pagerduty.EventsApiV2Client(KEY, base_url=front.url, verify=front.trust)
        lives(
            read,
            lambda: client.trigger("Disk full", "db-1", dedup_key="a", severity="critical"),
            lambda: client.acknowledge("a"),
            lambda: client.resolve("a"),
        )
        client.close()


PDJS = """
const {trigger, acknowledge, resolve, change} = require(process.argv[1]);
const [server, routing_key, action] = process.argv.slice(2);
const payload = {summary: "Disk full", source: "db-1", severity: "critical"};
const said = {trigger, acknowledge, resolve, change}[action];
said({server, data: {routing_key, dedup_key: action === "change" ? undefined : "a", payload}})
  .then(({status, data}) => console.log(JSON.stringify({status, ...data})))
  .catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.mark.peer
def test_pagerdutys_own_client_for_javascript(live_server: LiveServer, read: Read, tmp_path: Path) -> None:
    """It speaks TLS only; `server` is all that is changed of it."""
    client = peer("pdjs")
    with Front(live_server.url, tmp_path) as front:
        host = front.url.removeprefix("https://")
        environ = {"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(front.certificate)}

        def say(action: str, key: str = KEY) -> dict[str, Any]:
            words = [peer("node"), "-e", PDJS, client, host, key, action]
            ran = subprocess.run(words, env=environ, capture_output=True, timeout=60, check=False)
            assert ran.returncode == 0, ran.stderr.decode()
            answer: dict[str, Any] = json.loads(ran.stdout)
            return answer

        lives(read, lambda: say("trigger"), lambda: say("acknowledge"), lambda: say("resolve"))
        processed = {"status": "success", "message": "Event processed", "dedup_key": "a"}
        assert say("trigger") == processed
        assert say("change")["message"] == "Change event processed"
        refused = say("trigger", key="nobody-has-this-key")
        assert (refused["status"], refused["errors"]) == ("invalid event", ["Invalid routing key"])


@pytest.fixture
def opsgenie(live_server: LiveServer) -> Iterator[opsgenie_sdk.AlertApi]:
    """Opsgenie's own client."""
    configuration = opsgenie_sdk.Configuration()
    configuration.host = live_server.url
    configuration.api_key["Authorization"] = KEY[::-1]
    client = opsgenie_sdk.ApiClient(configuration=configuration)
    yield opsgenie_sdk.AlertApi(api_client=client)
    client.rest_client.pool_manager.clear()
    client.pool.close()
    client.pool.join()


def test_opsgenies_own_client(read: Read, opsgenie: opsgenie_sdk.AlertApi) -> None:
    payload = opsgenie_sdk.CreateAlertPayload(
        message="Queue is stuck", alias="queue/1", priority="P1", tags=["a"], details={"shard": "7"}
    )
    made = opsgenie.create_alert(payload)
    assert made.result == "Request will be processed"
    status = opsgenie.get_request_status(made.request_id).data
    assert (status.is_success, status.alias) == (True, "queue/1")
    shown = opsgenie.get_alert(status.alert_id).data
    assert (shown.message, shown.status, shown.priority, shown.tags) == ("Queue is stuck", "open", "P1", ["a"])
    assert stands(read) == LIFE[0]
    by_alias = {"identifier": "queue/1", "identifier_type": "alias"}
    opsgenie.add_note(add_note_to_alert_payload=opsgenie_sdk.AddNoteToAlertPayload(note="Look"), **by_alias)
    opsgenie.acknowledge_alert(acknowledge_alert_payload=opsgenie_sdk.AcknowledgeAlertPayload(note="On it"), **by_alias)
    assert stands(read) == [("investigating", True, "og")]
    opsgenie.un_acknowledge_alert(un_acknowledge_alert_payload=opsgenie_sdk.UnAcknowledgeAlertPayload(), **by_alias)
    assert stands(read) == [("investigating", True, "")]
    opsgenie.update_alert_message(
        update_alert_message_payload=opsgenie_sdk.UpdateAlertMessagePayload(message="Very stuck"), **by_alias
    )
    assert opsgenie.get_alert("queue/1", identifier_type="alias").data.message == "Very stuck"
    opsgenie.close_alert(close_alert_payload=opsgenie_sdk.CloseAlertPayload(note="Done"), **by_alias)
    assert stands(read) == LIFE[2]
    opsgenie.create_alert(payload)
    assert stands(read) == LIFE[3]
    assert [(one.alias, one.status) for one in opsgenie.list_alerts(query="status: open", limit=10).data] == [
        ("queue/1", "open")
    ]
    assert opsgenie.count_alerts().data.count == 2
    assert opsgenie.delete_alert("queue/1", identifier_type="alias").result == "Request will be processed"
    assert [one["state"] for one in read()] == ["resolved", "resolved"]


def test_apprise(live_server: LiveServer, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(apprise_pagerduty.PAGERDUTY_API_LOOKUP, "us", f"{live_server.url}/v2/enqueue")
    monkeypatch.setitem(apprise_opsgenie.OPSGENIE_API_LOOKUP, "us", f"{live_server.url}/v2/alerts")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of modules that its plugins import
        apprise.Apprise().add("json://localhost")
    told = apprise.Apprise()
    assert told.add(f"pagerduty://{KEY}@{KEY}/db-1/web")
    assert told.notify(title="Disk full", body="of db-1", notify_type="failure")
    told = apprise.Apprise()
    assert told.add(f"opsgenie://{KEY[::-1]}/?priority=high&alias=queue")
    assert told.notify(title="Queue", body="is stuck", notify_type="failure")
    assert [one["title"] for one in read()] == ["Disk full of db-1", "Queue"]
    assert told.notify(title="Queue", body="is fine", notify_type="success")  # it closes what its request made
    assert [one["state"] for one in read()] == ["triage", "resolved"]
