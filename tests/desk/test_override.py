"""Somebody else takes the pager: shown before saved, on the schedule's clock, by those who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from oncall import rosters, writers
from oncall.models import Cover, DutyRole, Layer, Override, Schedule
from teams.models import Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_layer, make_user

SignIn = Callable[[User], Client]
PAGE = "/oncall/payments-primary/override/"
FORM = {
    "person": "bob.bell@example.com",
    "starts": "2026-11-21T08:00",
    "ends": "2026-11-21T20:00",
    "reason": "dentist",
}


def test_difference_is_shown_and_nothing_saved(world: World, sign_in: SignIn, now: object) -> None:
    response = sign_in(world.ana).post(PAGE, FORM)
    assert response.status_code == 200
    (change,) = response.context["differences"]
    assert (change.before, change.after) == (world.ana, world.bob)
    assert change.start == datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert change.end == datetime(2026, 11, 21, 20, tzinfo=UTC)
    assert not Override.objects.exists()
    assert 'name="confirm"' in response.content.decode()
    assert 'value="2026-11-21T08:00"' in response.content.decode()


def test_confirmed_is_saved_and_twice_is_once(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ana)
    for _turn in range(2):
        response = browser.post(PAGE, {**FORM, "confirm": "yes"})
        assert (response.status_code, response.headers["Location"]) == (303, "/oncall/payments-primary/")
    override = Override.objects.get()
    assert (override.person, override.created_by, override.reason) == (world.bob, world.ana, "dentist")
    assert rosters.who_is_on_call(world.schedule, datetime(2026, 11, 21, 9, tzinfo=UTC)) == world.bob


def test_times_are_the_schedules_not_the_viewers(world: World, sign_in: SignIn, now: object) -> None:
    Schedule.objects.update(timezone="America/New_York")
    world.ana.timezone = "Asia/Tokyo"
    world.ana.save()
    sign_in(world.ana).post(PAGE, {**FORM, "confirm": "yes"})
    assert Override.objects.get().starts == datetime(2026, 11, 21, 8)  # noqa: DTZ001  (a wall clock)


@pytest.mark.parametrize(
    ("starts", "ends", "sentence"),
    [
        ("2027-03-14T02:30", "2027-03-14T09:00", "does not exist in America/New_York"),
        ("2026-11-01T01:30", "2026-11-01T09:00", "happens twice in America/New_York"),
        ("2026-11-21T20:00", "2026-11-21T08:00", "It must end after it starts."),
        ("2026-11-21T08:00", "2026-11-21T08:00", "It must end after it starts."),
        ("1066-01-01T08:00", "2026-11-21T08:00", "from 1970 to 2100"),
        ("yesterday", "2026-11-21T08:00", "such as 2026-11-21T08:00"),
        ("2026-11-21T08:00Z", "2026-11-21T09:00", "without a zone"),
        ("", "2026-11-21T08:00", "required"),
    ],
)
def test_refused_with_the_sentence(
    starts: str, ends: str, sentence: str, world: World, sign_in: SignIn, now: object
) -> None:
    Schedule.objects.update(timezone="America/New_York")
    for confirm in ({}, {"confirm": "yes"}):
        response = sign_in(world.ana).post(PAGE, {**FORM, "starts": starts, "ends": ends, **confirm})
        assert response.status_code == 422
        assert sentence in response.content.decode()
    assert not Override.objects.exists()


def test_changing_something_keeps_what_was_typed(world: World, sign_in: SignIn, now: object) -> None:
    response = sign_in(world.ana).post(PAGE, {**FORM, "confirm": "yes", "edit": "yes"})
    assert response.status_code == 200
    assert 'value="dentist"' in response.content.decode()
    assert response.context["differences"] is None
    assert not Override.objects.exists()


def test_nothing_changes(world: World, sign_in: SignIn, now: object) -> None:
    response = sign_in(world.ana).post(PAGE, {**FORM, "person": world.ana.email})
    assert response.context["differences"] == []
    assert "Nothing changes" in response.content.decode()


def test_who_may(world: World, sign_in: SignIn, now: object) -> None:
    cleo = make_user("Cleo")
    browser = sign_in(cleo)
    assert browser.get(PAGE).status_code == 200
    assert browser.post(PAGE, {**FORM, "confirm": "yes"}).status_code == 403  # neither gives nor takes
    assert not Override.objects.exists()
    assert browser.post(PAGE, {**FORM, "person": cleo.email, "confirm": "yes"}).status_code == 303  # takes it
    mia = make_user("Mia", role=Role.MANAGER)
    assert sign_in(mia).post(PAGE, {**FORM, "confirm": "yes"}).status_code == 403  # of another team
    world.team.manager = mia
    world.team.save()
    assert sign_in(mia).post(PAGE, {**FORM, "confirm": "yes"}).status_code == 303
    assert sign_in(world.ada).post(PAGE, {**FORM, "confirm": "yes"}).status_code == 303


def test_observers_neither_move_nor_take(world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.olga)
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {**FORM, "confirm": "yes"}).status_code == 403
    assert sign_in(world.ana).post(PAGE, {**FORM, "person": world.olga.email}).status_code == 422


def test_inactive_people_take_nothing(world: World, sign_in: SignIn) -> None:
    world.bob.is_active = False
    world.bob.save()
    assert sign_in(world.ana).post(PAGE, {**FORM, "confirm": "yes"}).status_code == 422


def test_taking_back(world: World, sign_in: SignIn, now: object) -> None:
    start = AT + timedelta(days=1)
    made = writers.add_override(
        world.schedule, person=world.bob, starts=start, ends=start + timedelta(hours=2), by=world.ana, at=AT
    )
    cleo = sign_in(make_user("Cleo"))
    assert cleo.post(PAGE, {"remove": made.pk}).status_code == 403
    assert sign_in(world.olga).post(PAGE, {"remove": made.pk}).status_code == 403
    made.refresh_from_db()
    assert made.removed_at is None
    for _turn in range(2):
        assert sign_in(world.bob).post(PAGE, {"remove": made.pk}).status_code == 303
    made.refresh_from_db()
    assert made.removed_at == AT


@pytest.mark.parametrize("number", ["", "x", "999999", "99999999999999999999999"])
def test_taking_back_what_is_not_there(number: str, world: World, sign_in: SignIn) -> None:
    assert sign_in(world.ana).post(PAGE, {"remove": number}).status_code == 404


def test_what_the_file_says_is_changed_in_the_file(world: World, sign_in: SignIn, now: object) -> None:
    start = AT + timedelta(days=1)
    made = writers.add_override(
        world.schedule, person=world.bob, starts=start, ends=start + timedelta(hours=2), by=None, at=AT, from_file=True
    )
    assert sign_in(world.ada).post(PAGE, {"remove": made.pk}).status_code == 404


def test_a_schedule_with_another_role_asks_what_for(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ada)
    assert 'name="role"' not in browser.get(PAGE).content.decode()
    seconds = make_layer(world.schedule, world.ada, name="seconds")
    Layer.objects.filter(pk=seconds.pk).update(role=DutyRole.SECONDARY)
    assert 'name="role"' in browser.get(PAGE).content.decode()
    typed = {**FORM, "role": "secondary"}
    (change,) = browser.post(PAGE, typed).context["differences"]
    assert (change.before, change.after) == (world.ada, world.bob)
    assert browser.post(PAGE, {**typed, "role": "shadow"}).status_code == 422
    assert browser.post(PAGE, {**typed, "confirm": "yes"}).status_code == 303
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert rosters.who_is_on_call(world.schedule, noon) == world.ana
    assert rosters.who_is_on_call(world.schedule, noon, role="secondary") == world.bob
    assert "secondary" in browser.get("/oncall/payments-primary/").content.decode()


def test_a_cover_holds_only_while_the_other_would_have_it(world: World, sign_in: SignIn, now: object) -> None:
    """Ana has it: Ada takes it by covering her, and nothing by covering Bob."""
    browser = sign_in(world.ada)
    typed = {**FORM, "person": world.ada.email, "covered": world.ana.email, "ends": "2026-11-25T20:00"}
    (change,) = browser.post(PAGE, typed).context["differences"]
    assert (change.before, change.after) == (world.ana, world.ada)
    assert browser.post(PAGE, {**typed, "covered": world.bob.email}).context["differences"] == []
    assert browser.post(PAGE, {**typed, "person": world.ana.email}).status_code == 422
    assert browser.post(PAGE, {**typed, "covered": "stranger@example.com"}).status_code == 422
    assert browser.post(PAGE, {**typed, "confirm": "yes"}).status_code == 303
    cover = Cover.objects.get()
    assert (cover.person, cover.covered, cover.reason, cover.created_by) == (world.ada, world.ana, "dentist", world.ada)
    assert 'name="remove_cover"' in browser.get("/oncall/payments-primary/").content.decode()
    assert sign_in(make_user("Zoe")).post(PAGE, {"remove_cover": cover.pk}).status_code == 403
    assert browser.post(PAGE, {"remove_cover": cover.pk}).status_code == 303
    assert rosters.who_is_on_call(world.schedule, datetime(2026, 11, 22, 9, tzinfo=UTC)) == world.ana
    assert browser.post(PAGE, {"remove_cover": "999999999999999999999"}).status_code == 404


def test_what_was_is_written_down_by_who_runs_the_team(world: World, sign_in: SignIn, now: object) -> None:
    """Shifts are paid: nobody gives themselves last weekend."""
    typed = {**FORM, "starts": "2026-11-14T08:00", "confirm": "yes"}
    assert sign_in(world.bob).post(PAGE, typed).status_code == 403
    assert not Override.objects.exists()
    assert sign_in(world.ada).post(PAGE, typed).status_code == 303
