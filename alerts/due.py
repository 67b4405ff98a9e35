"""Due work of this room: old requests go, silences begin, heartbeats are looked at in time, Alertmanager and Amazon are asked,
and whoever has to do with what was not heard of for too long."""

from __future__ import annotations

from datetime import timedelta

from alerts import heartbeats, reconcile, silencing, sns, stale
from alerts.retention import prune
from foundation.dispatch.periodic import periodic
from foundation.dispatch.registry import Work, register

periodic("alerts.prune", timedelta(hours=1), prune)
periodic("alerts.stale", stale.EVERY, stale.sweep)
register(Work("silences", "default", due=silencing.due, run=silencing.look))
register(Work("heartbeats", "default", due=heartbeats.due, run=heartbeats.look))
register(
    Work("reconciling", "default", due=reconcile.due, run=reconcile.look, failed=reconcile.put_aside, outside=True)
)
register(Work("alerts.amazon", "default", due=sns.due, run=sns.run, outside=True))
