"""Pure: what a rotation asks of its people, and where that is too much (on-call rules, "On-call health").

Nobody is named or ranked here: people are numbers, and who may read the figures of one person is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from oncall.interruptions import USUAL, Call, Hours, Interruption, Part, part_of

WINDOW = timedelta(days=90)
"""How far back shares are looked at."""
BUSY_HOURS, BUSY_INCIDENTS = timedelta(hours=12), 2
"""More incidents than that in such a time are too many to learn from."""
OFTEN, TOO_OFTEN = 0.25, 0.5
"""Shares of the weeks with the pager above which it is amber, red."""
FEWEST, ENOUGH = 3, 6
"""People below which a rotation is red; below which one around the clock is amber."""
FAIR = 1.3
"""The largest share against an equal one, above which it is amber."""
BROKEN_NIGHTS = 2
"""Broken nights in one shift from which on relief and a late start are offered."""
ALL_DAY = 0.95
"""The share of the hours that somebody has from which on a rotation counts as around the clock."""

Span = tuple[datetime, datetime]


class Shift(NamedTuple):
    """`person` (an id) has the pager in [start, end), without a break."""

    person: int
    start: datetime
    end: datetime


class Tone(StrEnum):
    """How bad it is, in the words of the pages."""

    AMBER = "warn"
    RED = "bad"


class Kind(StrEnum):
    """What can be too much."""

    SMALL = "small"
    OFTEN = "often"
    BUSY = "busy"
    NIGHTS = "nights"
    HOURS = "hours"
    INTERRUPTIONS = "interruptions"
    SINGLE = "single"


class Flag(NamedTuple):
    """`amount` says how much: people, incidents, or times an equal share."""

    kind: Kind
    tone: Tone
    amount: float


class Figures(NamedTuple):
    """What one shift was. `judged` incidents were answered after the fact, `worth` of them with yes."""

    shift: Shift
    pages: int
    interruptions: int
    off_hours: int
    of_sleep: int
    engaged: timedelta
    broken_nights: int
    judged: int
    worth: int

    @property
    def time(self) -> timedelta:
        """How long the person had the pager: elapsed time, also over a change of the clocks."""
        return self.shift.end - self.shift.start

    @property
    def hours(self) -> float:
        """The same in hours."""
        return self.time / timedelta(hours=1)

    @property
    def minutes(self) -> int:
        """How long they were engaged, in minutes."""
        return round(self.engaged / timedelta(minutes=1))

    @property
    def relief(self) -> bool:
        """Whether relief and a late start are offered."""
        return self.broken_nights >= BROKEN_NIGHTS


def figures(
    shift: Shift,
    joined: Iterable[Interruption],
    engaged: Iterable[Span],
    verdicts: Mapping[int, bool],
    hours: Hours = USUAL,
    *,
    rotation: str,
) -> Figures:
    """What `shift` of `rotation` (a slug) was. `joined` and `engaged` may hold more than this shift.

    `engaged` are spans in which this person worked on incidents, `verdicts` what they said of incidents (by id). A page
    counts when it rang, an interruption where it began, engagement as far as it lies within the shift.
    """
    theirs = [one for one in joined if one.person == shift.person]
    calls = [call for one in theirs for call in one.calls if _in(call.at, shift) and call.rotation == rotation]
    begun = [one for one in theirs if _in(one.at, shift) and one.rotation == rotation]
    said = [verdicts[incident] for incident in {call.incident for call in calls} if incident in verdicts]
    return Figures(
        shift,
        pages=len(calls),
        interruptions=len(begun),
        off_hours=sum(one.off_hours for one in begun),
        of_sleep=sum(one.of_sleep for one in begun),
        engaged=covered(engaged, shift.start, shift.end),
        broken_nights=len({call.night(hours) for call in calls if call.part(hours) == Part.SLEEP}),
        judged=len(said),
        worth=sum(said),
    )


def _in(at: datetime, shift: Shift) -> bool:
    return shift.start <= at < shift.end


def covered(spans: Iterable[Span], start: datetime, end: datetime) -> timedelta:
    """How much of [start, end) lies in any of `spans`; what two of them share counts once."""
    total, reached = timedelta(0), start
    for begins, ends in sorted(spans):
        first, last = max(begins, reached), min(ends, end)
        if first < last:
            total += last - first
            reached = last
    return total


def shares(amounts: Mapping[int, float]) -> dict[int, float]:
    """Of each person's amount in all of them, 0 to 1; empty when there is nothing to share."""
    whole = sum(amounts.values())
    return {person: amount / whole for person, amount in amounts.items()} if whole > 0 else {}


