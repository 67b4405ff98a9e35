"""Pure: how a component was on each day, computed from the changes of its state (status rules, "The page").

Days are days of UTC. Time in maintenance counts on neither side; time before the component existed is not measured, which
is never the same as fine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from math import floor

DAYS = 90
OPERATIONAL, DEGRADED, PARTIAL, MAJOR, MAINTENANCE, NO_DATA = (
    "operational",
    "degraded_performance",
    "partial_outage",
    "major_outage",
    "under_maintenance",
    "no_data",
)
WORST_FIRST = (MAJOR, PARTIAL, DEGRADED, MAINTENANCE, OPERATIONAL, NO_DATA)
WEIGHTS: Mapping[str, float] = {MAJOR: 1.0, PARTIAL: 0.3}
"""How much of a minute in this state counts as lost."""
OUTAGES = (MAJOR, PARTIAL)
TROUBLES = (MAJOR, PARTIAL, DEGRADED, MAINTENANCE)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Change:
    """The component is in `state` from `at` on (aware)."""

    at: datetime
    state: str


@dataclass(frozen=True)
class Stretch:
    """In `state` from `start` up to, not including, `end`."""

    start: datetime
    end: datetime
    state: str


@dataclass
class Day:
    """One day of UTC: seconds spent in each state, as far as the day is measured."""

    date: date
    seconds: dict[str, float] = field(default_factory=dict)

    @cached_property
    def state(self) -> str:
        """The worst state of the day; `no_data` when nothing was measured. Asked ten times for each day that is drawn."""
        return worst(state for state, spent in self.seconds.items() if spent > 0)

    @property
    def outage(self) -> float:
        """Seconds in a major or partial outage."""
        return sum(self.seconds.get(state, 0.0) for state in OUTAGES)


def worst(states: Iterable[str]) -> str:
    """The worst of several states; `no_data` of none."""
    return min(states, key=WORST_FIRST.index, default=NO_DATA)


def stretches(born: datetime, changes: Sequence[Change], until: datetime) -> list[Stretch]:
    """The life of a component up to `until`: operational from `born` on, until a change says otherwise."""
    ordered = sorted(changes, key=lambda change: change.at)
    begin = min([born, *(change.at for change in ordered[:1])])
    marks = [Change(begin, OPERATIONAL), *ordered]
    ends = [*(mark.at for mark in marks[1:]), until]
    return [
        Stretch(mark.at, min(end, until), mark.state)
        for mark, end in zip(marks, ends, strict=True)
        if mark.at < min(end, until)
    ]


def days(born: datetime, changes: Sequence[Change], until: datetime, count: int = DAYS) -> list[Day]:
    """The last `count` days up to the one of `until`, oldest first; the last one is measured up to `until`."""
    today = until.astimezone(UTC).date()
    found = {today - ONE_DAY * back: Day(today - ONE_DAY * back) for back in reversed(range(count))}
    for stretch in stretches(born, changes, until):
        start, end = stretch.start.astimezone(UTC), stretch.end.astimezone(UTC)
        start = max(start, datetime.combine(next(iter(found)), datetime.min.time(), UTC))
        while start < end:
            midnight = datetime.combine(start.date() + ONE_DAY, datetime.min.time(), UTC)
            spent = found[start.date()].seconds
            spent[stretch.state] = spent.get(stretch.state, 0.0) + (min(end, midnight) - start).total_seconds()
            start = midnight
    return list(found.values())


def uptime(measured: Sequence[Day]) -> float | None:
    """The share of measured time that was up, 0 to 1; maintenance is out of both sides. None when nothing was measured."""
    total = lost = 0.0
    for day in measured:
        total += sum(spent for state, spent in day.seconds.items() if state != MAINTENANCE)
        lost += sum(spent * WEIGHTS.get(state, 0.0) for state, spent in day.seconds.items())
    return 1 - lost / total if total else None


def percent(share: float | None) -> str:
    """ "99.95 %", rounded down, so that 100 % is said only of a time without a lost second; "-" when not measured."""
    if share is None:
        return "-"
    hundredths = floor(round(share * 10_000, 6))
    if hundredths == 10_000 and share < 1:  # noqa: PLR2004  (100 %, in hundredths)
        hundredths -= 1
    whole, rest = divmod(hundredths, 100)
    return f"{whole} %" if hundredths == 10_000 else f"{whole}.{rest:02d} %"  # noqa: PLR2004


def outage(measured: Sequence[Day]) -> timedelta:
    """Time in a major or partial outage, unweighted."""
    return timedelta(seconds=sum(day.outage for day in measured))
