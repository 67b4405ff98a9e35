"""The kinds of sources that have an address here, and which reader takes each."""

from __future__ import annotations

from alerts.payloads import READERS

KINDS = frozenset(
    ("alertmanager", "grafana", "generic", "pagerduty", "opsgenie", "sns", "gcp_monitoring", "azure_monitor", "datadog")
    + ("newrelic", "zabbix", "sentry", "uptime_kuma", "uptimerobot", "updown", "pingdom", "checkmk", "nagios", "icinga")
    + ("github", "kapacitor", "kibana", "graylog", "splunk", "rollbar", "librenms", "rundeck", "cloudevents")
    + ("healthchecks", "email")
)
FALLBACK = "generic"


def reader_of(kind: str) -> str:
    """The reader of a kind; without one of its own the generic reader loses nothing."""
    return kind if kind in READERS else FALLBACK
