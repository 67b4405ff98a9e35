"""What each alert rule cost in a week, and which of them want to be tuned or deleted. Pure; rules are named, never people.

An incident was for nothing when it ended by itself within five minutes, or when somebody acknowledged it, did nothing else,
and it ended by itself. A rule is offered for "tune or delete" when at least two of its incidents, and half of them, were
for nothing: once is an accident. A rule that began again as often as a flapping alert does is offered too.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

SOON = timedelta(minutes=5)
TWICE, HALF, OFTEN = 2, 0.5, 5


class Rule(NamedTuple):
    """An alert rule: the keys of its source and service (None: none), and its name or title."""

    source: int
    service: int | None
    name: str


class Case(NamedTuple):
    """One incident that a rule opened. `lasted` is None while it is open; `by_itself`: the end of its alerts ended it."""

    rule: Rule
    pages: int = 0
    off_hours: int = 0
    acked: bool = False
    acted: bool = False
    by_itself: bool = False
    lasted: timedelta | None = None
    beginnings: int = 1

    @property
    def is_short(self) -> bool:
        """Whether it ended by itself within five minutes."""
        return self.by_itself and self.lasted is not None and self.lasted < SOON

    @property
    def is_idle(self) -> bool:
        """Whether somebody acknowledged it, did nothing else, and it ended by itself."""
        return self.acked and not self.acted and self.by_itself


@dataclass(frozen=True)
class Noise:
    """The week of one rule."""

    rule: Rule
    incidents: int
    pages: int
    off_hours: int
    idle: int
    short: int
    flaps: int
    for_nothing: int

    @property
    def is_offered(self) -> bool:
        """Whether it stands in the list "tune or delete"."""
        useless = self.for_nothing >= TWICE and self.for_nothing >= HALF * self.incidents
        return useless or self.flaps >= OFTEN


def count(cases: Iterable[Case]) -> list[Noise]:
    """Each rule's week: those to tune or delete first, then who paged most, in the order of their names."""
    groups: dict[Rule, list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.rule].append(case)
    found = [_noise(rule, theirs) for rule, theirs in groups.items()]
    return sorted(found, key=lambda one: (not one.is_offered, -one.pages, -one.for_nothing, -one.flaps, one.rule.name))


def _noise(rule: Rule, cases: list[Case]) -> Noise:
    return Noise(
        rule,
        incidents=len(cases),
        pages=sum(one.pages for one in cases),
        off_hours=sum(one.off_hours for one in cases),
        idle=sum(one.is_idle for one in cases),
        short=sum(one.is_short for one in cases),
        flaps=sum(max(one.beginnings - 1, 0) for one in cases),
        for_nothing=sum(one.is_idle or one.is_short for one in cases),
    )
