"""Heartbeats for the tests: made ones, pings as curl sends them, and the passing of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.test import Client

from alerts import heartbeats
from alerts.keys import key_hash
from alerts.models import Heartbeat, PingKey
from teams.models import Service
from tests.factories import make_service

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
KEY = "a-long-ping-key-0000001"
HOUR = timedelta(hours=1)


def make_heartbeat(slug: str = "backup", *, key: str = KEY, service: Service | None = None, **fields: Any) -> Heartbeat:
    """One that beats every hour, with five minutes of grace, and the key in its address."""
    fields = {"period": HOUR, "grace": timedelta(minutes=5), "name": "Nightly backup"} | fields
    made = Heartbeat.objects.create(slug=slug, service=service or make_service("checkout"), **fields)
    if key:
        PingKey.objects.create(heartbeat=made, key_hash=key_hash(key), hint=key[:6], created_at=AT)
    return made


def ping(
    after: str = "", *, minute: float = 0, method: str = "GET", key: str = KEY, data: bytes = b"", **more: Any
) -> Any:
    """Send one at so many minutes after `AT`; `after` follows the key in the address."""
    with time_machine.travel(AT + timedelta(minutes=minute), tick=False):
        return Client().generic(method, f"/ping/{key}{after}", data, content_type="text/plain", **more)


def pass_to(minute: float) -> None:
    """Let the time come, and do what is due, as the dispatcher does."""
    at = AT + timedelta(minutes=minute)
    while keys := heartbeats.due(at, 10):
        for key in keys:
            heartbeats.look(key, at)


def now() -> Heartbeat:
    """The one there is, as it stands."""
    return Heartbeat.objects.get()
