"""Due work of this room: once an hour, old requests go."""

from __future__ import annotations

from datetime import timedelta

from alerts.retention import prune
from foundation.dispatch.periodic import periodic

periodic("alerts.prune", timedelta(hours=1), prune)
