"""Who has the pager, the calendar, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from oncall import writers
from oncall.models import Schedule
from teams.models import User
from tests.desk.conftest import World
from tests.factories import AT, make_layer, make_method, make_policy, make_schedule, make_user

SignIn = Callable[[User], Client]


def test_who_until_when_and_by_what(world: World, sign_in: SignIn, now: object) -> None:
    text = sign_in(world.bob).get("/oncall/").content.decode()
    assert "Ana Ames" in text
    assert "reachable by e-mail" in text
    assert "next: Bob Bell" in " ".join(text.split())


def test_addresses_are_nobodys_business(world: World, sign_in: SignIn, now: object) -> None:
    make_method(world.ana, slug="other", address="private@home.example.com")
    for page in ("/oncall/", "/oncall/payments-primary/"):
        text = sign_in(world.bob).get(page).content.decode()
        assert "private@home.example.com" not in text
        assert text.count("e-mail") >= 1


def test_unreachable_is_said(world: World, sign_in: SignIn, now: object) -> None:
    make_schedule("bobs", world.bob, team=world.team)
    assert "We cannot reach Bob: no verified way." in sign_in(world.ana).get("/oncall/").content.decode()


def test_nobody_names_the_fallback(world: World, sign_in: SignIn, now: object) -> None:
    world.schedule.layers.all().delete()
    browser = sign_in(world.ana)
    for page in ("/oncall/", "/oncall/payments-primary/"):
        text = browser.get(page).content.decode()
        assert "Nobody has the pager" in text
        assert "alerts go to Bob Bell at once, step 2 of payments" in text


def test_nobody_at_all_names_the_catch_all(world: World, sign_in: SignIn, now: object) -> None:
    world.schedule.layers.all().delete()
    world.policy.steps.filter(position__gt=0).delete()
    assert "alerts go to the catch-all of payments: Ada" in sign_in(world.ana).get("/oncall/").content.decode()
    world.policy.steps.all().delete()
    assert "no policy asks this schedule" in sign_in(world.ana).get("/oncall/").content.decode()


def test_policies_in_words(world: World, sign_in: SignIn, now: object) -> None:
    (policy,) = sign_in(world.ana).get("/oncall/").context["far_policies"]
    assert [(hop.who, hop.when) for hop in policy.hops] == [
        ("payments-primary", "at once"),
        ("Bob Bell", "after 5 min"),
        ("all of it", "once more"),
        ("Ada", "every 15 min"),
    ]
    assert policy.lines == [
        "step 1, at once: who has the pager of payments-primary",
        "step 2, then after 5 min: Bob Bell",
        "then all of it 1 more time",
        "after 10 min more: Ada, again every 15 min until somebody acknowledges",
    ]


def test_gaps_ahead(world: World, sign_in: SignIn, now: object) -> None:
    windows = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}]
    world.schedule.layers.update(windows=windows)
    response = sign_in(world.ana).get("/oncall/")
    (found,) = response.context["gaps"]
    gap = found.gaps[0]
    assert (gap.start, gap.end) == (AT, datetime(2026, 11, 23, 9, tzinfo=UTC))
    text = " ".join(response.content.decode().split())
    assert "nobody at night and at weekends, 11 gaps in 14 days, the next" in text


def test_mine_then_my_teams_then_the_others(world: World, sign_in: SignIn, now: object) -> None:
    make_schedule("a-others", make_user())
    make_schedule("b-teams", make_user(), team=world.team)
    make_schedule("c-turns", world.bob, world.ana, every=52)
    groups = sign_in(world.ana).get("/oncall/").context["groups"]
    assert [(group.name, [row["schedule"].slug for row in group.rows]) for group in groups] == [
        ("Yours", ["payments-primary", "c-turns"]),
        ("Your teams", ["b-teams"]),
        ("Everybody else", ["a-others"]),
    ]
    assert [row["may"] for group in groups for row in group.rows] == [True, False, False, False]
    (everything,) = sign_in(world.olga).get("/oncall/").context["groups"]
    assert not any(row["may"] for row in everything.rows)


def test_queries_do_not_grow(world: World, sign_in: SignIn, now: object, django_assert_max_num_queries: Any) -> None:
    browser = sign_in(world.ana)

    def grow(rows: int) -> None:
        for _number in range(rows):
            schedule = make_schedule("", make_user(), make_user())
            make_policy("", (300, [f"schedule:{schedule.slug}"]), (300, [f"user:{make_user().email}"]))

    grow(1)
    with django_assert_max_num_queries(100) as few:
        browser.get("/oncall/")
    grow(20)
    with django_assert_max_num_queries(len(few)):
        browser.get("/oncall/")


class TestCalendar:
    """One schedule."""

    PAGE = "/oncall/payments-primary/"

    def test_rows_are_layers_and_the_final_row_is_last(self, world: World, sign_in: SignIn, now: object) -> None:
        make_layer(world.schedule, world.bob, name="nights", windows=[{"from": "22:00", "to": "06:00"}])
        rows = sign_in(world.ana).get(self.PAGE).context["rows"]
        assert [row["name"] for row in rows] == ["layer 0", "nights", "Final"]
        assert [row["final"] for row in rows] == [False, False, True]
        assert rows[1]["cells"][0].segments[0].block.person == world.bob
        assert rows[1]["cells"][0].segments[1].block.source == "none"
        assert rows[2]["cells"][0].segments[1].block.person == world.ana

    def test_every_row_is_as_wide_as_the_days(self, world: World, sign_in: SignIn, now: object) -> None:
        for weeks in ("1", "2", "3", "4"):
            context = sign_in(world.ana).get(f"{self.PAGE}?weeks={weeks}").context
            assert len(context["days"]) == 7 * int(weeks)
            for row in context["rows"]:
                assert sum(cell.span for cell in row["cells"]) == 7 * int(weeks)

    def test_days_are_the_viewers_or_the_schedules(self, world: World, sign_in: SignIn, now: object) -> None:
        Schedule.objects.update(timezone="Asia/Tokyo")
        browser = sign_in(world.ana)
        assert browser.get(self.PAGE).context["days"][0]["start"] == datetime(2026, 11, 21, tzinfo=UTC)
        own = browser.get(f"{self.PAGE}?zone=schedule").context
        assert own["zone"] == "Asia/Tokyo"
        assert own["days"][0]["start"] == datetime(2026, 11, 20, 15, tzinfo=UTC)
        assert "zone=schedule" in own["next_url"]

    def test_overrides_carry_names_and_can_be_taken_back(self, world: World, sign_in: SignIn, now: object) -> None:
        start = AT + timedelta(days=1)
        writers.add_override(
            world.schedule, person=world.bob, starts=start, ends=start + timedelta(hours=2), by=world.bob, at=AT
        )
        response = sign_in(world.bob).get(self.PAGE)
        assert 'data-source="override"' in response.content.decode()
        assert "Bob Bell takes it" in response.content.decode()
        blocks = [segment.block for cell in response.context["rows"][-1]["cells"] for segment in cell.segments]
        assert "override" in {block.source for block in blocks}

    def test_gaps_are_red_in_the_final_row(self, world: World, sign_in: SignIn, now: object) -> None:
        world.schedule.layers.all().delete()
        response = sign_in(world.ana).get(self.PAGE)
        assert response.context["rows"][-1]["cells"][0].segments[0].block.source == "gap"
        assert len(response.context["gaps"].gaps) == 1

    @pytest.mark.parametrize("zone", ["America/New_York", "Africa/Cairo", "Pacific/Apia"])
    def test_days_of_clock_changes(self, zone: str, world: World, sign_in: SignIn, now: object) -> None:
        Schedule.objects.update(timezone=zone)
        world.ana.timezone = zone
        world.ana.save()
        for first in ("2026-10-25", "2026-03-01", "2011-12-25", "2026-04-20"):
            assert sign_in(world.ana).get(f"{self.PAGE}?from={first}&weeks=4").status_code == 200

    @pytest.mark.parametrize(
        "odd",
        ["from=x", "from=2026-13-45", "from=0001-01-01", "from=9999-12-31", "weeks=99", "weeks=-1", "zone=x", "why=x"],
    )
    def test_odd_questions(self, odd: str, world: World, sign_in: SignIn, now: object) -> None:
        response = sign_in(world.ana).get(f"{self.PAGE}?{odd}")
        assert response.status_code == 200
        assert response.context["days"][0]["today"]

    def test_why(self, world: World, sign_in: SignIn, now: object) -> None:
        browser = sign_in(world.ana)
        for address in (f"{self.PAGE}?why={int(AT.timestamp())}", f"{self.PAGE}why/?at=2026-11-21T02:04:00%2B00:00"):
            response = browser.get(address)
            assert response.context["why_at"] == AT
            assert "turn 1 is Ana Ames" in response.content.decode()
        assert browser.get(f"{self.PAGE}why/").context["why_at"] == AT
        assert browser.get(f"{self.PAGE}why/?at=9" + "9" * 30).status_code == 200

    def test_not_there(self, world: World, sign_in: SignIn) -> None:
        browser = sign_in(world.ana)
        assert browser.get("/oncall/nothing/").status_code == 404
        Schedule.objects.update(archived_at=AT)
        assert browser.get(self.PAGE).status_code == 404

    def test_a_layer_is_not_named_twice(self, world: World, sign_in: SignIn, now: object) -> None:
        for name, named, rule in (
            ("52 Weeks", "every 52 weeks, Mon 09:00", ""),
            ("nights", "nights", "every 52 weeks, Mon 09:00"),
        ):
            world.schedule.layers.update(name=name)
            row = sign_in(world.ana).get(self.PAGE).context["rows"][0]
            assert (row["name"], row["rule"]) == (named, rule)

    def test_agenda_joins_the_days_of_one_person(self, world: World, sign_in: SignIn, now: object) -> None:
        today, rest = sign_in(world.ana).get(self.PAGE).context["agendas"][0][1]
        assert (today["today"], today["last"]) == (True, None)
        assert (rest["day"], rest["last"]) == (datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 12, 4, tzinfo=UTC))

    def test_agenda_begins_today(self, world: World, sign_in: SignIn, now: object) -> None:
        agenda = sign_in(world.ana).get(self.PAGE).context["agendas"][0][1]
        assert agenda[0]["today"]
        assert agenda[0]["segments"][0].block.person == world.ana