def fairness(amounts: Mapping[int, float]) -> float | None:
    """The largest share against an equal one: 1 is even, n is all with one of n. None: nothing to share, or with nobody."""
    found = shares(amounts)
    return max(1.0, max(found.values()) * len(found)) if len(found) > 1 else None


def most_at_once(calls: Iterable[Call]) -> int:
    """How many incidents rang at most in any twelve hours; one counts when it first rang."""
    first: dict[int, datetime] = {}
    for call in sorted(calls, key=lambda call: call.at):
        first.setdefault(call.incident, call.at)
    times = sorted(first.values())
    return max((sum(at <= other < at + BUSY_HOURS for other in times[n:]) for n, at in enumerate(times)), default=0)


def size_tone(people: int, *, all_day: bool) -> Tone | None:
    """Whether so many people are too few; `all_day`: they have the pager around the clock."""
    if people < FEWEST:
        return Tone.RED
    return Tone.AMBER if all_day and people < ENOUGH else None


def weeks_tone(share: float) -> Tone | None:
    """Whether somebody has the pager in too many weeks. A week is 168 hours of it: a day with it is a seventh of one."""
    if share > TOO_OFTEN:
        return Tone.RED
    return Tone.AMBER if share > OFTEN else None


def rest_until(
    acted: datetime, zone: str, rest: timedelta, hours: Hours = USUAL, *, region: str = ""
) -> datetime | None:
    """Until when rest is owed to somebody in `zone` whose last act was at `acted`; None: no rest of theirs is cut short.

    An act of the night always does; one of the evening when the rest reaches into working hours.
    """
    until = acted + rest
    part, after = (part_of(at, zone, hours, region=region) for at in (acted, until))
    owed = part == Part.SLEEP or (part == Part.OFF and after == Part.WORK)
    return until if owed else None


@dataclass(frozen=True)
class Rotation:
    """One rotation over the window: who takes turns in it, what each has had, and what rang.

    `hours` and `rang` hold each member, also with nothing; `weeks` is each one's share of the weeks with any pager.
    """

    hours: Mapping[int, float]
    rang: Mapping[int, float]
    weeks: Mapping[int, float]
    calls: Sequence[Call]
    figures: Sequence[Figures]
    all_day: bool
    trained: int

    def flags(self) -> list[Flag]:
        """What is too much, red first."""
        found = [*self._of_people(), *self._of_calls(), *self._of_shares()]
        return sorted(found, key=lambda flag: flag.tone != Tone.RED)

    def _of_people(self) -> Iterable[Flag]:
        people = len(self.hours)
        if tone := size_tone(people, all_day=self.all_day):
            yield Flag(Kind.SMALL, tone, people)
        tones = [tone for share in self.weeks.values() if (tone := weeks_tone(share))]
        if tones:
            yield Flag(Kind.OFTEN, Tone.RED if Tone.RED in tones else Tone.AMBER, len(tones))
        if people and self.trained <= 1:
            yield Flag(Kind.SINGLE, Tone.RED if self.trained else Tone.AMBER, self.trained)  # 0: nobody wrote it down

    def _of_calls(self) -> Iterable[Flag]:
        if (most := most_at_once(self.calls)) > BUSY_INCIDENTS:
            yield Flag(Kind.BUSY, Tone.AMBER, most)
        if broken := sum(one.relief for one in self.figures):
            yield Flag(Kind.NIGHTS, Tone.AMBER, broken)

    def _of_shares(self) -> Iterable[Flag]:
        for kind, amounts in ((Kind.HOURS, self.hours), (Kind.INTERRUPTIONS, self.rang)):
            if (found := fairness(amounts)) is not None and found > FAIR:
                yield Flag(kind, Tone.AMBER, found)
