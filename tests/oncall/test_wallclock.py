"""Local times on the days when the clock jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from oncall.wallclock import (
    AmbiguousTimeError,
    LocalTimeError,
    NonexistentTimeError,
    check_typed,
    day_bounds,
    first_instant,
    last_instant,
    parse_clock,
    utc,
)

local = datetime.fromisoformat


def z(text: str) -> datetime:
    return local(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "typed", "first", "last"),
    [
        ("Europe/London", "2026-11-21 09:00", "2026-11-21 09:00", "2026-11-21 09:00"),
        ("Europe/London", "2026-10-25 01:30", "2026-10-25 00:30", "2026-10-25 01:30"),
        ("Europe/London", "2027-03-28 01:30", "2027-03-28 01:00", "2027-03-28 01:00"),
        ("America/Chicago", "2027-03-14 02:30", "2027-03-14 08:00", "2027-03-14 08:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45", "2026-04-04 15:15"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30", "2026-10-03 15:30"),
        ("Africa/Cairo", "2026-04-24 00:00", "2026-04-23 22:00", "2026-04-23 22:00"),
        ("America/Sao_Paulo", "2017-10-15 00:30", "2017-10-15 03:00", "2017-10-15 03:00"),
        ("America/Havana", "2026-11-01 00:00", "2026-11-01 04:00", "2026-11-01 05:00"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00", "2011-12-30 10:00"),
        ("Asia/Kolkata", "2100-12-31 23:59", "2100-12-31 18:29", "2100-12-31 18:29"),
    ],
)
def test_first_and_last_instant(zone: str, typed: str, first: str, last: str) -> None:
    assert (first_instant(local(typed), zone), last_instant(local(typed), zone)) == (z(first), z(last))


def test_what_a_person_types_once_is_asked_back() -> None:
    assert check_typed(local("2026-11-21 08:00"), "Europe/London") == z("2026-11-21 08:00")
    with pytest.raises(NonexistentTimeError, match="2027-03-28 01:30 does not exist in Europe/London.*02:00") as gap:
        check_typed(local("2027-03-28 01:30"), "Europe/London")
    assert gap.value.choices == (z("2027-03-28 01:00"),)
    with pytest.raises(AmbiguousTimeError, match="2026-10-25 01:30 happens twice in Europe/London") as twice:
        check_typed(local("2026-10-25 01:30"), "Europe/London")
    assert twice.value.choices == (z("2026-10-25 00:30"), z("2026-10-25 01:30"))
    assert issubclass(NonexistentTimeError, LocalTimeError)


def test_the_fold_of_what_is_given_does_not_count() -> None:
    typed = local("2026-10-25 01:30").replace(fold=1)
    assert first_instant(typed, "Europe/London") == z("2026-10-25 00:30")
    assert last_instant(typed, "Europe/London").fold == 0


def test_a_day_has_the_hours_that_it_has() -> None:
    lengths = {
        ("Europe/London", date(2026, 10, 25)): 25,
        ("Europe/London", date(2027, 3, 28)): 23,
        ("Africa/Cairo", date(2026, 4, 24)): 23,
        ("Pacific/Apia", date(2011, 12, 30)): 0,
        ("UTC", date(2026, 1, 1)): 24,
    }
    for (zone, day), hours in lengths.items():
        start, end = day_bounds(day, zone)
        assert end - start == timedelta(hours=hours), zone


def test_times_of_day() -> None:
    assert parse_clock("08:30") == time(8, 30)
    assert parse_clock("24:00") == time(0)
    for wrong in ("24:01", "8:30", "8", "", "08:60", "08:30:00", "ab:cd"):
        with pytest.raises(ValueError, match=r".+"):
            parse_clock(wrong)


def test_an_instant_has_a_zone() -> None:
    assert utc(local("2026-11-21 08:00+01:00")) == z("2026-11-21 07:00")
    with pytest.raises(ValueError, match="no zone"):
        utc(local("2026-11-21 08:00"))
