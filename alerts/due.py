"""Due work of this room: once an hour old requests go, and heartbeats are looked at when their time has come."""

from __future__ import annotations

from datetime import timedelta

from alerts import heartbeats
from alerts.retention import prune
from foundation.dispatch.periodic import periodic
from foundation.dispatch.registry import Work, register

periodic("alerts.prune", timedelta(hours=1), prune)
register(Work("heartbeats", "default", due=heartbeats.due, run=heartbeats.look))
