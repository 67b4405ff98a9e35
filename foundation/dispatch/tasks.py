"""The one Celery task: do a piece of due work by name and key."""

from __future__ import annotations

from django.db import close_old_connections
from django.utils import timezone

from config.celery import app
from foundation.dispatch import registry


@app.task(name="do")
def do(name: str, key: int | str) -> None:
    """Do it; whoever was faster has left nothing to do."""
    close_old_connections()  # as at the start of a request: one that broke is not used again
    registry.do(name, key, timezone.now())
