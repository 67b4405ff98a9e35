"""Pure: what is known of two weeks, as plain data; every figure is counted from this alone.

What a week has hundreds of are tuples: one is made in a third of the time that a frozen dataclass takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from incidents.metrics import Impact, Stamps, Window
from oncall.interruptions import USUAL, Call, Hours
from oncall.wallclock import to_local
from review.values import Ref
from review.week import Week

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Period:
    """A week as far as it is over at `at`: `until` is its end, or now while it runs."""

    week: Week
    window: Window
    until: datetime

    @classmethod
    def of(cls, week: Week, zone: str, at: datetime) -> Period:
        """The week in `zone`, seen at `at`."""
        window = week.window(zone)
        return cls(week, window, max(window.start, min(window.end, at)))

    @property
    def moment(self) -> datetime:
        """The last instant that belongs to it: what is open "at the end of the week" is open then."""
        return self.until - INSTANT if self.over else self.until

    @property
    def over(self) -> bool:
        """Whether nothing can be added any more."""
        return self.until == self.window.end

    def has(self, instant: datetime | None) -> bool:
        """Whether it lies in this week."""
        return instant is not None and self.window.start <= instant < self.window.end


class Case(NamedTuple):
    """An incident. `held_until`: its first page was held until then, so nobody was late before."""

    ref: Ref
    severity: str
    service: str
    stamps: Stamps
    self_resolved: bool = False
    held_until: datetime | None = None
    reopened: int = 0


@dataclass(frozen=True)
class Felt:
    """An interval of impact on a service (its id)."""

    ref: Ref
    service: int
    impact: Impact


@dataclass(frozen=True)
class Kept:
    """A service; `since` when something would have told us if it had failed (None: nothing does)."""

    pk: int
    slug: str
    name: str
    target: float | None
    since: datetime | None

    def measured_in(self, period: Period) -> bool:
        """Whether anything watched it before the period was over."""
        return self.since is not None and self.since < period.until


@dataclass(frozen=True)
class Deadline:
    """A clock of a postmortem."""

    ref: Ref
    kind: str
    state: str
    due_at: datetime
    extended_to: datetime | None = None
    ended_at: datetime | None = None
    waiver: str = ""
    waiver_text: str = ""
    waiver_link: str = ""
    waived_by: str = ""

    def late_at(self, at: datetime) -> bool:
        """Past its time, the extension included; exactly at its time it is not."""
        return at > max(self.due_at, self.extended_to or self.due_at)


class Item(NamedTuple):
    """A remediation item: open from `opened_at` (accepted) until before `closed_at`."""

    pk: int
    ref: Ref
    title: str
    path: str
    priority: str
    team: str
    owner: str
    due: date | None
    opened_at: datetime
    closed_at: datetime | None

    def open_at(self, at: datetime) -> bool:
        """Accepted and not ended."""
        return self.opened_at <= at and (self.closed_at is None or self.closed_at > at)

    def overdue_at(self, at: datetime, zone: str) -> bool:
        """Open, and the day of its date is over in `zone`."""
        return self.open_at(at) and self.due is not None and self.due < to_local(at, zone).date()


@dataclass(frozen=True)
class Obstacle:
    """ "Cannot go on because ...": asked of a manager since `since`."""

    item: int
    ref: Ref
    title: str
    path: str
    why: str
    manager: str
    since: datetime
    answer_due: datetime
    answered_at: datetime | None
    answer: str
    ended_at: datetime | None

    def open_at(self, at: datetime) -> bool:
        """Whether the item cannot go on."""
        return self.since <= at and (self.ended_at is None or self.ended_at > at)

    def pending_at(self, at: datetime) -> bool:
        """Whether the manager's answer is missing."""
        return self.open_at(at) and (self.answered_at is None or self.answered_at > at)


class Rung(NamedTuple):
    """A page with the incident it was about."""

    ref: Ref
    call: Call
    reason: str


@dataclass(frozen=True)
class Facts:
    """Two weeks; `at` is when they were looked at, `zone` the organisation's."""

    zone: str
    at: datetime
    this: Period
    last: Period
    cases: tuple[Case, ...] = ()
    felt: tuple[Felt, ...] = ()
    services: tuple[Kept, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    items: tuple[Item, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    rung: tuple[Rung, ...] = ()
    rotations: tuple[tuple[str, str], ...] = ()
    hours: Hours = USUAL

    def detected_in(self, period: Period) -> tuple[Case, ...]:
        """The incidents of this week or the last by their detection."""
        return self._detected[period.week]

    def resolved_in(self, period: Period) -> tuple[Case, ...]:
        """The same by the end of the response."""
        return self._resolved[period.week]

    @cached_property
    def _detected(self) -> dict[Week, tuple[Case, ...]]:
        return {
            one.week: tuple(case for case in self.cases if one.has(case.stamps.detected_at))
            for one in (self.this, self.last)
        }

    @cached_property
    def _resolved(self) -> dict[Week, tuple[Case, ...]]:
        return {
            one.week: tuple(case for case in self.cases if one.has(case.stamps.resolved_at))
            for one in (self.this, self.last)
        }
