"""Away: who stands in is seen before it is saved; the pager, the trace and the pages say the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from oncall import feeds, rosters, writers
from oncall.models import Absence, LayerMember
from oncall.reasons import sentences
from teams.models import Notice, Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_schedule, make_user

SignIn = Callable[[User], Client]
PAGE = "/settings/away/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def words(html: str) -> str:
    """The page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def form_of(user: User, starts: datetime = AT, hours: int = 8, **more: str) -> dict[str, str]:
    """What the form sends."""
    times = {"starts": f"{starts:%Y-%m-%dT%H:%M}", "ends": f"{starts + hours * HOUR:%Y-%m-%dT%H:%M}"}
    return {"person": user.email, **times, "reason": "", **more}


def test_who_stands_in_is_seen_before_and_true_after(world: World, sign_in: SignIn, now: object) -> None:
    client = sign_in(world.ana)
    seen = client.post(PAGE, form_of(world.ana, reason="a wedding"))
    assert seen.status_code == 200
    assert "Bob Bell has the pager" in words(seen.content.decode())
    assert "instead of Ana Ames" in words(seen.content.decode())
    assert not Absence.objects.exists()
    assert rosters.who_is_on_call(world.schedule, AT + HOUR) == world.ana
    assert client.post(PAGE, form_of(world.ana, reason="a wedding", confirm="yes")).status_code == 303
    for at, who in ((AT - HOUR, world.ana), (AT + HOUR, world.bob), (AT + 9 * HOUR, world.ana)):
        assert rosters.who_is_on_call(world.schedule, at) == who
    notice = Notice.objects.get()
    assert (notice.person, notice.subject) == (world.bob, "You stand in for Ana Ames, who is away")
    assert notice.body == "payments-primary: Sat 21 Nov 02:04 UTC – Sat 21 Nov 10:04 UTC"
    said = sentences(world.schedule, AT + HOUR)
    assert "Ana Ames is away until 2026-11-21 10:04 and is skipped" in said
    assert said[-1] == "Bob Bell is next in layer 0"
    page = words(client.get("/oncall/payments-primary/").content.decode())
    assert "Ana Ames is away" in page
    assert "a wedding" in page
    assert "Ana Ames Sat 21 Nov 2026 02:04 to Sat 21 Nov 2026 10:04 (UTC) · a wedding" in words(
        client.get(PAGE).content.decode()
    )


def test_everybody_away_is_a_gap_that_is_shown_before(world: World, sign_in: SignIn, now: object) -> None:
    writers.add_absence(world.bob, starts=AT, ends=AT + 3 * HOUR, by=world.bob, at=AT)
    seen = words(sign_in(world.ana).post(PAGE, form_of(world.ana)).content.decode())
    assert "nobody has the pager" in seen
    assert "Give it to somebody" in seen
    assert "Bob Bell has the pager" in seen


def test_twice_is_once_and_taken_back_is_as_before(world: World, sign_in: SignIn, now: object) -> None:
    client = sign_in(world.ana)
    for _press in range(2):
        client.post(PAGE, form_of(world.ana, confirm="yes"))
    row = Absence.objects.get()
    assert sign_in(world.bob).post(PAGE, {"remove": row.pk}).status_code == 404
    for _press in range(2):
        assert client.post(PAGE, {"remove": row.pk}).status_code == 303
    row.refresh_from_db()
    assert row.removed_at == AT
    assert rosters.who_is_on_call(world.schedule, AT + HOUR) == world.ana
    assert "Nobody is away" in client.get(PAGE).content.decode()


def test_times_are_the_persons_own(world: World, sign_in: SignIn, now: object) -> None:
    world.ana.timezone = "Asia/Kolkata"
    world.ana.save()
    start = datetime(2026, 11, 21, 10)  # noqa: DTZ001 - half past four in UTC
    sign_in(world.ana).post(PAGE, form_of(world.ana, starts=start, hours=1, confirm="yes"))
    at = AT.replace(hour=4, minute=30)
    assert rosters.who_is_on_call(world.schedule, at - timedelta(minutes=1)) == world.ana
    assert rosters.who_is_on_call(world.schedule, at) == world.bob
    assert rosters.who_is_on_call(world.schedule, at + HOUR) == world.ana


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ends": "2026-11-20T00:00"}, "It must end after it starts."),
        ({"starts": "soon"}, "Type a day and a time"),
        ({"starts": "1900-01-01T00:00"}, "Choose a year from 1970 to 2100."),
        ({"ends": "9999-01-01T00:00"}, "Choose a year from 1970 to 2100."),
        ({"person": "nobody@example.com"}, "Select a valid choice"),
        ({"reason": "x" * 301}, "at most 300"),
    ],
)
def test_nonsense_is_refused(change: dict[str, str], said: str, world: World, sign_in: SignIn, now: object) -> None:
    answer = sign_in(world.ana).post(PAGE, {**form_of(world.ana), **change, "confirm": "yes"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Absence.objects.exists()


def test_an_hour_that_does_not_exist_is_asked_back(world: World, sign_in: SignIn, now: object) -> None:
    world.ana.timezone = "Europe/London"
    world.ana.save()
    odd = {"starts": "2027-03-28T01:30", "ends": "2027-03-29T00:00"}
    answer = sign_in(world.ana).post(PAGE, {**form_of(world.ana), **odd, "confirm": "yes"})
    assert answer.status_code == 422


def test_for_whom(world: World, sign_in: SignIn, now: object) -> None:
    manager = make_user("Mia", role=Role.MANAGER)
    world.team.manager = manager
    world.team.save()
    stranger = make_user("Zoe")
    assert sign_in(world.ana).post(PAGE, form_of(world.bob)).status_code == 422
    assert sign_in(world.olga).get(PAGE).status_code == 403
    assert sign_in(manager).post(PAGE, form_of(world.bob)).status_code == 200
    assert sign_in(manager).post(PAGE, form_of(stranger)).status_code == 422
    assert sign_in(world.ada).post(PAGE, form_of(stranger, confirm="yes")).status_code == 303


def test_a_feed_says_that_it_changed(world: World, now: time_machine.Traveller) -> None:
    feed = feeds.open_feed(world.ana, schedule=world.schedule, at=AT)
    before = feeds.shifts_of(feed, AT)
    row = writers.add_absence(world.ana, starts=AT + DAY, ends=AT + 2 * DAY, by=None, at=AT + HOUR)
    after = feeds.shifts_of(feed, AT)
    assert {one.changed for one in after} == {AT + HOUR}
    assert any(one.person == world.bob and one.start == AT + DAY for one in after)
    writers.remove_absence(row, at=AT + 2 * HOUR)
    again = feeds.shifts_of(feed, AT)
    assert {one.changed for one in again} == {AT + 2 * HOUR}
    assert [(one.uid, one.person) for one in again] == [(one.uid, one.person) for one in before]


def test_asking_who_has_it_costs_no_more_for_it(world: World, django_assert_num_queries: Any) -> None:
    for number in range(5):
        schedule = make_schedule(f"more-{number}", world.ana, world.bob)
        assert LayerMember.objects.filter(layer__schedule=schedule).exists()
    writers.add_absence(world.ana, starts=AT, ends=AT + DAY, by=None, at=AT)
    with django_assert_num_queries(2):
        rosters.holders(["payments-primary", *(f"more-{number}" for number in range(5))], AT)
