"""Processes say that they are alive; whoever depends on them looks at when they last did."""

from __future__ import annotations

import os
import socket
from datetime import datetime

from foundation.models import Process


def name_of(role: str, pid: int | None = None) -> str:
    """ "worker@host:123": one name for a process of this machine; of this one where no other is given."""
    return f"{role}@{socket.gethostname()}:{pid or os.getpid()}"


def heard(role: str, name: str, at: datetime) -> None:
    """Write down that the process `name` is alive at `at`. Raises Django's database errors."""
    fresh = {"role": role, "started_at": at, "beat_at": at}
    Process.objects.update_or_create(name=name, defaults={"beat_at": at}, create_defaults=fresh)
