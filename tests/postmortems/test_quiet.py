"""The quiet rule: 08-20 of the person's day, before rather than after, through weekends and changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.quiet import first_after, is_allowed, moment, next_daily
from tests.postmortems.written import utc

BERLIN = "Europe/Berlin"
SECOND = timedelta(seconds=1)
LONG_AGO = utc(20, 0)


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        (utc(28, 7) - SECOND, False),
        (utc(28, 7), True),
        (utc(28, 19), True),
        (utc(28, 19) + SECOND, False),
    ],
)
def test_eight_to_twenty_of_the_persons_day(at: datetime, *, allowed: bool) -> None:
    assert is_allowed(at, BERLIN) is allowed


def test_a_step_in_quiet_hours_goes_out_at_the_last_allowed_moment_before_it() -> None:
    assert moment(utc(29, 4), BERLIN, after=utc(28, 14)) == utc(28, 19)


def test_it_never_goes_out_at_or_before_the_step_before_it() -> None:
    assert moment(utc(29, 4), BERLIN, after=utc(28, 19) - SECOND) == utc(28, 19)
    assert moment(utc(29, 4), BERLIN, after=utc(28, 19)) == utc(29, 7)


def test_an_allowed_step_is_not_moved() -> None:
    assert moment(utc(29, 12), BERLIN, after=LONG_AGO) == utc(29, 12)


def test_managers_are_reminded_on_working_days() -> None:
    saturday = utc(28, 12)
    assert moment(saturday, "UTC", after=utc(27, 21), working=True) == utc(30, 8)
    assert moment(saturday, "UTC", after=utc(27, 12), working=True) == utc(27, 20)
    assert moment(saturday, "UTC", after=utc(27, 12)) == saturday


def test_daily_is_at_ten_of_the_next_working_day() -> None:
    assert next_daily(utc(27, 9), BERLIN) == utc(30, 9)
    assert next_daily(utc(27, 9) - SECOND, BERLIN) == utc(27, 9)
    assert next_daily(utc(30, 9), BERLIN) == utc(1, 9, month=12)


def test_the_day_follows_the_clock_when_it_is_put_back() -> None:
    """25 October 2026: at 03:00 the clocks of Berlin go back to 02:00; 20:00 of the evening before is 18:00 UTC."""
    night = datetime(2026, 10, 25, 4, tzinfo=UTC)
    assert moment(night, BERLIN, after=LONG_AGO - timedelta(days=90)) == datetime(2026, 10, 24, 18, tzinfo=UTC)
    assert first_after(night, BERLIN) == datetime(2026, 10, 25, 7, tzinfo=UTC)


def test_the_day_follows_the_clock_when_it_is_put_forward() -> None:
    """28 March 2027: at 02:00 it is 03:00 in Berlin; 08:00 is 06:00 UTC, an hour earlier than the day before."""
    night = datetime(2027, 3, 28, 2, tzinfo=UTC)
    assert moment(night, BERLIN, after=night) == datetime(2027, 3, 28, 6, tzinfo=UTC)
    assert moment(night, BERLIN, after=LONG_AGO) == datetime(2027, 3, 27, 19, tzinfo=UTC)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 72 * 60),
    st.sampled_from(["UTC", BERLIN, "America/St_Johns", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.booleans(),
)
def test_every_moment_is_allowed_and_after_the_step_before(
    step: datetime, earlier: int, zone: str, working: bool
) -> None:
    after = step - timedelta(minutes=earlier)
    goes = moment(step, zone, after=after, working=working)
    assert is_allowed(goes, zone, working=working)
    assert goes > after or goes == step
