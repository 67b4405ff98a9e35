"""The dead man's switch: an alert that always fires says only that its sender lives, so its repeats are pings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from alerts import heartbeats
from alerts.beats import Word
from alerts.heartbeat_models import Heartbeat
from alerts.heartbeats import Said
from alerts.models import Source
from alerts.payloads import IncomingAlert, Mark, Parsed
from alerts.routing import compiled

WATCHDOG = {"alertname": "Watchdog"}
"""What Prometheus' own rules call it."""


@transaction.atomic
def heard(source: Source, parsed: Parsed, *, at: datetime, sender: str | None = None) -> Parsed:
    """What is left of a delivery when its watchdogs are taken as pings; they open nothing, and their end says nothing."""
    rows = Heartbeat.objects.filter(source=source, archived_at=None).exclude(match={})
    rest = parsed.alerts
    for heartbeat in rows.select_for_update(no_key=True).order_by("pk"):
        matcher = compiled(heartbeat.match)
        mine = [alert for alert in rest if matcher and matcher(alert.labels)]
        if any(not alert.resolved for alert in mine):
            heartbeats.ping(heartbeat, Said(Word.SUCCESS, sender=sender), at=at)
        rest = _without(rest, mine)
    if len(rest) == len(parsed.alerts):
        return parsed
    return replace(parsed, alerts=rest, marks=(*parsed.marks, Mark.WATCHDOG))


def is_watchdog(source: Source) -> Callable[[IncomingAlert], bool]:
    """Tells the watchdogs of `source` from its other alerts."""
    rows = Heartbeat.objects.filter(source=source, archived_at=None).exclude(match={})
    matchers = [matcher for match in rows.values_list("match", flat=True) if (matcher := compiled(match))]
    return lambda alert: any(matcher(alert.labels) for matcher in matchers)


def _without(alerts: tuple[IncomingAlert, ...], taken: list[IncomingAlert]) -> tuple[IncomingAlert, ...]:
    gone = {id(alert) for alert in taken}
    return tuple(alert for alert in alerts if id(alert) not in gone)
