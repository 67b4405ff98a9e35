"""Weeks, changes, promises and interruptions: pure rules, each at its edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from incidents.metrics import Spread
from oncall.interruptions import Call, Part, interruptions
from review.sla import PROMISES, Verdict, end_of_next_working_day, one_working_day, verdict
from review.values import Change, Count, Share, Times, Uptime
from review.week import NoSuchWeekError, Week
from review.words import changed, said, uptime

LONDON = "Europe/London"


def utc(text: str) -> datetime:
    """An instant from "2026-11-16 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "monday"),
    [("2026-W47", "2026-11-16"), ("2026-W01", "2025-12-29"), ("2026-W53", "2026-12-28"), ("2027-W01", "2027-01-04")],
)
def test_weeks_that_are(text: str, monday: str) -> None:
    week = Week.read(text)
    assert (str(week), week.monday.isoformat()) == (text, monday)
    assert week.before.after == week.after.before == week


@pytest.mark.parametrize(
    "text",
    [
        "2026-W54",
        "2026-W00",
        "2025-W53",
        "2026-W7",
        "2026W47",
        "1969-W01",
        "2101-W01",
        "",
        "x",
        "2026-W47 ",
        "２０２６-W47",
    ],
)
def test_weeks_that_are_none_say_why(text: str) -> None:
    with pytest.raises(NoSuchWeekError, match=r"week"):
        Week.read(text)


def test_the_edge_of_a_week_is_monday_in_the_organisations_zone() -> None:
    window = Week(2026, 30).window(LONDON)  # summer time: midnight is 23:00 UTC
    assert window == (utc("2026-07-19 23:00"), utc("2026-07-26 23:00"))
    second = timedelta(seconds=1)
    at = [
        Week.at(instant, LONDON).number
        for instant in (window.start - second, window.start, window.end - second, window.end)
    ]
    assert at == [29, 30, 30, 31]


@pytest.mark.parametrize(("number", "hours"), [(43, 169), (13, 167), (47, 168)])
def test_a_week_in_which_the_clock_jumps(number: int, hours: int) -> None:
    window = Week(2026, number).window(LONDON)
    assert (window.end - window.start) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("now", "then", "change"),
    [
        (4, 5, Change(-1, "count", -20)),
        (4, 4, Change(0, "count", None)),
        (1, 0, Change(1, "count", None)),
        (None, 5, None),
        (5, None, None),
    ],
)
def test_change_of_counts(now: int | None, then: int | None, change: Change | None) -> None:
    assert Count(now).since(Count(then)) == change


def times(*minutes: float) -> Times:
    return Times(Spread(tuple(60.0 * one for one in minutes)))


def test_change_of_durations_needs_five_in_both_weeks() -> None:
    four, five, slower = times(1, 2, 3, 4), times(1, 2, 3, 4, 5), times(2, 4, 6, 8, 10)
    assert five.since(four) is None
    assert four.since(five) is None
    assert slower.since(five) == Change(180, "seconds", 100)
    assert times(0, 0, 0, 0, 0).since(times(0, 0, 0, 0, 0)) == Change(0, "seconds", None)


def test_change_of_shares_is_in_points() -> None:
    assert Share(4, 5).since(Share(5, 5)) == Change(-20, "points")
    assert Share(4, 5).since(Share(4, 4)) is None


def test_what_figures_say() -> None:
    assert [said(value) for value in (Count(0), Count(None), times(), times(3, 7), times(1, 2, 3, 4, 31))] == [
        "0",
        "not measured",
        "-",
        "3 min, 7 min",
        "p50 3 min",
    ]
    assert [said(value) for value in (Share(0, 0), Share(3, 4), Share(5, 6))] == ["-", "3 of 4", "83 % (5 of 6)"]
    assert said(Uptime(None, 99.9)) == "not measured"
    assert [uptime(one) for one in (99.9999, 100.0, 99.9)] == ["99.999 %", "100.000 %", "99.900 %"]


