"""Who has the pager, on a screen on the wall."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from oncall.models import LayerMember
from teams.models import User
from tests.desk.conftest import World
from tests.factories import make_layer, make_schedule, make_user

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
WALL = "/oncall/wall/"


def test_gaps_come_first_and_who_cannot_be_woken(world: World, sign_in: SignIn, now: object) -> None:
    empty = make_schedule("a-nobody", team=world.team)
    silent = make_schedule("z-silent", team=world.team)
    make_layer(silent, make_user("Zoe Zimmer"))
    page = sign_in(world.olga).get(WALL)
    assert [row["pager"].schedule for row in page.context["rows"]] == [empty, silent, world.schedule]
    assert [row["silent"] for row in page.context["rows"]][:2] == [False, True]
    assert "nothing can wake them" in page.content.decode()


def test_it_brings_itself_up_to_date(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.olga)
    whole = browser.get(WALL).content.decode()
    assert f'hx-get="{WALL}"' in whole
    part = browser.get(WALL, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "As of" in part


def test_its_statements_do_not_grow(world: World, sign_in: SignIn, now: object, django_assert_num_queries: Any) -> None:
    browser = sign_in(world.olga)
    browser.get(WALL)
    with CaptureQueriesContext(connection) as few:
        browser.get(WALL)
    for number in range(12):
        schedule = make_schedule(f"more-{number}", team=world.team)
        make_layer(schedule, world.ana)
    assert LayerMember.objects.count() > 12
    with django_assert_num_queries(len(few)):
        browser.get(WALL)
