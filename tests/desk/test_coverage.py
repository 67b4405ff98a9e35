"""The year ahead of a schedule: gaps, people who cannot be woken, people asked twice, who has how much."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from oncall import writers
from oncall.ahead import year_of
from oncall.models import EscalationStep, Layer
from teams.models import User
from tests.desk.conftest import World
from tests.factories import AT, make_layer, make_schedule, make_user

SignIn = Callable[[User], Client]
PAGE = "/oncall/payments-primary/year/"
HOUR = timedelta(hours=1)


def words(client: Client, page: str = PAGE) -> str:
    """The page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get(page).content.decode()))


def epoch(at: datetime) -> int:
    """Seconds since 1970, as links write an instant."""
    return int(at.timestamp())


def test_who_has_how_much_and_who_cannot_be_woken(world: World, sign_in: SignIn, now: object) -> None:
    make_layer(world.schedule, world.ana, world.bob, unit="week", name="weekly")
    text = words(sign_in(world.olga))
    rows = re.findall(r"(Ana Ames|Bob Bell) (\d+) (\d+) % (\d+)", text)
    assert [name for name, *_figures in rows] == ["Ana Ames", "Bob Bell"], "by name"
    assert sum(int(hours) for _name, hours, *_rest in rows) == 365 * 24
    assert all(49 <= int(share) <= 51 for _name, _hours, share, _shifts in rows)
    assert "Cannot be woken Bob Bell" in text
    assert "No gap that is news." in text
    assert "Give it to somebody" not in text


def test_gaps_that_are_news_and_those_as_set_up(world: World, sign_in: SignIn, now: object) -> None:
    office = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}]
    Layer.objects.filter(schedule=world.schedule).update(windows=office)
    ghost = make_user("Ghost")
    day = datetime(2026, 12, 2, 9)  # noqa: DTZ001 - a Wednesday, on the schedule's clock
    writers.add_override(world.schedule, person=ghost, starts=day, ends=day + 8 * HOUR, by=None, at=AT)
    User.objects.filter(pk=ghost.pk).update(is_active=False)
    text = words(sign_in(world.ana))
    assert "As set up: nobody at night and at weekends." in text
    assert "No gap that is news" in text, "an override by somebody who left leaves the layer in place"
    empty = make_schedule("empty", team=world.team)
    text = words(sign_in(world.ana), "/oncall/empty/year/")
    assert "Nobody has it in the year ahead" in text
    writers.add_override(empty, person=world.ana, starts=AT - 10 * 24 * HOUR, ends=AT + 48 * HOUR, by=None, at=AT)
    text = words(sign_in(world.ana), "/oncall/empty/year/")
    assert re.search(r"Mon 23 Nov 02:04 UTC to Sun 21 Nov 2027", text)
    assert "Give it to somebody" in text


def test_the_gap_goes_into_the_form(world: World, sign_in: SignIn, now: object) -> None:
    empty = make_schedule("empty", team=world.team)
    client = sign_in(world.ana)
    start, end = AT + HOUR, AT + 3 * HOUR
    page = client.get(f"/oncall/{empty.slug}/override/?from={epoch(start)}&to={epoch(end)}").content.decode()
    assert 'value="2026-11-21T03:04"' in page
    assert 'value="2026-11-21T05:04"' in page
    for odd in (
        "?from=x&to=y",
        "?from=1",
        f"?from={epoch(AT - 2 * HOUR)}&to={epoch(AT - HOUR)}",
        "?from=9&to=99999999999999999",
    ):
        assert client.get(f"/oncall/{empty.slug}/override/{odd}").status_code == 200


def test_who_is_asked_twice_at_once(world: World, sign_in: SignIn, now: object) -> None:
    second = make_schedule("payments-secondary", world.bob, world.ana, team=world.team, unit="week")
    assert "Asked twice" not in words(sign_in(world.ana))
    EscalationStep.objects.filter(position=1).update(notify=["schedule:payments-secondary"])
    text = words(sign_in(world.ana))
    assert "Asked twice at once" in text
    assert "also payments-secondary" in text
    year = year_of(world.schedule, [second], AT)
    assert {double.person for double in year.doubles} <= {world.ana, world.bob}
    for double in year.doubles:
        assert AT <= double.start < double.end
    whole = sum((double.end - double.start for double in year.doubles), timedelta(0))
    assert timedelta(days=150) < whole < timedelta(days=220)


@pytest.mark.parametrize("page", ["/oncall/gone/year/", "/oncall/payments-primary/year/?from=x"])
def test_not_there_and_odd_questions(page: str, world: World, sign_in: SignIn, now: object) -> None:
    assert sign_in(world.ana).get(page).status_code == (404 if "gone" in page else 200)


def test_its_statements_do_not_grow(
    world: World, sign_in: SignIn, now: object, django_assert_max_num_queries: Any
) -> None:
    people = [make_user(f"P{number}") for number in range(8)]
    make_layer(world.schedule, *people, unit="day")
    for number in range(30):
        starts = AT + number * 24 * HOUR
        writers.add_override(world.schedule, person=people[0], starts=starts, ends=starts + HOUR, by=None, at=AT)
    client = sign_in(world.ana)
    with django_assert_max_num_queries(20):
        client.get(PAGE)