def test_what_changes_say() -> None:
    changes = [
        None,
        Change(2, "count", 40.0),
        Change(0, "count"),
        Change(-180, "seconds", -50.0),
        Change(0.25, "points"),
    ]
    assert [changed(one) for one in changes] == ["-", "+2 (+40 %)", "±0", "−3 min (−50 %)", "+0.25 points"]


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-16 09:00", "2026-11-17 09:00"),  # Monday to Tuesday
        ("2026-11-16 07:00", "2026-11-16 18:00"),  # before the day begins: the whole of it
        ("2026-11-20 16:00", "2026-11-23 16:00"),  # Friday to Monday
        ("2026-11-20 18:00", "2026-11-23 18:00"),  # its day is over
        ("2026-11-21 12:00", "2026-11-23 18:00"),  # Saturday
    ],
)
def test_one_working_day(start: str, due: str) -> None:
    assert one_working_day(utc(start), LONDON) == utc(due)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-16 00:00", "2026-11-17 18:00"),
        ("2026-11-20 23:59", "2026-11-23 18:00"),
        ("2026-11-22 12:00", "2026-11-23 18:00"),
        ("2026-07-16 12:00", "2026-07-17 17:00"),  # summer time
    ],
)
def test_end_of_the_next_working_day(start: str, due: str) -> None:
    assert end_of_next_working_day(utc(start), LONDON) == utc(due)


def test_a_verdict_just_before_at_and_after_its_time() -> None:
    start, due = utc("2026-11-16 09:00"), utc("2026-11-16 10:00")
    moment = timedelta(seconds=1)
    done = [verdict(start, due, due + step, due) for step in (-moment, timedelta(0), moment)]
    assert done == [Verdict.MET, Verdict.MET, Verdict.MISSED]
    runs = [
        verdict(start, due, None, at) for at in (utc("2026-11-16 09:44"), utc("2026-11-16 09:45"), due, due + moment)
    ]
    assert runs == [Verdict.RUNNING, Verdict.AT_RISK, Verdict.AT_RISK, Verdict.MISSED]


def test_promises_are_those_of_the_rules() -> None:
    assert {name: [(one.act, one.words) for one in kept] for name, kept in PROMISES.items()} == {
        "critical": [("react", "5 min"), ("mitigate", "1 h"), ("resolve", "4 h")],
        "major": [("react", "15 min"), ("resolve", "next working day 18:00")],
        "standard": [("react", "1 working day"), ("resolve", "30 d")],
    }


def ring(page: int, minute: float, person: int = 1, zone: str = "UTC", rotation: str = "a") -> Call:
    return Call(page, person, utc("2026-11-16 12:00") + timedelta(minutes=minute), zone, rotation)


def test_pages_an_hour_apart_are_one_interruption() -> None:
    calls = [ring(1, 0), ring(2, 60), ring(3, 120), ring(4, 180.5), ring(5, 60, person=2)]
    assert [[call.page for call in one.calls] for one in interruptions(calls)] == [[1, 2, 3], [5], [4]]


def test_an_interruption_counts_in_the_rotation_of_its_first_page() -> None:
    (found,) = interruptions([ring(2, 30, rotation="b"), ring(1, 0, rotation="a")])
    assert (found.rotation, found.at) == ("a", utc("2026-11-16 12:00"))


@pytest.mark.parametrize(
    ("clock", "zone", "asleep"),
    [
        ("21:59", "UTC", False),
        ("22:00", "UTC", True),
        ("07:59", "UTC", True),
        ("08:00", "UTC", False),
        ("12:00", "Asia/Tokyo", False),  # 21:00 there
        ("13:00", "Asia/Tokyo", True),  # 22:00 there
        ("07:30", "Europe/Berlin", False),  # 08:30 there
    ],
)
def test_sleep_is_by_the_persons_own_clock(clock: str, zone: str, asleep: bool) -> None:
    assert (Call(1, 1, utc(f"2026-11-16 {clock}"), zone).part() == Part.SLEEP) is asleep


def test_one_page_at_night_makes_it_an_interruption_of_sleep() -> None:
    at = utc("2026-11-16 21:30")
    (found,) = interruptions([Call(1, 1, at, "UTC"), Call(2, 1, at + timedelta(minutes=45), "UTC")])
    assert found.of_sleep
