"""Due work of this room: once an hour, old requests go; silences begin when their time has come."""

from __future__ import annotations

from datetime import timedelta

from alerts import silencing
from alerts.retention import prune
from foundation.dispatch.periodic import periodic
from foundation.dispatch.registry import Work, register

periodic("alerts.prune", timedelta(hours=1), prune)
register(Work("silences", "default", due=silencing.due, run=silencing.look))
