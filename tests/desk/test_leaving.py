"""Joining and leaving: days, who takes the turns of somebody who is switched off, and what stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from oncall import rosters
from oncall.models import LayerMember
from oncall.reasons import sentences
from teams import people
from teams.models import Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_team, make_user

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DAY = timedelta(days=1)


def holders(world: World, *days: float) -> list[User | None]:
    """Who has the pager so many days from now."""
    return [rosters.who_is_on_call(world.schedule, AT + n * DAY) for n in days]


def days_page(user: User) -> str:
    return f"/settings/people/{user.pk}/days/"


def test_a_last_day_is_seen_before_it_is_saved(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ada)
    before = holders(world, 0, 3)
    assert world.ana in before
    typed = {"first_day": "", "last_day": "2026-11-22"}
    seen = browser.post(days_page(world.ana), typed)
    assert seen.status_code == 200
    change = seen.context["changed"][0].differences[0]
    assert (change.before, change.after) == (world.ana, world.bob)
    assert change.start == datetime(2026, 11, 23, tzinfo=ZoneInfo(world.ana.timezone))
    assert holders(world, 0, 3) == before
    assert browser.post(days_page(world.ana), typed | {"confirm": "yes"}).status_code == 303
    assert holders(world, 0, 3) == [before[0], world.bob]
    assert "until 22 Nov 2026" in browser.get("/settings/people/").content.decode()
    assert browser.post(days_page(world.ana), {"confirm": "yes"}).status_code == 303
    assert holders(world, 0, 3) == before


def test_before_their_first_day_the_next_stands_in(world: World, sign_in: SignIn, now: object) -> None:
    people.set_days(world.ana, first=date(2026, 11, 25), last=None, by=world.ada, at=AT)
    assert holders(world, 0, 3) == [world.bob, world.bob]
    assert any("Ana Ames is away until 2026-11-25" in line for line in sentences(world.schedule, AT))
    people.set_days(world.ana, first=date(2026, 11, 1), last=date.max, by=world.ada, at=AT)
    assert world.ana in holders(world, 0, 3)


@pytest.mark.parametrize(
    "typed",
    [
        {"first_day": "2026-11-23", "last_day": "2026-11-22"},
        {"first_day": "9999-12-31"},
        {"last_day": "0001-01-01"},
        {"last_day": "tomorrow"},
        {"last_day": "2026-02-30"},
    ],
)
def test_days_that_are_none_are_refused(typed: dict[str, str], world: World, sign_in: SignIn, now: object) -> None:
    answer = sign_in(world.ada).post(days_page(world.ana), typed | {"confirm": "yes"})
    assert answer.status_code == 422
    assert 'class="errorlist"' in answer.content.decode()


def test_managers_say_it_of_their_own_people(world: World, sign_in: SignIn, now: object) -> None:
    mia = make_user("Mia Meyer", role=Role.MANAGER)
    make_team("other", manager=mia)
    assert sign_in(mia).get(days_page(world.ana)).status_code == 404
    world.team.manager = mia
    world.team.save()
    assert sign_in(mia).get(days_page(world.ana)).status_code == 200
    assert sign_in(world.bob).get(days_page(world.ana)).status_code == 403


def test_switching_off_asks_who_takes_the_turns(world: World, sign_in: SignIn, now: Any) -> None:
    browser = sign_in(world.ada)
    holder = holders(world, 0)[0]
    assert holder
    path = f"/settings/people/{holder.pk}/deactivate/"
    past = rosters.shifts(world.schedule, AT - 20 * DAY, AT)
    seen = browser.get(path)
    assert [(one.schedule, one.first) for one in seen.context["held"]] == [(world.schedule, AT)]
    assert "They have shifts ahead" in seen.content.decode()
    assert browser.post(path, {"instead": "stranger@example.com"}).status_code == 422
    assert browser.post(path, {"instead": world.ada.email}).status_code == 303
    assert holders(world, 0) == [world.ada]
    assert not LayerMember.objects.filter(user=holder).exists()
    assert rosters.shifts(world.schedule, AT - 20 * DAY, AT) == past


def test_somebody_without_shifts_is_just_switched_off(world: World, sign_in: SignIn, now: Any) -> None:
    other = make_user("Zoe Zimmer")
    seen = sign_in(world.ada).get(f"/settings/people/{other.pk}/deactivate/")
    assert seen.context["held"] == []
    assert 'name="instead"' not in seen.content.decode()


def test_what_they_had_before_they_left_stays_theirs(world: World, now: Any) -> None:
    past = rosters.shifts(world.schedule, AT - 20 * DAY, AT)
    holder = holders(world, 0)[0]
    assert holder
    people.deactivate(holder, by=None, at=AT)
    assert rosters.shifts(world.schedule, AT - 20 * DAY, AT) == past
    assert holders(world, 0) != [holder]
    people.reactivate(holder, by=None, at=AT)
    assert holders(world, 0) == [holder]
