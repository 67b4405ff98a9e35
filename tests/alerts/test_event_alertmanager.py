"""A real Alertmanager through its own PagerDuty and Opsgenie receivers: only their address is changed."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from alerts.models import Alert, Body, RejectedDelivery
from incidents.models import Incident
from tests.factories import make_service, make_source
from tests.peers import peer
from tests.system import free_port

pytestmark = [pytest.mark.peer, pytest.mark.django_db(transaction=True)]
KEY = "0123456789abcdef0123456789abcdef"
CONFIG = """\
global: {{resolve_timeout: 5m}}
route:
  receiver: events
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 4h
receivers:
  - name: events
    pagerduty_configs:
      - {{routing_key: {key}, url: "{url}/v2/enqueue", severity: critical, send_resolved: true,
         details: {{team: payments}}, links: [{{href: "http://runbook.example/", text: Runbook}}]}}
    opsgenie_configs:
      - {{api_key: {key}-og, api_url: "{url}/", update_alerts: true, priority: P1, tags: "a,b", send_resolved: true}}
      - {{api_key: {key}-jsm, api_url: "{url}/jsm/ops/integration/", priority: P2, send_resolved: true}}
"""


@pytest.fixture
def send(live_server: LiveServer, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Hands alerts to a real Alertmanager as Prometheus does."""
    url = f"http://127.0.0.1:{free_port()}"
    (tmp_path / "alertmanager.yml").write_text(CONFIG.format(url=live_server.url, key=KEY))
    words = [
        peer("prometheus-alertmanager"),
        f"--config.file={tmp_path}/alertmanager.yml",
        f"--storage.path={tmp_path}/data",
    ]
    words += [f"--web.listen-address={url.removeprefix('http://')}", "--cluster.listen-address="]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)

        def hand_over(*alerts: dict[str, Any]) -> None:
            body, headers = json.dumps(alerts).encode(), {"Content-Type": "application/json"}
            asked = urllib.request.Request(f"{url}/api/v2/alerts", data=body, headers=headers)
            until(lambda: _taken(asked), "Alertmanager to take the alerts")

        yield hand_over
        process.terminate()
        process.wait(10)


def _taken(asked: urllib.request.Request) -> bool:
    try:
        urllib.request.urlopen(asked, timeout=5).close()
    except OSError:
        return False
    return True


def until(so: Callable[[], bool], what: str, seconds: float = 40) -> None:
    ends = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < ends, f"waited {seconds} s for {what}: {states()}, {outcomes()}"
        time.sleep(0.1)


def alert(*, began: datetime, ended: datetime | None = None) -> dict[str, Any]:
    labels = {"alertname": "QueueStuck", "instance": "a", "severity": "critical"}
    sent = {"labels": labels, "annotations": {"summary": "Queue on a is stuck"}, "startsAt": began.isoformat()}
    return {**sent, **({"endsAt": ended.isoformat()} if ended else {})}


def outcomes() -> list[tuple[str, str]]:
    """What became of every request: (source, decision)."""
    return [
        (body.source.slug, body.outcome["decision"]) for body in Body.objects.select_related("source").order_by("pk")
    ]


def states() -> dict[str, list[str]]:
    """Source -> the states of its incidents, the oldest first."""
    found: dict[str, list[str]] = {}
    rows = Incident.objects.filter(timeline__kind="opened").order_by("pk")
    for source, state in rows.values_list("timeline__cause", "state"):
        found.setdefault(source, []).append(state)
    return found


def test_opened_repeated_resolved_and_opened_anew(live_server: LiveServer, send: Callable[..., None]) -> None:
    service = make_service("checkout")
    make_source("pd", kind="pagerduty", key=KEY, service=service)
    make_source("og", kind="opsgenie", key=f"{KEY}-og", service=service)
    make_source("jsm", kind="opsgenie", key=f"{KEY}-jsm", service=service)
    every = {"pd", "og", "jsm"}

    began = timezone.now() - timedelta(minutes=5)
    send(alert(began=began))
    until(lambda: states() == dict.fromkeys(every, ["triage"]), "three incidents")
    until(lambda: Body.objects.filter(source__slug="og").count() == 3, "a POST and two PUTs")
    send(alert(began=began, ended=timezone.now()))
    until(lambda: states() == dict.fromkeys(every, ["resolved"]), "three resolved")
    send(alert(began=timezone.now()))
    until(lambda: states() == dict.fromkeys(every, ["resolved", "triage"]), "three new ones")

    assert not RejectedDelivery.objects.exists()
    classes = dict(Incident.objects.filter(timeline__kind="opened").values_list("timeline__cause", "severity"))
    assert (classes["pd"], classes["og"], classes["jsm"]) == ("critical", "critical", "major")
    pd, og = (Alert.objects.get(source__slug=slug) for slug in ("pd", "og"))
    assert (pd.labels["team"], pd.links[0]["label"]) == ("payments", "Runbook")
    assert (og.labels["tags"], og.labels["alertname"]) == ("a,b", "QueueStuck")
