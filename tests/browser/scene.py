"""A small organisation in the middle of its week: what every page looks like when it is in use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.system import System

ALERTMANAGER, SCRIPT = "/api/in/alertmanager/use-a-long-random-key-0001", "/api/in/generic/use-a-long-random-key-0002"
ORGANISATION = """\
organisation: {name: Acme, timezone: Europe/London}
users:
  - {email: alice@example.com, name: Alice Ames, timezone: Europe/London, role: responder,
     methods: {mail: {kind: email, address: alice@example.com, verified: true}},
     rules: {default: [{via: mail, after: 0m}]}}
  - {email: bob@example.com, name: Bob Byrne, timezone: Europe/London, role: responder,
     methods: {mail: {kind: email, address: bob@example.com, verified: true}}}
  - {email: chidi@example.com, name: Chidi Nwosu-Featherstonehaugh, timezone: America/New_York, role: responder,
     methods: {mail: {kind: email, address: chidi@example.com, verified: true}}}
  - {email: mia@example.com, name: Mia Moss, timezone: Europe/London, role: manager,
     methods: {mail: {kind: email, address: mia@example.com, verified: true}}}
  - {email: olu@example.com, name: Olu Ade, timezone: Africa/Lagos, role: observer}
teams:
  - {slug: payments, name: Payments, members: {alice@example.com: lead, bob@example.com: responder}, manager: mia@example.com}
  - {slug: search, name: Search, members: {chidi@example.com: lead, bob@example.com: responder}, manager: mia@example.com}
schedules:
  - slug: payments-primary
    team: payments
    timezone: Europe/London
    layers:
      - {name: weekly, members: [alice@example.com], rotate: {every: 1, unit: week}, starts: "2026-01-05T09:00"}
    overrides: [{person: bob@example.com, from: "%(tomorrow)sT08:00", to: "%(tomorrow)sT20:00"}]
  - slug: search-office-hours
    team: search
    timezone: America/New_York
    layers:
      - {name: daily, members: [chidi@example.com, bob@example.com], rotate: {every: 1, unit: day}, starts: "2026-01-05T09:00",
         windows: [{days: [mon, tue, wed, thu, fri], from: "08:30", to: "17:30"}]}
policies:
  - {slug: payments, repeat: 1,
     steps: [{wait: 30m, notify: ["schedule:payments-primary"]}, {wait: 30m, notify: ["user:bob@example.com"]}],
     catch_all: ["user:mia@example.com"]}
  - {slug: search, repeat: 0, steps: [{wait: 30m, notify: ["schedule:search-office-hours"]}], catch_all: ["user:mia@example.com"]}
