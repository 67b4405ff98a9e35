"""Who has the pager, as the pages of the desk say it. Every answer comes from `oncall.rosters`, as the pager's does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.expressions import RawSQL

from oncall import rosters, rotation, stored
from oncall.models import Schedule
from paging.methods import that_ring
from teams.models import User

AHEAD = timedelta(days=14)
"""How far gaps are looked for."""
SHIFT_AHEAD = timedelta(days=60)
MINE = 20
"""Schedules that may concern one person on every page."""

_CONCERNING = """
SELECT s.id FROM oncall_schedule s JOIN teams_membership m ON m.team_id = s.team_id WHERE m.user_id = %s
UNION SELECT s.id FROM oncall_schedule s JOIN teams_team t ON t.id = s.team_id WHERE t.manager_id = %s
UNION SELECT l.schedule_id FROM oncall_layer l JOIN oncall_layermember t ON t.layer_id = l.id WHERE t.user_id = %s
UNION SELECT o.schedule_id FROM oncall_override o WHERE o.person_id = %s AND o.removed_at IS NULL AND o.ends >= %s
UNION SELECT c.schedule_id FROM oncall_cover c WHERE c.person_id = %s AND c.removed_at IS NULL AND c.ends >= %s
"""
"""By hand, because it runs for every page: as one condition over all these tables it took four times as long, most of it to
plan and to put together."""


@dataclass(frozen=True)
class Pager:
    """A schedule now: who has it (None: nobody), until when, and who then."""

    schedule: Schedule
    person: User | None
    until: datetime | None
    next_person: User | None
    mine: bool

    @property
    def next_at(self) -> datetime | None:
        """When the next person gets it."""
        return self.until


@dataclass(frozen=True)
class Shift:
    """Somebody's turn; without an end where none is in sight."""

    schedule: Schedule
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Stretch:
    """Part of a schedule's time."""

    schedule: Schedule
    start: datetime
    end: datetime


def pagers_of(schedules: Iterable[Schedule], user: User, at: datetime) -> list[Pager]:
    """The schedules now, in their order; two queries."""
    return [
        Pager(schedule, duty.person, duty.until, duty.following, duty.person == user)
        for schedule, duty in rosters.on_call_now(schedules, at)
    ]


def concerning(user: User, at: datetime) -> list[Schedule]:
    """The schedules of a person's teams, and those in which they have a turn or an exception; one query."""
    recent = (at - timedelta(days=2)).replace(tzinfo=None)
    theirs = RawSQL(_CONCERNING, [user.pk, user.pk, user.pk, user.pk, recent, user.pk, recent])  # noqa: S611  a constant
    return list(Schedule.objects.filter(pk__in=theirs, archived_at=None).select_related("team")[:MINE])


def chip_of(pagers: Sequence[Pager]) -> Pager | None:
    """The one to show on every page: mine, else one that nobody has, else the first."""
    return next((pager for pager in pagers if pager.mine), None) or next(
        (pager for pager in pagers if pager.person is None), pagers[0] if pagers else None
    )


@dataclass(frozen=True)
class Held:
    """How many people have a pager now, and how many schedules nobody has."""

    people: int
    gaps: int


def held(schedules: Sequence[Schedule], at: datetime) -> Held:
    """The whole organisation at `at` in two figures; two queries."""
    found = [person for _name, person in rosters.holders([schedule.slug for schedule in schedules], at).values()]
    return Held(len({person.pk for person in found if person}), found.count(None))


def next_shift(user: User, schedules: Sequence[Schedule], at: datetime) -> Shift | None:
    """The next time that the person gets the pager; not the one that runs now. Two queries."""
    horizon = at + SHIFT_AHEAD
    loaded = stored.load(schedules, at, horizon)
    ahead = [
        Shift(schedule, block.start, block.end if block.end < horizon else None)
        for schedule in schedules
        for block in rotation.expand(loaded[schedule.pk].roster, at, horizon)
        if block.person == user.pk and block.start > at
    ]
    return min(ahead, key=lambda shift: shift.start, default=None)


def gaps_ahead(schedules: Sequence[Schedule], start: datetime, end: datetime) -> list[Stretch]:
    """When nobody has the pager in [start, end), soonest first; two queries."""
    gaps = rosters.gaps_of(schedules, start, end)
    found = [Stretch(schedule, gap.start, gap.end) for schedule, theirs in gaps.items() for gap in theirs]
    return sorted(found, key=lambda gap: gap.start)


def reachable_by(people: Iterable[User | None]) -> dict[int, list[str]]:
    """By what each person can be reached now, in words and never by address; one query."""
    ids = {person.pk for person in people if person}
    found: dict[int, list[str]] = defaultdict(list)
    for method in that_ring().filter(user__in=ids).order_by("user_id", "slug"):
        word = method.get_kind_display()
        if word not in found[method.user_id]:
            found[method.user_id].append(word)
    return found
