"""Due work of this room: the public tree is written each minute, and whoever published is told when strangers can read it."""

from __future__ import annotations

from datetime import timedelta

from foundation.dispatch.periodic import periodic
from foundation.dispatch.registry import Work, register
from status import seen, tree

periodic("status.publish", timedelta(minutes=1), tree.publish)
register(Work(seen.CHECK, "default", due=seen.due, run=seen.look, outside=True))
