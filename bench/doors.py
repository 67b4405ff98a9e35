"""Every address at which machines tell something, each with a request as its senders make it. Known without Django."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

KEY = "bench-key-of-the-doors-0001"
KINDS = (
    (
        "alertmanager",
        "azure_monitor",
        "checkmk",
        "cloudevents",
        "datadog",
        "email",
        "gcp_monitoring",
        "generic",
        "github",
    )
    + (
        "grafana",
        "graylog",
        "healthchecks",
        "icinga",
        "kapacitor",
        "kibana",
        "librenms",
        "nagios",
        "newrelic",
        "opsgenie",
    )
    + ("pagerduty", "pingdom", "rollbar", "rundeck", "sentry", "sns", "splunk", "updown", "uptime_kuma", "uptimerobot")
    + ("zabbix",)
)
EVENT = {"routing_key": KEY, "event_action": "trigger", "dedup_key": "d"}
PAYLOAD = {"payload": {"summary": "Down", "source": "node-1", "severity": "critical"}}
OLD_EVENT = {"service_key": KEY, "event_type": "trigger", "incident_key": "d", "description": "Down"}
GENIE = {"Authorization": f"GenieKey {KEY}"}
TITLE = {"title": "Down"}
POSTMARK = "bench:password-of-the-doors"
"""What proves Postmark: `MAIL_PROVIDERS` must say it."""
MAILED: dict[str, Any] = {
    "OriginalRecipient": f"{KEY}@alerts.example.com",
    "From": "nagios@example.com",
    "Subject": "Down",
}
MAILED |= {"FromFull": {"Email": "nagios@example.com", "Name": "", "MailboxHash": ""}, "ToFull": [], "TextBody": "Down"}
PROVES = {"Authorization": "Basic " + base64.b64encode(POSTMARK.encode()).decode()}


@dataclass(frozen=True)
class Door:
    """One request."""

    path: str
    body: Any = None
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        return b"" if self.body is None else json.dumps(self.body).encode()

    @property
    def name(self) -> str:
        """As the table says it, without the key."""
        return f"{self.method} {self.path}".replace(KEY, "KEY")


DOORS = (
    *(Door(f"/api/in/{kind}/{KEY}", TITLE) for kind in KINDS),
    Door("/api/in/generic", TITLE, headers={"Authorization": f"Bearer {KEY}"}),
    Door("/api/in/mail/postmark", MAILED, headers=PROVES),
    Door("/v2/enqueue", EVENT | PAYLOAD),
    Door("/v2/change/enqueue", EVENT | PAYLOAD),
    Door("/generic/2010-04-15/create_event.json", OLD_EVENT),
    *(
        Door(f"{tree}{rest}", {"message": "Down"}, headers=GENIE)
        for tree in ("/v2", "/jsm/ops/integration", "/jsm/ops/integration/v2")
        for rest in ("/alerts", "/alerts/1/close")
    ),
    Door("/v2/alerts/1/message", {"message": "Down"}, "PUT", GENIE),
    Door("/v2/alerts", None, "GET", GENIE),
    Door("/v2/alerts/count", None, "GET", GENIE),
    Door("/v2/alerts/1", None, "GET", GENIE),
    Door("/v2/alerts/1", None, "DELETE", GENIE),
    Door("/v2/alerts/requests/1", None, "GET", GENIE),
    Door("/v2/heartbeats/backup/ping", None, "GET", GENIE),
    Door("/jsm/ops/integration/v2/heartbeats/backup/ping", None, "POST", GENIE),
    Door("/jsm/ops/api/1/v1/teams/2/heartbeats/ping?name=backup", None, "GET", GENIE),
    *(Door(f"/integrations/v1/{kind}/{KEY}/", TITLE) for kind in ("alertmanager", "grafana", "webhook")),
    *(Door(f"/api/v2/{kind}/incoming?token={KEY}", TITLE) for kind in ("generic", "grafana", "prometheusalertmanager")),
    *(
        Door(f"/ping/{KEY}{rest}", None, method)
        for rest in ("", "/start", "/fail", "/log", "/1", "/backup", "/backup/start")
        for method in ("GET", "POST")
    ),
)
