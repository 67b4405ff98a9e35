"""Changing a rota that runs: what changes is shown, who keeps the pager is chosen, and shifts that are over stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from oncall import rosters
from oncall.models import PastLayers, Schedule
from paging.targets import resolve
from teams.models import User
from tests.desk.conftest import World
from tests.desk.test_setup import a_schedule, was
from tests.factories import AT

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DAY = timedelta(days=1)
PAGE = "/setup/schedule/second-line/"


def a_rota(*people: User, **more: Any) -> dict[str, Any]:
    """One that began before it was typed."""
    return a_schedule(*people, **{"layers-0-starts": "2026-11-02T09:00"} | more)


@pytest.fixture
def second(world: World, sign_in: SignIn, now: Any) -> Schedule:
    """Ana, then Bob, weekly on Mondays; as it was made two weeks ago."""
    now.move_to(AT - 14 * DAY)
    assert sign_in(world.ada).post("/setup/schedule/", a_rota(world.ana, world.bob)).status_code == 303
    now.move_to(AT)
    return Schedule.objects.get(slug="second-line")


def holders(schedule: Schedule, *days: int, role: str = "primary") -> list[User | None]:
    """Who has it so many days from now."""
    return [rosters.who_is_on_call(schedule, AT + n * DAY, role=role) for n in days]


def test_shifts_that_are_over_stay_as_they_were(world: World, second: Schedule, sign_in: SignIn) -> None:
    browser = sign_in(world.ada)
    was_over, was_ahead = holders(second, -6, -1, 0), holders(second, 3, 10)
    assert None not in [*was_over, *was_ahead]
    typed = a_rota(world.bob, world.ana, was=was(browser, PAGE))
    seen = browser.post(PAGE, typed | {"act": "look"})
    preview = seen.context["preview"]
    assert preview.moves == (world.ana, world.bob)
    assert (preview.changes[0].start, preview.changes[0].before, preview.changes[0].after) == (AT, world.ana, world.bob)
    assert "Shifts that are over stay as they were." in seen.content.decode()
    assert browser.post(PAGE, typed | {"holder": "go"}).status_code == 303
    assert holders(second, -6, -1) == was_over[:2]
    assert holders(second, 0, 3, 10) == [world.bob, world.ana, world.bob]
    assert [row[0] for row in rosters.layer_shifts(second, AT - DAY, AT + DAY)] == ["weekly"]
    assert [one.person for one in rosters.shifts(second, AT - DAY, AT + DAY)] == [world.ana, world.bob]


def test_who_has_it_keeps_it(world: World, second: Schedule, sign_in: SignIn) -> None:
    browser = sign_in(world.ada)
    assert holders(second, 0, 3) == [world.ana, world.bob]
    typed = a_rota(world.bob, world.ana, was=was(browser, PAGE), holder="keep")
    assert browser.post(PAGE, typed).status_code == 303
    assert holders(second, 0, 3, 10) == [world.ana, world.bob, world.ana]


def test_a_rota_that_did_not_change_is_not_remembered(world: World, second: Schedule, sign_in: SignIn) -> None:
    browser = sign_in(world.ada)
    changed = second.layers_changed_at
    typed = a_rota(world.ana, world.bob, was=was(browser, PAGE), name="Second row")
    assert browser.post(PAGE, typed).status_code == 303
    second.refresh_from_db()
    assert (second.name, second.layers_changed_at) == ("Second row", changed)
    assert not PastLayers.objects.exists()


def test_another_zone_moves_no_shift_that_is_over(world: World, second: Schedule, sign_in: SignIn) -> None:
    browser = sign_in(world.ada)
    over = rosters.shifts(second, AT - 12 * DAY, AT)
    typed = a_rota(world.ana, world.bob, was=was(browser, PAGE), timezone="Asia/Tokyo", holder="keep")
    assert browser.post(PAGE, typed).status_code == 303
    assert rosters.shifts(second, AT - 12 * DAY, AT) == over
    ahead = rosters.shifts(second, AT, AT + 9 * DAY)
    assert ahead[0].end.hour == 0  # 09:00 in Tokyo


def test_before_it_was_here_the_rota_of_today_speaks(world: World, second: Schedule, sign_in: SignIn) -> None:
    browser = sign_in(world.ada)
    typed = a_rota(world.bob, was=was(browser, PAGE), **{"layers-0-starts": "2026-01-05T09:00"}, holder="go")
    assert browser.post(PAGE, typed).status_code == 303
    assert holders(second, -60, -13, 1) == [world.bob, world.ana, world.bob]


def test_a_layer_for_a_while_and_a_second(world: World, second: Schedule, sign_in: SignIn) -> None:
    browser = sign_in(world.ada)
    more = {
        "layers-rows": 3,
        "layers-1-name": "launch week",
        "layers-1-every": 1,
        "layers-1-unit": "day",
        "layers-1-starts": "2026-11-22T09:00",
        "layers-1-ends": "2026-11-24T09:00",
        "layers-1-count": "calendar",
        "layers-1-role": "primary",
        "layers-1-members-rows": 1,
        "layers-1-members-0-user": world.ada.email,
        "layers-2-name": "seconds",
        "layers-2-role": "secondary",
        "layers-2-every": 1,
        "layers-2-unit": "week",
        "layers-2-starts": "2026-11-16T09:00",
        "layers-2-count": "calendar",
        "layers-2-members-rows": 1,
        "layers-2-members-0-user": world.bob.email,
    }
    typed = a_rota(world.ana, world.bob, was=was(browser, PAGE), **more)
    assert browser.post(PAGE, typed | {"layers-1-ends": "2026-11-22T08:00"}).status_code == 422
    assert browser.post(PAGE, typed).status_code == 303
    assert holders(second, 0, 2, 4) == [world.ana, world.ada, world.bob]
    assert holders(second, 0, 2, role="secondary") == [world.bob, world.bob]
    assert holders(second, 0, role="shadow") == [None]
    found = resolve(["schedule:second-line", "schedule:second-line/secondary"], at=AT, step="step 1")
    assert [because for _person, because in found.people.values()] == [
        "pager of Second line, step 1",
        "secondary of Second line, step 1",
    ]
    assert list(found.people) == [world.ana.pk, world.bob.pk]
    page = browser.get("/oncall/second-line/").content.decode()
    assert "Secondary:" in page
    assert "until 24 Nov" in page


@pytest.mark.parametrize("target", ["schedule:second-line/boss", "schedule:second-line/", "schedule:/secondary"])
def test_a_role_that_is_none_names_nobody(target: str, world: World, second: Schedule) -> None:
    found = resolve([target], at=AT, step="step 1")
    assert found.nobody == [target] or [one.pk for one, _why in found.people.values()] == [world.ana.pk]


def test_a_layer_that_has_ended_does_not_come_back_with_the_next_change(
    world: World, second: Schedule, sign_in: SignIn, now: Any
) -> None:
    browser = sign_in(world.ada)
    more = {
        "layers-rows": 2,
        "layers-1-name": "launch week",
        "layers-1-every": 1,
        "layers-1-unit": "day",
        "layers-1-starts": "2026-11-22T09:00",
        "layers-1-ends": "2026-11-24T09:00",
        "layers-1-count": "calendar",
        "layers-1-role": "primary",
        "layers-1-members-rows": 1,
        "layers-1-members-0-user": world.ada.email,
    }
    assert browser.post(PAGE, a_rota(world.ana, world.bob, was=was(browser, PAGE), **more)).status_code == 303
    now.move_to(AT + 10 * DAY)
    typed = a_rota(world.bob, world.ana, was=was(browser, PAGE), holder="go", **more)
    assert browser.post(PAGE, typed).status_code == 303
    assert world.ada in [one.person for one in rosters.shifts(second, AT, AT + 4 * DAY)]
    ahead = rosters.shifts(second, AT + 4 * DAY, AT + 40 * DAY)
    assert {one.person for one in ahead} == {world.ana, world.bob}
    assert rosters.on_call(second, AT + 11 * DAY).person == rosters.who_is_on_call(second, AT + 11 * DAY)


def test_calendar_programs_that_ask_again_move_no_shift(world: World, second: Schedule, sign_in: SignIn) -> None:
    """What makes feeds be fetched again is not since when a rota speaks."""
    browser = sign_in(world.ada)
    past = rosters.shifts(second, AT - 10 * DAY, AT)
    Schedule.objects.filter(pk=second.pk).update(layers_changed_at=AT - DAY)
    typed = a_rota(world.bob, world.ana, was=was(browser, PAGE), holder="go")
    assert browser.post(PAGE, typed).status_code == 303
    assert rosters.shifts(second, AT - 10 * DAY, AT) == past


def test_nobody_is_lost_to_one_who_is_nobody(world: World, second: Schedule) -> None:
    said = [{"id": 1, "name": "x", "every": 1, "unit": "day", "starts": "2026-11-01T09:00", "timezone": "UTC"}]
    said[0] |= {"windows": [], "count": "calendar", "turns": [99_999_999, world.bob.pk]}
    PastLayers.objects.create(schedule=second, until=AT + DAY, said=[*said, {"id": 2, "name": "broken"}])
    assert rosters.who_is_on_call(second, AT) == world.bob
    assert len(rosters.on_call_now([second, world.schedule], AT)) == 2
