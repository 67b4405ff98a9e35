"""Pure: what the pager did to people (on-call rules, "On-call health"). Nobody is named in what comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall.wallclock import zone_named

APART = timedelta(minutes=60)
"""Pages that are at most so far apart are one interruption."""
ASLEEP, AWAKE = 22, 8  # hours of the person's own clock


class Call(NamedTuple):
    """One page: one round to one person for one incident. `zone` is the person's own, `rotation` a slug or ""."""

    page: int
    person: int
    at: datetime
    zone: str
    rotation: str = ""

    @property
    def in_sleep(self) -> bool:
        """Whether it rang between 22:00 and 08:00 of the person's own clock."""
        hour = self.at.astimezone(zone_named(self.zone)).hour
        return hour >= ASLEEP or hour < AWAKE


class Interruption(NamedTuple):
    """Calls to one person, each at most an hour after the one before. It counts where and when it began.

    It is one `of_sleep` when any of its pages rang at night.
    """

    calls: tuple[Call, ...]
    of_sleep: bool

    @classmethod
    def of(cls, calls: list[Call]) -> Interruption:
        """These calls, joined."""
        return cls(tuple(calls), any(call.in_sleep for call in calls))

    @property
    def at(self) -> datetime:
        """Its first page."""
        return self.calls[0].at

    @property
    def rotation(self) -> str:
        """The rotation of its first page."""
        return self.calls[0].rotation


def interruptions(calls: Iterable[Call]) -> list[Interruption]:
    """The calls, joined for each person; in the order of their beginnings."""
    found: list[list[Call]] = []
    latest: dict[int, list[Call]] = {}
    for call in sorted(calls, key=lambda call: (call.at, call.page)):
        theirs = latest.get(call.person)
        if theirs and call.at - theirs[-1].at <= APART:
            theirs.append(call)
        else:
            latest[call.person] = [call]
            found.append(latest[call.person])
    return [Interruption.of(one) for one in found]
