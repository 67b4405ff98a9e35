"""The one Celery task: do a piece of due work by name and key."""

from __future__ import annotations

import logging
import os
import time

from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.utils import timezone

from config.celery import app
from foundation import processes
from foundation.dispatch import registry

logger = logging.getLogger(__name__)
BEAT = 15.0  # seconds: a worker says at most so often that it has done something


@app.task(name="do")
def do(name: str, key: int | str) -> None:
    """Do it; whoever was faster has left nothing to do."""
    close_old_connections()  # as at the start of a request: one that broke is not used again
    registry.do(name, key, timezone.now())
    beat()


_next_beat = 0.0


def beat() -> None:
    """Say that this worker has done something, after the work. Its processes share one name: that of their parent."""
    global _next_beat  # noqa: PLW0603 - one process does one task at a time
    if time.monotonic() < _next_beat:
        return
    _next_beat, at = time.monotonic() + BEAT, timezone.now()
    try:
        processes.heard("worker", processes.name_of("worker", os.getppid()), at)
    except DatabaseError:
        logger.warning("could not say that this worker is alive")
