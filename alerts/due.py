"""Due work of this room: once an hour, old requests go; Amazon is asked what a request could not wait for."""

from __future__ import annotations

from datetime import timedelta

from alerts import sns
from alerts.retention import prune
from foundation.dispatch.periodic import periodic
from foundation.dispatch.registry import Work, register

periodic("alerts.prune", timedelta(hours=1), prune)
register(Work("alerts.amazon", "default", due=sns.due, run=sns.run))
