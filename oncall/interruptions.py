"""Pure: what the pager did to people (on-call rules, "On-call health"). Nobody is named in what comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from oncall.wallclock import is_working_day, zone_named
from teams.regions import holiday

APART = timedelta(minutes=60)
"""Pages that are at most so far apart are one interruption."""


class Part(StrEnum):
    """What an instant is to a person, by their own clock."""

    WORK = "work"
    OFF = "off"
    SLEEP = "sleep"


class Hours(NamedTuple):
    """Hours of the wall clock, [from, to); the second span may go over midnight. Work is Monday to Friday, no holidays."""

    work: tuple[int, int] = (8, 18)
    sleep: tuple[int, int] = (22, 8)

    def part(self, local: datetime, *, free: bool) -> Part:
        """What `local`, a time on the person's own clock, is to them; sleep goes before work. `free`: a public holiday."""
        if _within(local.hour, self.sleep):
            return Part.SLEEP
        works = is_working_day(local.date()) and not free and _within(local.hour, self.work)
        return Part.WORK if works else Part.OFF

    def night(self, local: datetime) -> date:
        """The day on which the night of `local` began: 02:00 on Tuesday is Monday's night."""
        return (local.replace(tzinfo=None) - timedelta(hours=self.sleep[1])).date()


USUAL = Hours()


def part_of(at: datetime, zone: str, hours: Hours = USUAL, *, region: str = "") -> Part:
    """What the instant `at` is to somebody in the IANA zone `zone`; public holidays of `region` are no working days."""
    local = at.astimezone(zone_named(zone))
    return hours.part(local, free=bool(holiday(region, local.date())))


class Call(NamedTuple):
    """One page: one round to one person for one incident. `zone` is the person's own, `rotation` a slug or ""."""

    page: int
    person: int
    at: datetime
    zone: str
    rotation: str = ""
    region: str = ""
    incident: int = 0

    def part(self, hours: Hours = USUAL) -> Part:
        """Whether it rang at work, at night, or in a free hour."""
        return part_of(self.at, self.zone, hours, region=self.region)

    def night(self, hours: Hours = USUAL) -> date:
        """The night in which it rang, by the day on which that began."""
        return hours.night(self.at.astimezone(zone_named(self.zone)))


class Interruption(NamedTuple):
    """Calls to one person, each at most an hour after the one before. It counts where and when it began.

    It is one `of_sleep` when any of its pages rang at night, and `off_hours` when any rang outside working hours.
    """

    calls: tuple[Call, ...]
    of_sleep: bool
    off_hours: bool

    @classmethod
    def of(cls, calls: list[Call], hours: Hours = USUAL) -> Interruption:
        """These calls, joined."""
        parts = {call.part(hours) for call in calls}
        return cls(tuple(calls), Part.SLEEP in parts, parts != {Part.WORK})

    @property
    def at(self) -> datetime:
        """Its first page."""
        return self.calls[0].at

    @property
    def person(self) -> int:
        """Whom it interrupted."""
        return self.calls[0].person

    @property
    def rotation(self) -> str:
        """The rotation of its first page."""
        return self.calls[0].rotation


def interruptions(calls: Iterable[Call], hours: Hours = USUAL) -> list[Interruption]:
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
    return [Interruption.of(one, hours) for one in found]


def _within(hour: int, span: tuple[int, int]) -> bool:
    start, end = span
    return start <= hour < end if start < end else hour >= start or hour < end
