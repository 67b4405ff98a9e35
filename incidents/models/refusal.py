"""The one domain error of incidents."""

from __future__ import annotations

from typing import Any


class NotAllowed(Exception):
    """A rule refuses this act; the message is the sentence to show (API: 409 or 422)."""

    def __init__(self, message: str, *, lost_race: bool = False, fields: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.lost_race = lost_race
        self.fields = fields or {}

    @property
    def status_code(self) -> int:
        """For the API: 409 when somebody was faster, 422 when a rule is broken."""
        return 409 if self.lost_race else 422

    @property
    def code(self) -> str:
        """For the API, beside the sentence."""
        return "lost_race" if self.lost_race else "refused"
