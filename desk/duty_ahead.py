"""Who has, gets, or may be asked for the pager in the weeks ahead: the people who must be able to be woken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.next_asked import Reach
from oncall import rotation, stored
from oncall.models import EscalationPolicy, Schedule
from teams.models import User

AHEAD = timedelta(days=28)


@dataclass(frozen=True)
class Duty:
    """Why somebody must be able to be woken: they have the pager of `schedule` from `start` (None: they have it now), or
    `policy` asks them."""

    person: User
    schedule: Schedule | None = None
    start: datetime | None = None
    policy: EscalationPolicy | None = None

    @property
    def soon(self) -> tuple[bool, float]:
        """The one that comes first is said: now, then by when it begins, then what only a policy asks."""
        return self.schedule is None, self.start.timestamp() if self.start else 0.0


def duties_ahead(at: datetime) -> dict[int, Duty]:
    """The first duty of everybody who has the pager now or in the next four weeks, or whom a policy in use may ask.

    A constant number of statements.
    """
    found: dict[int, Duty] = {}
    for duty in [*_turns(list(Schedule.objects.live().order_by("slug")), at), *_asked(at)]:
        first = found.get(duty.person.pk)
        if first is None or duty.soon < first.soon:
            found[duty.person.pk] = duty
    return found


def _turns(schedules: Sequence[Schedule], at: datetime) -> list[Duty]:
    loaded = stored.load(schedules, at, at + AHEAD)
    return [
        Duty(person, schedule, block.start if block.start > at else None)
        for schedule in schedules
        for block in rotation.expand(loaded[schedule.pk].roster, at, at + AHEAD)
        if (person := loaded[schedule.pk].person(block.person))
    ]


def _asked(at: datetime) -> list[Duty]:
    """Those whom policies name beside schedules: a person, a team, the administrators."""
    policies = EscalationPolicy.objects.filter(archived_at=None).prefetch_related("steps")
    named: dict[str, EscalationPolicy] = {}
    for policy in policies:
        for target in [*(target for step in policy.steps.all() for target in step.notify), *policy.catch_all]:
            if not target.startswith("schedule:"):
                named.setdefault(target, policy)
    reach = Reach.of(named, at)
    return [Duty(user, policy=policy) for target, policy in named.items() for user in reach.people.get(target, [])]
