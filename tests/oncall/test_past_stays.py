"""Shifts that are over stay as they were: people were paged in them, and are paid for them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from oncall import feeds, rosters, writers
from oncall.models import Schedule
from oncall.setup import Rotation, save_schedule
from teams import people
from teams.models import User
from tests.factories import AT, make_schedule, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MONTH_AGO = AT - 30 * DAY
SOON = AT + 30 * DAY


@pytest.fixture
def two() -> tuple[User, User]:
    """They pass a pager on each Monday."""
    return make_user("Ana Ames"), make_user("Bob Bell")


@pytest.fixture
def rota(two: tuple[User, User]) -> Schedule:
    """A weekly rota in London."""
    return make_schedule("rota", *two, timezone="Europe/London")


def held(schedule: Schedule, start: datetime, end: datetime) -> list[Any]:
    """Who had it when."""
    return [(shift.start, shift.end, shift.person) for shift in rosters.shifts(schedule, start, end)]


def move(schedule: Schedule, zone: str, by: User, at: datetime) -> None:
    """Give the schedule another clock, as the form does."""
    layer = schedule.layers.get()
    same = Rotation(layer.name, list(layer.turns.values_list("user", flat=True)), layer.starts)
    schedule.timezone = zone
    save_schedule(schedule, layers=[same], by=by, at=at)


def test_exceptions_keep_the_clock_on_which_they_were_typed(rota: Schedule, two: tuple[User, User]) -> None:
    ana, bob = two
    for begins in (datetime(2026, 11, 3, 14), datetime(2026, 12, 1, 14)):  # noqa: DTZ001  (wall clocks)
        for person, other in ((ana, bob), (bob, ana)):
            writers.add_override(rota, person=person, starts=begins, ends=begins + 2 * DAY, by=None, at=MONTH_AGO)
            later = begins + 3 * DAY
            writers.add_cover(rota, person=person, covered=other, starts=later, ends=later + DAY, by=None, at=MONTH_AGO)
    past = held(rota, MONTH_AGO, AT)
    before = {(one.start, one.end) for one in rosters.shifts(rota, AT, SOON) if one.source == "override"}
    assert before
    move(rota, "Asia/Tokyo", ana, AT)
    assert held(rota, MONTH_AGO, AT) == past
    assert {(one.start, one.end) for one in rosters.shifts(rota, AT, SOON) if one.source == "override"} == before
    begins = datetime(2026, 12, 1, 14)  # noqa: DTZ001  (a wall clock)
    again = writers.add_override(rota, person=ana, starts=begins, ends=begins + 2 * DAY, by=None, at=AT)
    assert again.zone == "Asia/Tokyo"


def test_an_absence_speaks_from_when_it_was_entered(rota: Schedule, two: tuple[User, User]) -> None:
    past = held(rota, MONTH_AGO, AT)
    holder = rosters.who_is_on_call(rota, AT)
    assert holder in two
    starts, ends = datetime(2026, 11, 1), datetime(2026, 11, 23)  # noqa: DTZ001  (wall clocks)
    writers.add_absence(holder, starts=starts, ends=ends, by=None, at=AT)
    assert held(rota, MONTH_AGO, AT) == past
    assert rosters.who_is_on_call(rota, AT) not in (holder, None)


def test_days_that_lie_in_the_past_change_nothing_of_it(rota: Schedule, two: tuple[User, User]) -> None:
    ana, bob = two
    past = held(rota, MONTH_AGO, AT)
    people.set_days(ana, first=date(2026, 11, 10), last=date(2026, 11, 12), by=bob, at=AT)
    assert held(rota, MONTH_AGO, AT) == past
    assert {person for _start, _end, person in held(rota, AT, SOON)} == {bob}


def test_who_was_away_for_a_while_was_away(rota: Schedule, two: tuple[User, User]) -> None:
    ana, bob = two
    people.set_days(ana, first=None, last=date(2026, 11, 1), by=bob, at=MONTH_AGO)
    people.deactivate(ana, by=None, at=AT - 15 * DAY)
    past = held(rota, MONTH_AGO, AT)
    people.reactivate(ana, by=None, at=AT - 2 * DAY)
    people.set_days(ana, first=None, last=None, by=bob, at=AT)
    assert held(rota, MONTH_AGO, AT) == past
    assert {person for _start, end, person in past if end > datetime(2026, 11, 3, tzinfo=AT.tzinfo)} == {bob}
    assert {person for _start, _end, person in held(rota, AT, SOON)} == {ana, bob}


def test_somebody_who_starts_later_is_no_stranger_to_the_past(rota: Schedule, two: tuple[User, User]) -> None:
    ana, bob = two
    past = held(rota, MONTH_AGO, AT)
    people.set_days(ana, first=date(2026, 12, 10), last=None, by=bob, at=AT)
    assert held(rota, MONTH_AGO, AT) == past
    ahead = held(rota, AT, SOON)
    assert {person for start, _end, person in ahead if start < datetime(2026, 12, 9, tzinfo=AT.tzinfo)} == {bob}
    assert ana in {person for _start, _end, person in ahead}


def test_a_calendar_program_hears_of_changed_days(rota: Schedule, two: tuple[User, User]) -> None:
    ana, bob = two
    feed = feeds.open_feed(ana, schedule=rota, at=AT)
    before = {one.changed for one in feeds.shifts_of(feed, AT)}
    people.set_days(bob, first=None, last=date(2026, 12, 1), by=ana, at=AT)
    assert {one.changed for one in feeds.shifts_of(feed, AT)} == {AT} != before
    people.deactivate(bob, by=None, at=AT + DAY)
    assert {one.changed for one in feeds.shifts_of(feed, AT)} == {AT + DAY}
