"""The rhythm of heartbeats, against a walk through every minute of real time; both changes of the clocks, two zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.beats import Pulse, Rhythm, State, Word, check_cron, hear, look, next_cron

ZONES = ("Europe/London", "America/New_York")
MINUTE = timedelta(minutes=1)
# A day before each change of 2026: London 29 March and 25 October, New York 8 March and 1 November.
CHANGES = [datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 28), (10, 24), (3, 7), (10, 31))]


def walk(zone: str, start: datetime, hour: int | None, minute: int, step: int) -> datetime:
    """The next time of `minute hour * * *` (or `*/step * * * *` without an hour), minute by minute of real time."""
    local = ZoneInfo(zone)
    at = (start + MINUTE).replace(second=0, microsecond=0)
    done = {start.astimezone(local).date()} if hour is not None and ran(start, local, hour, minute) else set()
    while True:
        clock = at.astimezone(local)
        if hour is None:
            if clock.minute % step == 0:
                return at
        elif clock.date() not in done and ran(at, local, hour, minute):
            return at
        at += MINUTE


def ran(at: datetime, local: ZoneInfo, hour: int, minute: int) -> bool:
    """Whether the wall clock shows that time, or a later one, for the first time of its day."""
    clock = at.astimezone(local)
    return (clock.hour, clock.minute) >= (hour, minute)


@given(
    zone=st.sampled_from(ZONES),
    change=st.sampled_from(CHANGES),
    after=st.integers(0, 3 * 24 * 60),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
)
def test_a_time_of_day_comes_once_a_day_whatever_the_clocks_do(
    zone: str, change: datetime, after: int, hour: int, minute: int
) -> None:
    start = change + after * MINUTE
    expected = walk(zone, start, hour, minute, 0)
    assert next_cron(f"{minute} {hour} * * *", zone, start) == expected


@given(
    zone=st.sampled_from(ZONES),
    change=st.sampled_from(CHANGES),
    after=st.integers(0, 3 * 24 * 60),
    step=st.sampled_from([1, 5, 7, 15, 30]),
)
def test_every_few_minutes_goes_by_real_time(zone: str, change: datetime, after: int, step: int) -> None:
    start = change + after * MINUTE
    assert next_cron(f"*/{step} * * * *", zone, start) == walk(zone, start, None, 0, step)


@pytest.mark.parametrize(
    ("line", "zone", "at", "expected"),
    [
        ("30 1 * * *", "Europe/London", "2026-03-29T00:00", "2026-03-29T01:00"),  # 01:30 is left out: right after it
        ("30 1 * * *", "Europe/London", "2026-10-25T00:35", "2026-10-26T01:30"),  # 01:30 comes twice: once
        ("0 9 * * 1-5", "America/New_York", "2026-11-20T20:00", "2026-11-23T14:00"),
        ("0 0 L * *", "UTC", "2026-02-10T00:00", "2026-02-28T00:00"),
    ],
)
def test_known_times(line: str, zone: str, at: str, expected: str) -> None:
    given_at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert next_cron(line, zone, given_at) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "* * * *",
        "61 * * * *",
        "* * * * * *",
        "0 0 30 2 *",
        "x" * 200,
        "9" * 101,
        "@daily",
        "0 0 31 4,6 *",
        "*/0 * * * *",
    ],
)
def test_nonsense_is_refused_in_one_sentence(line: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        check_cron(line)


WORDS = st.sampled_from([*Word, None])
RHYTHMS = [
    Rhythm(timedelta(hours=1), timedelta(minutes=5)),
    Rhythm(timedelta(days=1), timedelta(hours=1), "*/20 * * * *", "Europe/London"),
]


@given(rhythm=st.sampled_from(RHYTHMS), story=st.lists(st.tuples(st.integers(1, 90), WORDS), max_size=20))
def test_one_late_look_comes_to_the_same_as_many(rhythm: Rhythm, story: list[tuple[int, Word | None]]) -> None:
    """A dispatcher that slept through it all decides as one that looked each minute: but for what it never saw as late."""
    awake, asleep, at = Pulse(), Pulse(), datetime(2026, 3, 28, 22, tzinfo=UTC)
    for wait, word in story:
        for _minute in range(wait):
            at += MINUTE
            awake = look(look(awake, rhythm, at), rhythm, at)
        asleep = look(look(asleep, rhythm, at), rhythm, at)
        if word:
            awake, asleep = hear(awake, word, rhythm, at), hear(asleep, word, rhythm, at)
        assert asleep == awake
        assert awake.due_at is None or awake.due_at > at or word
        assert (awake.state == State.DOWN) == (awake.down_since is not None)
