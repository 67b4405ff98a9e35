"""Times as machines write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.payloads.alert import Mark
from alerts.payloads.instants import EARLIEST, LATEST, read_instant

AT = datetime(2026, 11, 21, 1, 56, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-11-21T01:56:30Z", "2026-11-21T01:56:30z", "2026-11-21t01:56:30+00:00", "2026-11-21T01:56:30+0000"]
    + ["2026-11-21T03:56:30+02:00", "2026-11-20 20:56:30 -0500", "2026-11-21 01:56:30 +0000 UTC"]
    + ["2026-11-21 01:56:30 UTC+00:00".replace(" UTC", ""), " 2026-11-21T01:56:30Z ", "1795226190", "1795226190000"]
    + [1795226190, 1795226190.0, 1795226190000, 1795226190000000, 1795226190000000000, "1795226190.0"],
    ids=repr,
)
def test_one_instant_in_many_forms(text: object) -> None:
    assert read_instant(text) == (AT, None)


def test_nine_digits_are_cut_to_microseconds() -> None:
    assert read_instant("2026-11-21T01:56:30.294866274Z") == (AT.replace(microsecond=294866), None)


def test_a_leap_second_is_the_one_before() -> None:
    assert read_instant("2016-12-31T23:59:60Z") == (datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC), None)


def test_without_zone_is_utc_with_a_mark() -> None:
    assert read_instant("2026-11-21T01:56:30") == (AT, Mark.TIME_WITHOUT_ZONE)


@pytest.mark.parametrize(
    "nothing", [None, "", "  ", 0, "0", 0.0, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"], ids=repr
)
def test_not_set(nothing: object) -> None:
    assert read_instant(nothing) == (None, None)


@pytest.mark.parametrize(
    "garbage",
    ["soon", "0000-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "10000-01-01T00:00:00Z", "x" * 10**6, "1" * 5000]
    + [-1, 10**400, 1e300, float("inf"), float("nan"), True, [], {}, "١٧٩٥٢٢٦١٩٠", "2026-11-21T25:00:00Z", "\ud800"],
)
def test_garbage_leaves_a_mark(garbage: object) -> None:
    assert read_instant(garbage) == (None, Mark.TIME_UNREADABLE)


@pytest.mark.parametrize("late", ["9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59-12:00"])
def test_the_end_of_time_can_be_shown_everywhere(late: str) -> None:
    at, mark = read_instant(late)
    assert (at, mark) == (LATEST, Mark.TIME_CLAMPED)
    LATEST.astimezone(timezone(timedelta(hours=14)))
    EARLIEST.astimezone(timezone(timedelta(hours=-12)))


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.none())
def test_always_an_aware_instant_or_none(value: object) -> None:
    at, _ = read_instant(value)
    assert at is None or (at.tzinfo is UTC and EARLIEST <= at <= LATEST)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_iso_and_epoch_agree(at: datetime) -> None:
    assert read_instant(at.isoformat()) == (at, None)
    whole = at.replace(microsecond=0)
    assert read_instant(int(whole.timestamp())) == (whole, None)
    assert read_instant(int(whole.timestamp()) * 1000) == (whole, None)
