"""A test alert that goes the whole way of a real one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from alerts.habits import OPSGENIE, PAGERDUTY
from alerts.intake import Received, letter_of, receive
from alerts.kinds import reader_of
from alerts.models import Source
from alerts.payloads import Parsed, parse
from alerts.payloads.opsgenie import named
from teams.models import User

PRACTICE = "practice"
"""The source of the demo through which people page themselves: everybody's test alert there is their own."""


def send_test_alert(source: Source, *, by: User, at: datetime, resolved: bool = False) -> Received:
    """Fire (or resolve) the test alert of `source` in the name of `by`, through the source's own reader and rules.

    What it opens is a drill: it pages, and counts nowhere. Where all alerts of a service are one incident it is none, for
    a real alert would join it.
    """
    content = json.dumps(body_of(source, by=by, resolved=resolved)).encode()
    parsed = parse(reader_of(source.kind), content, "application/json", source_name=str(source))
    if source.kind == OPSGENIE and resolved:  # there an alert is closed at an address of its own
        parsed = Parsed(alerts=(named(fingerprint_of(source, by), resolved=True),))
    letter = letter_of(content, parsed, size=len(content))
    return receive(source, parsed, letter=letter, at=at, drill=source.grouping != Source.Grouping.SERVICE)


def fingerprint_of(source: Source, by: User) -> str:
    """By which the test alert of `source` that `by` sends is known."""
    return f"sharp-end-test-{by.pk}" if source.slug == PRACTICE else "sharp-end-test"


def body_of_labels(source: Source, labels: Mapping[str, str]) -> dict[str, object]:
    """What the source's sender would post of one alert with these labels."""
    title = labels.get("alertname") or ", ".join(f"{name}={value}" for name, value in labels.items())
    if reader_of(source.kind) != "alertmanager":
        return {"title": title, "status": "firing", "labels": dict(labels)}
    return {"version": "4", "receiver": "", "alerts": [{"status": "firing", "labels": dict(labels)}]}


def body_of(source: Source, *, by: User, resolved: bool = False) -> dict[str, object]:
    """What the source's sender would post."""
    title = _("Test alert of %(source)s, sent by %(person)s") % {"source": source, "person": by}
    labels = {"alertname": "SharpEndTest", "test": "true", "source": source.slug}
    status = "resolved" if resolved else "firing"
    if source.kind == PAGERDUTY:
        payload = {"summary": title, "source": source.slug, "severity": "critical", "custom_details": labels}
        action = "resolve" if resolved else "trigger"
        return {"event_action": action, "dedup_key": fingerprint_of(source, by), "payload": payload}
    if source.kind == OPSGENIE:
        return {"message": title, "alias": fingerprint_of(source, by), "details": labels}
    if reader_of(source.kind) != "alertmanager":
        return {"title": title, "dedup_key": fingerprint_of(source, by), "status": status, "labels": labels}
    # No beginning: the test fires from when it is sent, and its end ends whatever test is open.
    named = {"fingerprint": fingerprint_of(source, by), "annotations": {"summary": title}}
    alert = {"status": status, "labels": labels, **named}
    return {"version": "4", "groupKey": "test", "groupLabels": labels, "alerts": [alert], "receiver": "test"}
