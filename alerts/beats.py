"""When a heartbeat is late and when it is down: its rhythm, and what a ping or the passing of time makes of it. Pure.

The words and what they mean are those of Healthchecks: a start that is not followed by an end within the grace is a
failure, a ping without a run's id ends any run, and whatever is paused goes on with the next ping.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

CRON_LENGTH = 100
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=365)


class State(StrEnum):
    """New: never heard. Late: in its grace, pages nobody. Down: told to people. Paused: nobody waits for it."""

    NEW = "new"
    UP = "up"
    LATE = "late"
    DOWN = "down"
    PAUSED = "paused"


class Word(StrEnum):
    """What a ping says."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"
    LOG = "log"


class Why(StrEnum):
    """Why it is down."""

    MISSED = "missed"
    FAILED = "failed"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often it beats: a `period`, or a cron line on the clocks of a zone; `grace` is how long nobody worries."""

    period: timedelta
    grace: timedelta
    cron: str = ""
    zone: str = "UTC"

    def after(self, at: datetime) -> datetime:
        """When the next ping is expected after one at `at`."""
        return next_cron(self.cron, self.zone, at) if self.cron else at + self.period


@dataclass(frozen=True, slots=True)
class Pulse:
    """Where a heartbeat stands. `due_at` is when the passing of time changes it next; None: never by itself."""

    state: str = State.NEW
    last_ping_at: datetime | None = None
    started_at: datetime | None = None
    started_rid: UUID | None = None
    expected_at: datetime | None = None
    due_at: datetime | None = None
    down_since: datetime | None = None
    why: str = ""


def check_cron(line: str, zone: str = "UTC") -> None:
    """Raise ValueError, with one sentence, for what is no cron line of five fields, or one that never comes."""
    if len(line) > CRON_LENGTH or len(line.split()) != 5:  # noqa: PLR2004 - minute, hour, day, month, weekday
        raise ValueError("A cron line has five fields, such as 30 2 * * 1-5.")
    try:
        next_cron(line, zone, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(f"{line!r} is no cron line: {str(error).lower()}.") from None
    except StopIteration:
        raise ValueError(f"{line!r} never comes.") from None


def next_cron(line: str, zone: str, at: datetime) -> datetime:
    """The first time of `line` after `at`, in UTC, as Debian's cron has it where clocks change: what falls into the
    hour that is left out comes right after it, what falls into the hour that comes twice comes once, and lines that
    run every few minutes or hours go by real time."""
    return next(CronSim(line, at.astimezone(ZoneInfo(zone)))).astimezone(UTC)


def hear(pulse: Pulse, word: str, rhythm: Rhythm, at: datetime, rid: UUID | None = None) -> Pulse:
    """The pulse after a ping that says `word` at `at`; `rid` tells runs apart that overlap."""
    if word == Word.LOG:
        return pulse
    if word == Word.START:
        if pulse.state == State.PAUSED:
            return pulse
        return _due(replace(pulse, started_at=at, started_rid=rid), rhythm)
    ends = word == Word.FAIL or rid is None or rid == pulse.started_rid
    started_at, started_rid = (None, None) if ends else (pulse.started_at, pulse.started_rid)
    heard = replace(pulse, last_ping_at=at, started_at=started_at, started_rid=started_rid)
    if word == Word.FAIL:
        return replace(_down(heard, Why.FAILED, at), down_since=pulse.down_since or at)
    up = replace(heard, state=State.UP, expected_at=rhythm.after(at), down_since=None, why="")
    return _due(up, rhythm)


def look(pulse: Pulse, rhythm: Rhythm, at: datetime) -> Pulse:
    """The pulse at `at` when nothing was heard meanwhile."""
    if pulse.due_at is None or at < pulse.due_at:
        return pulse
    begun, wanted = pulse.started_at, pulse.expected_at
    ends = [(when + rhythm.grace, why) for when, why in ((begun, Why.UNFINISHED), (wanted, Why.MISSED)) if when]
    passed = [one for one in ends if one[0] <= at]
    if passed:
        since, why = min(passed, key=lambda one: one[0])  # what came first, however late we look
        return _down(pulse, why, since)
    return _due(replace(pulse, state=State.LATE), rhythm)


def retime(pulse: Pulse, rhythm: Rhythm) -> Pulse:
    """The pulse under another rhythm: what is up or late is expected anew, what is down stays so until it is heard."""
    if pulse.state not in (State.UP, State.LATE) or pulse.last_ping_at is None:
        return _due(pulse, rhythm)
    return _due(replace(pulse, state=State.UP, expected_at=rhythm.after(pulse.last_ping_at)), rhythm)


def pause(pulse: Pulse) -> Pulse:
    """Nobody waits for it until its next ping, or until somebody resumes it."""
    return Pulse(state=State.PAUSED, last_ping_at=pulse.last_ping_at)


def resume(pulse: Pulse) -> Pulse:
    """As if it had never been heard: its first ping starts the clock."""
    return Pulse(last_ping_at=pulse.last_ping_at) if pulse.state == State.PAUSED else pulse


def _down(pulse: Pulse, why: Why, since: datetime) -> Pulse:
    return replace(pulse, state=State.DOWN, expected_at=None, due_at=None, down_since=since, why=why)


def _due(pulse: Pulse, rhythm: Rhythm) -> Pulse:
    """When to look next: at what is expected, at the end of its grace, or at the end of a started run's."""
    if pulse.state in (State.DOWN, State.PAUSED):
        return replace(pulse, due_at=None)
    ends = [pulse.started_at + rhythm.grace] if pulse.started_at else []
    if pulse.expected_at:
        ends.append(pulse.expected_at + (rhythm.grace if pulse.state == State.LATE else timedelta(0)))
    return replace(pulse, due_at=min(ends, default=None))
