"""A slow second opinion on rosters: walk the clock in steps of 15 minutes and look at what it shows.

Nothing here uses the arithmetic of the application. A slot has come once the clock has shown it or something later; a
window has closed when the clock shows its end for the last time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from oncall.rotation import Layer, Roster

STEP = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def slots(layer: Layer, until: datetime) -> Iterator[datetime]:
    """The naive handover times, one after the other from `starts`."""
    covered = {day for window in layer.windows for day in window.days}
    if layer.count == "calendar" or layer.unit not in {"hour", "day"} or not covered:
        covered = set(range(7))
    yield layer.starts
    now, counted, months = layer.starts, 0, 0
    first = now.weekday() in covered
    while now < until:
        if layer.unit == "month":
            months += layer.every
            month = layer.starts.month - 1 + months
            year, month = layer.starts.year + month // 12, month % 12 + 1
            now = layer.starts.replace(year=year, month=month, day=min(layer.starts.day, monthrange(year, month)[1]))
            yield now
            continue
        now += layer.every * HOUR if layer.unit == "hour" else timedelta(days=1)
        if now.weekday() not in covered:
            continue
        if not first:
            first = True
            continue
        counted += 1
        if counted % {"hour": 1, "day": layer.every, "week": 7 * layer.every}[layer.unit] == 0:
            yield now


@dataclass
class Opened:
    """A window seen open at [first, last) steps."""

    first: int
    last: int
    whole: bool


class Walk:
    """What the clock of the layer's zone shows at every step of a span that holds the layer's start."""

    def __init__(self, layer: Layer, start: datetime, steps: int) -> None:
        self.layer = layer
        zone = ZoneInfo(layer.zone)
        self.instants = [start + i * STEP for i in range(steps)]
        shown = [instant.astimezone(zone).replace(tzinfo=None) for instant in self.instants]
        self.shown = shown
        self.highest = list(accumulate(shown, max))
        self.lowest_ahead = list(accumulate(reversed(shown), min))[::-1]
        self.begin = bisect_left(self.highest, layer.starts)
        self.turn = self._turns(steps)
        self.opened = list(self._windows())

    def _turns(self, steps: int) -> list[int | None]:
        found: list[int | None] = [None] * steps
        length = self.layer.every * HOUR
        if self.layer.unit == "hour" and timedelta(days=1) % length:
            for i in range(self.begin, steps):
                found[i] = (self.instants[i] - self.instants[self.begin]) // length
            return found
        come = slots(self.layer, self.highest[-1] + timedelta(days=1))
        upcoming, number = next(come), -1
        for i in range(steps):
            while upcoming is not None and self.highest[i] >= upcoming:
                number += 1
                upcoming = next(come, None)  # type: ignore[assignment]
            found[i] = number if number >= 0 else None
        return found

    def _windows(self) -> Iterator[Opened]:
        nights = self.layer.unit != "hour" and self.layer.starts.time() == time(0)
        day = self.highest[0].date() - timedelta(days=2)
        while day <= self.highest[-1].date():
            for window in self.layer.windows:
                if day.weekday() in window.days:
                    ends = day + timedelta(days=1) if window.end <= window.start else day
                    first = max(bisect_left(self.highest, datetime.combine(day, window.start)), self.begin)
                    last = self._closing(datetime.combine(ends, window.end))
                    if first < last:
                        crosses = window.end <= window.start and window.end != time(0)
                        yield Opened(first, last, nights and crosses)
            day += timedelta(days=1)

    def _closing(self, end: datetime) -> int:
        """The last step that shows `end` or, if the clock jumps over it, the first one after the jump."""
        after = bisect_right(self.lowest_ahead, end)
        return after - 1 if after and self.shown[after - 1] == end else after

    def holder(self, step: int, there: Callable[[Any, datetime], bool]) -> Any:
        """Who the layer puts on duty at a step."""
        turn = self.turn[step]
        if turn is None or not self.layer.members:
            return None
        if self.layer.windows:
            open_now = [w for w in self.opened if w.first <= step < w.last]
            if not open_now:
                return None
            latest = max(open_now, key=lambda w: (w.first, w.last))
            if latest.whole:
                turn = self.turn[latest.first]
                assert turn is not None
        members = self.layer.members
        row = [members[(turn + i) % len(members)] for i in range(len(members))]
        return next((p for p in row if there(p, self.instants[step])), None)


def holders(roster: Roster, start: datetime, steps: int) -> list[Any]:
    """Who is on call at every step from `start` on."""
    walks = [Walk(layer, start, steps) for layer in roster.layers]

    def there(person: Any, at: datetime) -> bool:
        spans = roster.absent.get(person, ())
        return at < roster.inactive.get(person, at + STEP) and not any(a <= at < b for a, b in spans)

    found = []
    for step in range(steps):
        at = start + step * STEP
        person = None
        for walk in walks:
            spoken = walk.layer.spans
            if not spoken or any(start <= at < end for start, end in spoken):
                person = walk.holder(step, there) or person
        said = [f for f in roster.fixed if f.start <= at < f.end and there(f.person, at)]
        if said:
            person = said[-1].person
        over = [o for o in roster.overrides if o.start <= at < o.end and there(o.person, at)]
        if over:
            person = max(over, key=lambda o: o.order).person
        stand_ins = [
            c for c in roster.covers if c.for_person == person and c.start <= at < c.end and there(c.person, at)
        ]
        if stand_ins:
            person = max(stand_ins, key=lambda c: c.order).person
        found.append(person)
    return found
