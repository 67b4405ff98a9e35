"""Due work of this room: incidents whose alerts have all ended."""

from __future__ import annotations

from datetime import timedelta

from foundation.dispatch.registry import Work, register
from incidents import alerts_end

register(
    Work(
        alerts_end.RESOLVING,
        "default",
        due=alerts_end.due,
        run=alerts_end.resolve_one,
        late_after=timedelta(seconds=60),
    )
)
