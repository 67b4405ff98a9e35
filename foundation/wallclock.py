"""A time as somebody typed it: the clock on a wall, without a zone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

if TYPE_CHECKING:
    WallClockBase = models.Field[datetime | str, datetime]
else:
    WallClockBase = models.Field


class WallClockField(WallClockBase):
    """Stores a naive local time as `timestamp without time zone`; the zone stands beside it in the row.

    Rosters are typed as "Monday 09:00 in London". Stored as an instant they would move by an hour with the next change of
    the clocks or of the law.
    """

    def db_type(self, connection: Any) -> str:
        """PostgreSQL's type without a zone."""
        return "timestamp without time zone"

    def get_prep_value(self, value: Any) -> datetime | None:
        """Refuse an aware time: it is an instant and belongs elsewhere."""
        clock = self.to_python(super().get_prep_value(value))
        if clock is not None and clock.tzinfo is not None:
            raise ValueError(f"{self.name} is a wall clock time and takes no zone, got {clock!r}")
        return clock

    def to_python(self, value: Any) -> datetime | None:
        """Read `2026-10-19T09:00`."""
        if value is None or isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(str(value))
        except ValueError as error:
            raise ValidationError(f"{value} is not a date and time such as 2026-10-19T09:00.") from error

    def value_to_string(self, obj: models.Model) -> str:
        """For fixtures."""
        value = self.value_from_object(obj)
        return "" if value is None else value.isoformat()
