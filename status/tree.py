"""The public tree on disk."""

from __future__ import annotations

from datetime import datetime


def publish(at: datetime) -> None:
    """Write what the public may read as it stands at `at`."""
