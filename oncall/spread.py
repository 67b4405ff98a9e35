"""Pure: how evenly incidents of a service are led, and who might lead the next (on-call rules, "On-call health")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from typing import NamedTuple

WINDOW = timedelta(days=180)
TARGET = 0.6
"""A spread below this rests on too few."""
SECOND = 2
"""People who must be trained, or one person is a risk."""


class Led(NamedTuple):
    """`person` (an id) led incident `incident`, or was the one who acknowledged it."""

    incident: int
    person: int
    at: datetime


@dataclass(frozen=True)
class Spread:
    """`index` is 1 when all lead alike and 1/n when one of n does all; None when nobody is trained or nothing happened.

    `never` and `next_lead` are ids of trained people: who has never led in the time, and who has led least.
    """

    index: float | None
    trained: int
    never: tuple[int, ...]
    next_lead: int | None
    possible: float = 1.0
    """The most that the index can be: two incidents cannot be led by three people."""

    @property
    def narrow(self) -> bool:
        """Whether it is below the target, as far as there were incidents to share."""
        return self.index is not None and self.index < TARGET * self.possible

    @property
    def alone(self) -> bool:
        """Whether nobody is trained as second."""
        return self.trained < SECOND


def spread(led: Iterable[Led], trained: Collection[int]) -> Spread:
    """Of one service over the window; `trained` in the order in which equal ones are proposed.

    Somebody counts once for each incident. Who leads without being trained on paper is counted among the trained for the
    index: otherwise a hero whom nobody wrote down would make it look even.
    """
    latest: dict[int, datetime] = {}
    times: Counter[int] = Counter()
    for _incident, person, at in {
        (one.incident, one.person): one for one in sorted(led, key=lambda one: one.at)
    }.values():
        times[person] += 1
        latest[person] = at
    order = {person: place for place, person in enumerate(trained)}
    by_need = sorted(order, key=lambda one: (times[one], latest[one].timestamp() if one in latest else 0, order[one]))
    known = len(order.keys() | times.keys())
    shared = min(1.0, sum(times.values()) / known) if known else 1.0
    index = min(1.0, max(1 / known, exp(_entropy(times.values())) / known)) if order and times else None
    never = tuple(one for one in order if not times[one])
    return Spread(index, len(order), never, by_need[0] if by_need else None, shared)


def _entropy(amounts: Iterable[int]) -> float:
    """Shannon's, in nats, of the shares of these amounts."""
    amounts = [amount for amount in amounts if amount]
    whole = sum(amounts)
    return -sum(amount / whole * log(amount / whole) for amount in amounts)
