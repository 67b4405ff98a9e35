"""The kinds of sources that have an address here, and which reader takes each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.payloads import READERS, Parsed, parse

if TYPE_CHECKING:
    from alerts.models import Source

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


def read_as(kind: str, source: Source, body: bytes, content_type: str) -> Parsed:
    """What a body says to `source`: by its own mapping, then by the kind. Raises Malformed, Oversize."""
    return parse(reader_of(kind), body, content_type, source_name=str(source), mapping=source.mapping)
