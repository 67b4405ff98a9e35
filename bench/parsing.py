"""What reading a body costs, by format: bytes to alerts, without the database. Measured in this process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from alerts.payloads import parse
from bench import load
from bench.figures import Result, Scale, spread
from bench.house import House

MANY = 1000  # alerts in a body, where the format has more than one
REPEATED = 200  # times a body of one alert is read for one measurement
MOST = 10.0  # microseconds
MAPPING = {
    "each": "items",
    "title": "name",
    "dedup_key": "id",
    "status": {"paths": ["state"], "words": {"open": "firing", "closed": "resolved"}},
    "severity": "prio",
    "starts_at": "at",
    "description": "text",
    "labels": {"host": "host.name", "region": "host.region"},
    "links": {"Runbook": "url"},
}
WORDS = "The disk of this node will be full within four hours when it goes on like this; remove old backups, or ask for more."
PLACE = {"cluster": "eu-west-1a", "namespace": "payments", "pod": "checkout-7d9f8b6c5d-x2x7q", "container": "checkout"}
LABELS = PLACE | {"job": "kubelet", "instance": "10.2.3.4:10250", "service": "checkout", "severity": "critical"}
QUERY = "http://prometheus.example.com/graph?g0.expr=" + "kubelet_volume_stats_available_bytes+%2F+on+%28pod%29+" * 3


def parsing(house: House, scale: Scale) -> Result:
    """Each format: microseconds per alert of its size, and per KB of alert, beside Python's own reading of the same JSON."""
    result = Result()
    for name, kind, count, value, mapping in _bodies():
        body = json.dumps(value, separators=(",", ":")).encode()
        size = len(body) / 1024 / count
        ours, plain = [], []
        for _run in range(scale.runs):
            ours.append(_best(partial(parse, kind, body, "application/json", mapping=mapping), count))
            plain.append(_best(partial(json.loads, body), count))
        words = f"reading {name}, alerts of {size:.1f} KB"
        result.add(f"{words}: per alert", spread([one * 1e6 for one in ours], ".1f", "us"))
        per_kb = [one * 1e6 / size for one in ours]
        calibrated = spread([one * 1e6 / size for one in plain], ".1f")
        measured = f"{spread(per_kb, '.1f', 'us')}; json.loads alone {calibrated}"
        result.add("the same, per alert and KB", measured, f"<= {MOST:.0f} us", median(per_kb) <= MOST)
    return result


def _best(read: Callable[[], object], count: int) -> float:
    """Seconds per alert: the best of five, for whatever else the machine does only adds to it."""
    times = REPEATED if count == 1 else 1
    took = []
    for _try in range(5):
        begun = time.perf_counter()
        for _time in range(times):
            read()
        took.append((time.perf_counter() - begun) / times / count)
    return min(took)


def _bodies() -> list[tuple[str, str, int, Any, Any]]:
    """Name, kind, alerts, the body and the mapping."""
    group = json.loads(load.group(1, MANY))
    for alert in group["alerts"]:
        alert["labels"] |= LABELS
        alert["annotations"] |= {"description": WORDS * 2, "runbook_url": "https://runbooks.example.com/disk-full"}
        alert["generatorURL"] = QUERY
    values = "[ var='B' labels={instance=10.2.3.4:10250, job=kubelet} value=22 ], [ var='C' labels={} value=1 ]"
    home = "https://grafana.example.com"
    more = {"silenceURL": f"{home}/alerting/silence/new?x=1", "dashboardURL": f"{home}/d/abc", "valueString": values}
    grafana = group | {"version": "1", "orgId": 1, "alerts": [alert | more for alert in group["alerts"]]}
    return [
        ("an Alertmanager's body", "alertmanager", MANY, group, None),
        ("Grafana's body", "grafana", MANY, grafana, None),
        ("generic JSON", "generic", MANY, [_generic(number) for number in range(MANY)], None),
        ("a mapped body", "generic", MANY, {"items": [_mapped(number) for number in range(MANY)]}, MAPPING),
        ("a PagerDuty event", "pagerduty", 1, _pagerduty(), None),
        ("an Opsgenie alert", "opsgenie", 1, _opsgenie(), None),
    ]


def _generic(number: int) -> dict[str, Any]:
    said = {"title": f"Disk nearly full on node-{number}", "dedup_key": f"b-{number}", "status": "firing"}
    said |= {
        "severity": "critical",
        "description": WORDS * 2,
        "service": "checkout",
        "starts_at": "2026-11-21T02:03:18Z",
    }
    return said | {"links": [{"href": "https://runbooks.example.com/disk", "text": "Runbook"}], "labels": LABELS}


def _mapped(number: int) -> dict[str, Any]:
    said = {"name": f"Disk nearly full on node-{number}", "id": f"b-{number}", "state": "open", "prio": "high"}
    said |= {"at": "2026-11-21T02:03:18Z", "text": WORDS * 2, "url": "https://runbooks.example.com/disk"}
    return said | {"host": {"name": f"node-{number}", "region": "eu-west-1"}, "more": LABELS}


def _pagerduty() -> dict[str, Any]:
    payload = {
        "summary": "Disk nearly full on node-1",
        "source": "node-1",
        "severity": "critical",
        "custom_details": LABELS,
    }
    payload |= {"timestamp": "2026-11-21T02:03:18.500Z", "component": "disk", "group": "prod", "class": "space"}
    payload["custom_details"] = LABELS | {"firing": WORDS * 3}
    said = {"routing_key": "k" * 32, "event_action": "trigger", "dedup_key": "b-1", "payload": payload}
    return said | {"links": [{"href": "https://runbooks.example.com/disk", "text": "Runbook"}], "client": "Prometheus"}


def _opsgenie() -> dict[str, Any]:
    said: dict[str, Any] = {
        "message": "Disk nearly full on node-1",
        "alias": "b-1",
        "description": WORDS * 3,
        "tags": ["prod", "disk"],
    }
    said |= {"details": LABELS, "priority": "P2", "entity": "node-1", "source": "prometheus"}
    return said | {"responders": [{"type": "team", "name": "operations"}]}
