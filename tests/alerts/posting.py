"""Senders for the tests: recorded Alertmanager bodies, made ones, and a client that posts them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.test import Client

from alerts.models import Episode, Source
from incidents.models import Incident
from teams.models import Service
from tests.factories import make_service, make_source

RECORDED = Path(__file__).parent.parent / "fixtures" / "alertmanager"
AT = datetime(2026, 11, 21, 2, 4, tzinfo=UTC)
KEY = "a-long-random-key-0001"


def captured(step: int) -> dict[str, Any]:
    """One of the three captured deliveries: two fire, one ends, the other ends."""
    (path,) = RECORDED.glob(f"captured_am025_seq{step}_*.json")
    body: dict[str, Any] = json.loads(path.read_text())
    return body


def recorded(name: str) -> list[dict[str, Any]]:
    """The bodies of one recording, in order."""
    return [one["request"]["body"] for one in json.loads((RECORDED / name).read_text())["deliveries"]]


def fire(name: str = "a", *, starts: datetime = AT, ends: datetime | None = None, **labels: str) -> dict[str, Any]:
    """One alert; with `ends` it is resolved."""
    return {
        "status": "resolved" if ends else "firing",
        "labels": {"alertname": "Down", "instance": name, **labels},
        "annotations": {"summary": f"Down on {name}"},
        "startsAt": starts.isoformat(),
        "endsAt": ends.isoformat() if ends else "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": f"fp-{name}",
    }


def group(*alerts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A delivery of one group."""
    body = {"version": "4", "groupKey": "{}", "groupLabels": {"alertname": "Down"}, "alerts": list(alerts)}
    return body | {"status": "firing", "receiver": "r", "truncatedAlerts": 0, "externalURL": "http://am:9093"} | changes


def make_am(service: Service | None = None, **fields: Any) -> Source:
    """An Alertmanager source with `KEY`, which ends incidents at once unless said otherwise."""
    fields.setdefault("resolve_hold", timedelta(0))
    fields.setdefault("key", KEY)
    return make_source(fields.pop("slug", "am"), service=service or make_service("checkout"), **fields)


def post(body: object, *, at: datetime = AT, path: str = f"/api/in/alertmanager/{KEY}", **extra: Any) -> Any:
    """Post `body` (bytes as they are) at an instant."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with time_machine.travel(at, tick=False):
        return Client().generic("POST", path, data, content_type=extra.pop("content_type", "application/json"), **extra)


def accepted(body: object, **more: Any) -> list[str]:
    """Post what must be accepted; the incidents' numbers."""
    response = post(body, **more)
    assert response.status_code == 202, response.content
    numbers: list[str] = response.json()["incidents"]
    return numbers


def only() -> Incident:
    """The one incident there is."""
    return Incident.objects.get()


def statuses() -> dict[str, str]:
    """Fingerprint -> firing or resolved."""
    open_now = set(Episode.objects.filter(closed_at=None).values_list("alert__fingerprint", flat=True))
    every = set(Episode.objects.values_list("alert__fingerprint", flat=True))
    return {name: "firing" if name in open_now else "resolved" for name in every}


def minutes(number: float) -> datetime:
    """So many minutes after `AT`."""
    return AT + timedelta(minutes=number)
