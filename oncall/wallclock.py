"""Pure: from the wall clock of a zone to an instant, on the days too when the clock jumps.

A nonexistent local time (the clock went forward over it) means the first instant after the gap. An ambiguous one (the
clock went back and shows it twice) means its first occurrence where something starts and its last where a window ends.
What a person types once (an override) is asked back instead: `check_typed`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

FAR = datetime.max.replace(tzinfo=UTC)
"""An instant after every other: what a time beyond the calendar is taken for."""

NEAR = datetime.min.replace(tzinfo=UTC)
"""An instant before every other."""

SATURDAY = 5


def is_working_day(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < SATURDAY


class LocalTimeError(ValueError):
    """A typed local time that does not name exactly one instant; `choices` are the instants that may be meant (UTC)."""

    def __init__(self, sentence: str, choices: tuple[datetime, ...]) -> None:
        super().__init__(sentence)
        self.choices = choices


class NonexistentTimeError(LocalTimeError):
    """The clock went forward over this time."""


class AmbiguousTimeError(LocalTimeError):
    """The clock shows this time twice."""


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone `name`. Raises `ZoneInfoNotFoundError` for an unknown one."""
    return ZoneInfo(name)


def first_instant(naive: datetime, zone: str) -> datetime:
    """The first instant (UTC) at which the clock of `zone` shows `naive` or, if it jumps over it, something later.

    Never decreases as `naive` grows, so handovers made with it stay in order through every change of the clock.
    """
    early, late = _offsets(naive, zone)
    if early < late:
        return _after_gap(naive.replace(fold=0), zone)
    return _utc(naive, early)


def last_instant(naive: datetime, zone: str) -> datetime:
    """The last instant (UTC) at which the clock of `zone` shows `naive`; in a gap the first instant after it."""
    early, late = _offsets(naive, zone)
    if early < late:
        return _after_gap(naive.replace(fold=0), zone)
    return _utc(naive, late)


def check_typed(naive: datetime, zone: str) -> datetime:
    """The one instant (UTC) that a person meant by typing `naive` in `zone`.

    Raises `NonexistentTimeError` or `AmbiguousTimeError`, whose sentence says what to type instead.
    """
    early, late = _offsets(naive, zone)
    shown = f"{naive:%Y-%m-%d %H:%M}"
    if early < late:
        after = _after_gap(naive.replace(fold=0), zone)
        raise NonexistentTimeError(
            f"{shown} does not exist in {zone}: the clock goes forward over it to {_shown(after, zone)}.",
            (after,),
        )
    if early > late:
        raise AmbiguousTimeError(
            f"{shown} happens twice in {zone}: the clock goes back. Choose a time before or after the repeated hour.",
            (_utc(naive, early), _utc(naive, late)),
        )
    return _utc(naive, early)


def to_local(instant: datetime, zone: str) -> datetime:
    """What the clock of `zone` shows at `instant`, naive."""
    local = instant.astimezone(zone_named(zone))
    # `combine` takes a fifth of what `replace` does: every handover of every roster comes through here.
    return datetime.combine(local.date(), local.time().replace(fold=0) if local.fold else local.time())


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The first instant (UTC) of a local day and that of the next; a day without a midnight begins after its gap."""
    return first_instant(datetime.combine(day, time()), zone), first_instant(
        datetime.combine(day + timedelta(1), time()), zone
    )


def parse_clock(text: str) -> time:
    """A time of day from "08:30"; "24:00" (only as an end) is `time(0)`: the midnight that ends the day.

    Raises `ValueError` for anything else.
    """
    if text == "24:00":
        return time()
    if len(text) != len("08:30"):
        raise ValueError(f"{text!r} is not a time such as 08:30")
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  a time of day has no zone


def utc(instant: datetime) -> datetime:
    """`instant` in UTC. Raises `ValueError` for a naive datetime: it names no instant."""
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise ValueError(f"{instant!r} has no zone: it names no instant")
    return instant.astimezone(UTC)


def _offsets(naive: datetime, zone: str) -> tuple[timedelta, timedelta]:
    """The offsets that PEP 495 gives for both folds: equal for a normal time, growing in a gap, falling when twice."""
    tz = zone_named(zone)
    early, late = tz.utcoffset(naive.replace(fold=0) if naive.fold else naive), tz.utcoffset(naive.replace(fold=1))
    if early is None or late is None:
        raise ValueError(f"{zone} has no offsets")
    return early, late


def _utc(naive: datetime, offset: timedelta) -> datetime:
    return datetime.combine(naive.date(), naive.time(), UTC) - offset


def _shown(instant: datetime, zone: str) -> str:
    return f"{to_local(instant, zone):%Y-%m-%d %H:%M}"


@lru_cache(maxsize=4096)
def _after_gap(naive: datetime, zone: str) -> datetime:
    """The instant of the jump over `naive`: halve the span between a second before it and one at or after it."""
    early, late = _offsets(naive, zone)
    second = timedelta(seconds=1)
    whole = naive.replace(microsecond=0)
    before, after = _utc(whole, late), _utc(whole, early) + second
    tz = zone_named(zone)
    while after - before > second:
        middle = before + (after - before) // 2 // second * second
        if middle.astimezone(tz).utcoffset() == early:
            before = middle
        else:
            after = middle
    return after
