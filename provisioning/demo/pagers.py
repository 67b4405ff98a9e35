"""Who had which pager when, over the whole history, read once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from oncall import rosters
from oncall.models import Schedule
from teams.models import User


@dataclass
class Pagers:
    """Shifts by the slug of their schedule, as sorted beginnings with their holders."""

    found: dict[str, tuple[list[datetime], list[User | None]]] = field(default_factory=dict)

    @classmethod
    def read(cls, schedules: Iterable[Schedule], start: datetime, end: datetime) -> Pagers:
        """All shifts of these schedules in [start, end)."""
        pagers = cls()
        for schedule in schedules:
            shifts = rosters.shifts(schedule, start, end)
            pagers.found[schedule.slug] = [one.start for one in shifts], [one.person for one in shifts]
        return pagers

    def holder(self, slug: str, at: datetime) -> User | None:
        """Who had this pager; None when nobody had, or there is no such schedule."""
        starts, people = self.found.get(slug, ([], []))
        place = bisect_right(starts, at) - 1
        return people[place] if place >= 0 else None
