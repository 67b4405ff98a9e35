"""Pure: what a layer is, and where its handovers lie on the calendar, as local times."""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property

from oncall.wallclock import FAR, NEAR, first_instant, last_instant

Person = Hashable

DAY = timedelta(days=1)
WEEK_DAYS = 7
DAY_HOURS = 24
MONTHS = 12


class Unit(StrEnum):
    """What the length of a turn is counted in."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Count(StrEnum):
    """Whether a rotation of days or hours counts every calendar day, or only the days that have a window."""

    CALENDAR = "calendar"
    COVERED = "covered"


@dataclass(frozen=True)
class Window:
    """On `days` (0 = Monday) from `start` to `end`, local time; it belongs to the day on which it starts.

    An `end` at or before `start` lies on the next day; 24:00 is `time(0)`.
    """

    days: frozenset[int]
    start: time
    end: time

    @property
    def past_midnight(self) -> bool:
        """Whether it runs into the next day."""
        return time(0) < self.end <= self.start

    def on(self, day: date, zone: str) -> tuple[datetime, datetime]:
        """The instants of the window that starts on `day`; empty when the clock jumps over it whole."""
        ends = day + DAY if self.end <= self.start else day
        opens, closes = datetime.combine(day, self.start), datetime.combine(ends, self.end)
        return first_instant(opens, zone), last_instant(closes, zone)


@dataclass(frozen=True)
class Layer:
    """A rotation: `members` take turns of `every` `unit`s from the naive local time `starts` in `zone`.

    Without windows it is always on duty. `key` is whatever the caller knows the layer by. `spans` are the times for which
    it speaks, in order: a temporary layer ends, and another one spoke before a change. Empty: always.
    """

    name: str
    members: tuple[Person, ...]
    every: int
    unit: Unit
    starts: datetime
    zone: str
    windows: tuple[Window, ...] = ()
    count: Count = Count.CALENDAR
    key: Hashable = None
    spans: tuple[tuple[datetime, datetime], ...] = ()

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"a turn of {self.every} {self.unit}s has no length")
        if self.starts.tzinfo is not None:
            raise ValueError("a layer starts at a time on the wall clock of its zone, without an offset")

    @cached_property
    def begin(self) -> datetime:
        """The instant of the first handover; nobody is on duty before it."""
        try:
            return first_instant(self.starts, self.zone)
        except OverflowError:
            return NEAR if self.starts.year == 1 else FAR

    def speaks_at(self, at: datetime) -> bool:
        """Whether what it says holds at `at`."""
        return not self.spans or any(start <= at < end for start, end in self.spans)

    def spoken(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The parts of [start, end) for which it speaks, in order."""
        for begins, ends in self.spans or ((start, end),):
            if begins < end and ends > start:
                yield max(begins, start), min(ends, end)

    @property
    def elapsed(self) -> bool:
        """Whether turns are elapsed hours; they are counted day and night, whatever `count` says."""
        return self.unit == Unit.HOUR and (self.every > DAY_HOURS or DAY_HOURS % self.every != 0)

    @property
    def whole_nights(self) -> bool:
        """Whether a window past midnight stays with one person: so when the turns are days and change at midnight."""
        return self.unit != Unit.HOUR and self.starts.time() == time(0)

    @cached_property
    def grid(self) -> Grid:
        """How the handovers lie on the calendar."""
        return Grid(self)


class Grid:
    """Days and hours on the calendar: slots at fixed times of those weekdays that count, in the order of their rank."""

    def __init__(self, layer: Layer) -> None:
        hours = layer.every if layer.unit == Unit.HOUR else DAY_HOURS
        self.first_day = layer.starts.date()
        self.length = timedelta(hours=hours)
        self.per_day = DAY_HOURS // hours
        self.step = {Unit.DAY: layer.every, Unit.WEEK: layer.every * WEEK_DAYS}.get(layer.unit, 1)
        self.days = self._counted(layer)
        since_midnight = layer.starts - datetime.combine(self.first_day, time(0))
        past, self.offset = divmod(since_midnight, self.length)
        self.first_rank = past if self.days[0] == 0 else 0

    def _counted(self, layer: Layer) -> list[int]:
        """Which days of a week count, as days after the weekday of the first one."""
        covered = frozenset[int]().union(*(window.days for window in layer.windows))
        if layer.count == Count.CALENDAR or layer.unit not in {Unit.HOUR, Unit.DAY} or not covered:
            return list(range(WEEK_DAYS))
        return sorted((day - self.first_day.weekday()) % WEEK_DAYS for day in covered)

    def slot(self, number: int) -> datetime:
        """The naive local time at which turn `number` begins."""
        day, part = divmod(self.first_rank + number * self.step, self.per_day)
        week, index = divmod(day, len(self.days))
        date_of_slot = self.first_day + DAY * (WEEK_DAYS * week + self.days[index])
        return datetime.combine(date_of_slot, time(0)) + self.offset + part * self.length

    def near(self, local: datetime) -> int:
        """A turn at most a few away from the one at `local`."""
        week, day = divmod((local.date() - self.first_day).days, WEEK_DAYS)
        whole = week * len(self.days) + bisect_left(self.days, day)
        part = (local - datetime.combine(local.date(), time(0))) // self.length if day in self.days else 0
        return (whole * self.per_day + part - self.first_rank) // self.step


def slot(layer: Layer, number: int) -> datetime:
    """The naive local time at which turn `number` begins; monthly on the 31st keeps its anchor through shorter months."""
    if layer.unit != Unit.MONTH:
        return layer.grid.slot(number)
    year, month = divmod(layer.starts.year * MONTHS + layer.starts.month - 1 + number * layer.every, MONTHS)
    return layer.starts.replace(year=year, month=month + 1, day=min(layer.starts.day, monthrange(year, month + 1)[1]))


def near(layer: Layer, local: datetime) -> int:
    """The number of a turn at most a few away from the one at the local time `local`."""
    if layer.unit != Unit.MONTH:
        return layer.grid.near(local)
    months = (local.year - layer.starts.year) * MONTHS + local.month - layer.starts.month
    return months // layer.every
