"""Days and instants of remediation items, by the calendar of November 2026 (the 21st is a Saturday)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.wallclock import is_working_day
from postmortems import item_rules as rules

LONDON, BERLIN, APIA = ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("priority", "due"), [("P0", "2026-11-28"), ("P1", "2026-12-06"), ("P2", "2026-12-21"), ("P3", "2027-01-16")]
)
def test_due_by_priority(priority: str, due: str) -> None:
    assert rules.due_on(priority, date(2026, 11, 21)) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("at", "answered_by"),
    [
        ("2026-11-23 10:15", "2026-11-26 10:15"),  # Monday to Thursday
        ("2026-11-26 10:15", "2026-12-01 10:15"),  # over a weekend
        ("2026-11-23 07:00", "2026-11-26 09:00"),  # before work: from the morning on
        ("2026-11-23 09:00", "2026-11-26 09:00"),
        ("2026-11-23 17:00", "2026-11-26 17:00"),
        ("2026-11-23 17:01", "2026-11-27 09:00"),  # after work: from the next morning
        ("2026-11-27 18:00", "2026-12-03 09:00"),  # Friday evening
        ("2026-11-21 02:04", "2026-11-26 09:00"),  # Saturday
        ("2026-11-22 23:59", "2026-11-26 09:00"),
    ],
)
def test_three_working_days(at: str, answered_by: str) -> None:
    assert rules.add_working_days(utc(at), 3, LONDON) == utc(answered_by)


def test_working_days_are_those_of_the_manager() -> None:
    # Sunday 21:00 in UTC is Monday 10:00 in Apia.
    assert rules.add_working_days(utc("2026-11-22 21:00"), 3, APIA) == utc("2026-11-25 21:00")
    # Over the end of summer time the clock stays and the instant moves.
    assert rules.add_working_days(utc("2026-10-23 08:00"), 3, BERLIN) == utc("2026-10-28 09:00")


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.sampled_from([LONDON, BERLIN, APIA]))  # noqa: DTZ001
def test_an_answer_is_always_due_while_people_work(naive: datetime, zone: ZoneInfo) -> None:
    at = naive.replace(tzinfo=UTC)
    local = rules.add_working_days(at, 3, zone).astimezone(zone)
    assert is_working_day(local.date())
    assert rules.OPENS <= local.time() <= rules.CLOSES
    assert timedelta(days=3) - timedelta(hours=2) <= local - at <= timedelta(days=7)


def test_reminders_go_out_on_working_mornings() -> None:
    friday = date(2026, 11, 27)
    assert rules.reminders(friday, LONDON) == [
        (-3, utc("2026-11-24 09:00")),
        (0, utc("2026-11-27 09:00")),
        (3, utc("2026-11-30 09:00")),
        (7, utc("2026-12-04 09:00")),
    ]
    sunday = date(2026, 11, 29)
    assert [str(instant.date()) for _step, instant in rules.reminders(sunday, BERLIN)] == [
        "2026-11-26",
        "2026-11-27",  # before it is due, not after
        "2026-12-02",
        "2026-12-07",  # Sunday a week later: the Monday after
    ]
    assert rules.reminders(sunday, BERLIN)[0][1] == utc("2026-11-26 08:00")


def test_missed_reminders_collapse_into_the_latest() -> None:
    friday = date(2026, 11, 27)
    assert rules.reminder_now(friday, LONDON, utc("2026-11-24 08:59")) is None
    assert rules.reminder_now(friday, LONDON, utc("2026-11-24 09:00")) == -3
    assert rules.reminder_now(friday, LONDON, utc("2026-12-20 09:00")) == 7
    assert rules.next_reminder(friday, LONDON, utc("2026-11-27 09:00")) == utc("2026-11-30 09:00")
    assert rules.next_reminder(friday, LONDON, utc("2026-12-04 09:00")) is None


def test_overdue_and_the_question_what_blocks_it() -> None:
    due = date(2026, 11, 21)
    assert rules.days_over("accepted", due, due) == 0
    assert rules.days_over("in_progress", due, date(2026, 11, 22)) == 1
    assert rules.days_over("verified", due, date(2027, 1, 1)) == 0
    assert rules.days_over("accepted", None, due) == 0
    assert not rules.asks_what_blocks("accepted", due, date(2026, 11, 27))
    assert rules.asks_what_blocks("accepted", due, date(2026, 11, 28))
    assert not rules.asks_what_blocks("blocked", due, date(2026, 12, 28))


@pytest.mark.parametrize(
    ("age", "name"),
    [
        (0, "0-7"),
        (7, "0-7"),
        (8, "8-30"),
        (30, "8-30"),
        (31, "31-90"),
        (90, "31-90"),
        (91, "over-90"),
        (999, "over-90"),
    ],
)
def test_buckets(age: int, name: str) -> None:
    assert rules.bucket(age) == name


@pytest.mark.parametrize(
    ("title", "done_when", "hints"),
    [
        ("Alert on queue depth", "", []),
        ("The queue should alert", "", ["no_verb"]),
        ("Monitoring of the queue", "", ["no_verb"]),
        ("Improve the alerts", "", ["vague"]),
        ("Improve the alerts", "each has an owner", []),
        ("look into retries", "", ["vague"]),
    ],
)
def test_hints_on_titles(title: str, done_when: str, hints: list[str]) -> None:
    assert rules.title_hints(title, done_when) == hints


def test_every_act_starts_somewhere_and_ends_are_ends() -> None:
    assert {state for states in rules.FROM.values() for state in states} == {*rules.OPEN, "done"}
    for end in (*rules.ENDS, "verified"):
        assert not any(rules.may(act, end) for act in rules.FROM)
