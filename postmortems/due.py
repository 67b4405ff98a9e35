"""Due work of this room."""

from __future__ import annotations

from postmortems import item_due

__all__ = ["item_due"]
