"""Whose clock or public holidays became other ones while a month was counted: both decide which hours pay what.

People set both themselves, and a month is counted on what they are then; who approves it should have seen the change.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Window
from django.db.models.functions import Lag

from teams.models import User


@dataclass(frozen=True)
class Moved:
    """`person` changed at `at` what stands in `before` to what stands in `after`: a zone, or a region ("": no holidays)."""

    person: User
    at: datetime
    what: str
    before: str
    after: str


def moved(people: Collection[User], start: datetime, end: datetime) -> list[Moved]:
    """The changes of [start, end] of these people, in order; one statement."""
    known = {person.pk: person for person in people}
    events: Any = User.pgh_event_model.objects  # type: ignore[attr-defined]
    rows = events.filter(pgh_obj_id__in=known, pgh_created_at__lte=end).annotate(
        zone_before=Window(Lag("timezone"), partition_by="pgh_obj_id", order_by="pgh_id"),
        region_before=Window(Lag("region"), partition_by="pgh_obj_id", order_by="pgh_id"),
    )
    return [
        Moved(known[row.pgh_obj_id], row.pgh_created_at, what, before, after)
        for row in rows.order_by("pgh_created_at", "pgh_id")
        if row.pgh_created_at >= start
        for what, before, after in (
            ("timezone", row.zone_before, row.timezone),
            ("region", row.region_before, row.region),
        )
        if before is not None and before != after
    ]
