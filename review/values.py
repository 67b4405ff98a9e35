"""Pure: what a figure of the week can be, and how it compares with the week before (review rules, "Formulas").

A value that was not measured is None and never 0 or 100 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, NamedTuple, overload

from incidents.metrics import FEW, Availability, Spread

Unit = Literal["count", "seconds", "points"]


@dataclass(frozen=True)
class Change:
    """x(w) - x(w-1); `percent` only where there is enough to speak of one."""

    delta: float
    unit: Unit
    percent: float | None = None


@dataclass(frozen=True)
class Count:
    """How many; None: not measured."""

    value: int | None

    def since(self, before: Count) -> Change | None:
        """Percent only from five on in the week before."""
        if self.value is None or before.value is None:
            return None
        delta = self.value - before.value
        return Change(delta, "count", 100 * delta / before.value if before.value >= FEW else None)


@dataclass(frozen=True)
class Times:
    """Durations in seconds; fewer than five are listed, so that no percentile pretends to know."""

    spread: Spread

    def since(self, before: Times) -> Change | None:
        """Of the medians, with at least five in both weeks."""
        now, then = self.spread.p50, before.spread.p50
        if self.spread.few or before.spread.few or now is None or then is None:
            return None
        return Change(now - then, "seconds", 100 * (now - then) / then if then else None)


@dataclass(frozen=True)
class Share:
    """`met` of `total` that are decided; `running` are not decided yet, `at_risk` of them have used three quarters."""

    met: int
    total: int
    running: int = 0
    at_risk: int = 0

    @property
    def percent(self) -> float | None:
        """None below five: "3 of 4" says more than 75 %."""
        return 100 * self.met / self.total if self.total >= FEW else None

    def since(self, before: Share) -> Change | None:
        """In points, with at least five in both weeks."""
        now, then = self.percent, before.percent
        return Change(now - then, "points") if now is not None and then is not None else None


@dataclass(frozen=True)
class Uptime:
    """Availability of a service; None: nobody measured it. `target` in %, `week` the seconds of the whole week."""

    measured: Availability | None
    target: float | None = None
    week: float = 7 * 86400.0

    @property
    def percent(self) -> float | None:
        """Of the window."""
        ratio = self.measured.ratio if self.measured else None
        return 100 * ratio if ratio is not None else None

    @property
    def tolerable(self) -> float | None:
        """Seconds that the target allows to lose in the whole week, of which perhaps only a part is over."""
        return self.week * (100 - self.target) / 100 if self.measured and self.target is not None else None

    @property
    def used(self) -> float | None:
        """Which part of the tolerable is lost; more than 1 is below the target."""
        if self.measured is None or self.tolerable is None:
            return None
        if self.tolerable == 0:
            return 0.0 if self.measured.lost == 0 else float("inf")
        return self.measured.lost / self.tolerable

    @property
    def below_target(self) -> bool:
        """Whether more was lost than the target allows."""
        return self.used is not None and self.used > 1

    def since(self, before: Uptime) -> Change | None:
        """In points."""
        now, then = self.percent, before.percent
        return Change(now - then, "points") if now is not None and then is not None else None


Value = Count | Times | Share | Uptime


class Ref(NamedTuple):
    """An incident in a row. `hidden`: it is restricted and not this reader's, so it is counted and not named."""

    number: str
    title: str
    severity: str
    path: str
    hidden: bool = False


class Row(NamedTuple):
    """One of those that a figure counts: what, when, how long, how it stands."""

    ref: Ref | None = None
    what: str = ""
    path: str = ""
    at: datetime | None = None
    seconds: float | None = None
    word: str = ""
    note: str = ""
    bad: bool = False
    lasts: bool = False
    """It is not over: `seconds` are those so far."""


class Rows(Sequence[Row]):
    """Rows that are put in `order` and into words when they are read: a week has thousands, and its page shows few.

    `order` is a key for `sorted`; without one they stay as they were found.
    """

    def __init__(
        self, found: Sequence[Any], tell: Callable[[Any], Row], order: Callable[[Any], Any] | None = None
    ) -> None:
        self.found, self.tell, self.order = found, tell, order

    @cached_property
    def ordered(self) -> Sequence[Any]:
        """What the rows tell, in their order."""
        return sorted(self.found, key=self.order) if self.order else self.found

    def __len__(self) -> int:
        return len(self.found)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return [self.tell(one) for one in self.ordered[place]]
        return self.tell(self.ordered[place])


@dataclass(frozen=True)
class Figure:
    """A figure with the week before and its rows. `key` stands in addresses; `formula` says how it is counted.

    `when` and `took` say what the instant and the length of a row are.
    """

    key: str
    label: str
    value: Value
    before: Value
    rows: Sequence[Row] = ()
    note: str = ""
    formula: str = ""
    when: str = ""
    took: str = ""
    bad: bool = False

    @property
    def change(self) -> Change | None:
        """None where the formula allows none."""
        match self.value, self.before:
            case (Count() as now, Count() as then):
                return now.since(then)
            case (Times() as now, Times() as then):
                return now.since(then)
            case (Share() as now, Share() as then):
                return now.since(then)
            case (Uptime() as now, Uptime() as then):
                return now.since(then)
        return None


@dataclass(frozen=True)
class Line:
    """Figures that stand in one line of a table, and what the line is about."""

    label: str
    figures: tuple[Figure | None, ...]
    severity: str = ""
    note: str = ""
    path: str = ""


@dataclass(frozen=True)
class Block:
    """A part of the review: one sentence that a person would say, then the figures, then the rows of `named`."""

    key: str
    title: str
    sentence: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    head: tuple[Figure, ...] = ()
    named: Figure | None = None

    @property
    def figures(self) -> list[Figure]:
        """All of them, in order: those of the sentence (`head`), then those of the lines."""
        return [*self.head, *(figure for line in self.lines for figure in line.figures if figure)]