services:
  - {slug: checkout, name: Checkout, team: payments, policy: payments, default_class: major, target: 99.9,
     exposure_per_hour: 500000, customer_facing: true,
     playbooks: [{title: Restart the queue, match: {alertname: QueueStuck},
                  body: "1. Look at the **depth** of the queue.\\n2. `systemctl restart queue`, one host after the other.
                         \\n3. Wait for two minutes."}]}
  - {slug: search, name: Search and recommendations, team: search, policy: search}
  - {slug: back-office, name: Back office, team: payments}
sources:
  - {slug: am, kind: alertmanager, key: "use-a-long-random-key-0001", service: checkout, grouping: labels, resolve_hold: 0m,
     class_from: {label: severity, map: {critical: critical, warning: major}, default: standard}}
  - {slug: script, kind: generic, key: "use-a-long-random-key-0002", service: checkout, grouping: none, resolve_hold: 0m,
     class_from: {label: severity, map: {critical: critical, warning: major}, default: standard}}
  - {slug: search-probe, kind: generic, key: "use-a-long-random-key-0003", service: search, grouping: none}
heartbeats:
  - {slug: backup, name: Nightly backup, service: checkout, period: 1d, grace: 2h}
"""


def organisation() -> str:
    """The file, with an override tomorrow."""
    return ORGANISATION % {"tomorrow": (timezone.now() + timedelta(days=1)).date().isoformat()}


def stuck(instance: str, minutes: int) -> dict[str, Any]:
    """An alert as Alertmanager hands it on, firing since `minutes`."""
    return {
        "status": "firing",
        "labels": {"alertname": "QueueStuck", "cluster": "eu1", "instance": f"{instance}:9100", "severity": "critical"},
        "annotations": {
            "summary": "Orders are accepted, payments are not: the queue of the payment worker is stuck",
            "description": "Nothing has left the queue for 5 minutes, 1,204 orders are waiting.",
            "runbook_url": "https://wiki.example.org/runbooks/queue-stuck",
        },
        "startsAt": (timezone.now() - timedelta(minutes=minutes)).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.example.org/graph?g0.expr=queue_depth+%3E+1000&g0.tab=1",
        "fingerprint": f"{instance:0>16}",
    }


class Scene:
    """Puts the organisation to work; `numbers` are its incidents by what they stand for."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.tokens = {
            name: system.manage("token", f"{name}@example.com", "--scope", "write").strip() for name in ("alice", "bob")
        }
        self.numbers: dict[str, str] = {}

    def by(self, name: str, path: str, **words: Any) -> Any:
        """One POST to the API."""
        answer = self.system.post(f"/api/v1{path}", words, token=self.tokens[name])
        assert answer.status in (200, 201), (path, answer.body)
        return answer.json()

    def alert(self, path: str, body: Mapping[str, Any]) -> str:
        """One alert in; the number of its incident."""
        answer = self.system.post(path, body)
        assert answer.status == 202, answer.body
        (number,) = answer.json()["incidents"]
        return str(number)

    def play(self) -> Scene:
        """Incidents that nobody has, that somebody has, that are over, and their stories."""
        self.past()
        group = {"version": "4", "status": "firing", "receiver": "sharp-end", "groupKey": '{}:{alertname="QueueStuck"}'}
        alerts = [stuck("queue-a", 22), stuck("queue-b", 20)]
        held = self.alert(ALERTMANAGER, {**group, "alerts": alerts})
        self.by("alice", f"/incidents/{held}/acknowledge/")
        self.by("alice", f"/incidents/{held}/roles/", role="facilitator")
        self.by("alice", f"/incidents/{held}/notes/", text="Depth grows by **200 a minute** since the last deploy.")
        self.by("bob", f"/incidents/{held}/notes/", text="Rolling back. `queue-a` first, then `queue-b`.")
        self.numbers["held"] = held
        title = "Card payments are refused by the provider for customers in three countries"
        self.numbers["open"] = self.alert(SCRIPT, {"title": title, "dedup_key": "cards", "severity": "critical"})
        slow = {"title": "Search answers slowly", "dedup_key": "slow", "description": "p99 4.2 s, usually 0.3 s"}
        self.numbers["search"] = self.alert("/api/in/generic/use-a-long-random-key-0003", slow)
        self.system.post("/api/in/generic/use-a-long-random-key-9999", {"title": "Who am I?"})
        self.system.post(SCRIPT, b"{not json")
        until = (timezone.now() + timedelta(hours=2)).isoformat()
        move = {"kind": "maintenance", "services": ["back-office"], "ends_at": until, "reason": "The office moves"}
        self.by("alice", "/silences/", **move)
        return self

    def past(self) -> None:
        """What is over: one by its alert, one by hand, one called off."""
        over = {"title": "Payment provider times out", "dedup_key": "provider", "severity": "warning"}
        self.numbers["over"] = self.alert(SCRIPT, over)
        self.by("alice", f"/incidents/{self.numbers['over']}/acknowledge/")
        self.by("alice", f"/incidents/{self.numbers['over']}/notes/", text="Their status page says so too. Waiting.")
        self.alert(SCRIPT, {**over, "status": "resolved"})
        certificate = {
            "title": "Certificate of shop.example.com expires in 3 days",
            "dedup_key": "cert",
            "severity": "info",
        }
        number = self.alert(SCRIPT, certificate)
        self.by("bob", f"/incidents/{number}/acknowledge/")
        self.by("bob", f"/incidents/{number}/resolve/", reason="renewed")
        number = self.alert(SCRIPT, {"title": "Test of the new probe", "dedup_key": "probe", "severity": "info"})
        self.by("alice", f"/incidents/{number}/cancel/", reason="only a test")
