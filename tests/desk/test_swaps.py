"""Swapping shifts: asked, taken, declined, withdrawn; the pager follows, and what changed meanwhile is not given away."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from oncall import rosters, writers
from oncall.models import Override, Schedule, Swap
from oncall.swaps import Span, ask_swap, shifts_ahead
from teams.models import Notice, Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_schedule, make_user

SignIn = Callable[[User], Client]
WEEK = timedelta(days=7)


@pytest.fixture
def schedule(world: World) -> Schedule:
    """Ana and Bob, week about; who begins at AT does not matter."""
    return make_schedule("rota", world.ana, world.bob, team=world.team, unit="week", every=1)


def words(html: str) -> str:
    """The page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def epoch(at: datetime) -> str:
    """As the forms name a shift."""
    return str(int(at.timestamp()))


def coming(schedule: Schedule, person: User) -> list[Span]:
    """Shifts that have not begun."""
    return [span for span in shifts_ahead(schedule, person, AT) if span.start > AT]


def ask(client: Client, schedule: Schedule, mine: Span, other: User, back: Span | None = None) -> None:
    """Through the form."""
    form = {
        "mine": epoch(mine.start),
        "with": other.email,
        "back": epoch(back.start) if back else "",
        "note": "School play",
    }
    answer = client.post(f"/oncall/{schedule.slug}/swap/", form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/oncall/{schedule.slug}/#swaps")


def holder(schedule: Schedule, span: Span) -> User | None:
    """In the middle of a shift."""
    return rosters.who_is_on_call(schedule, span.start + (span.end - span.start) / 2)


def test_asked_in_two_steps_and_taken_with_one_in_return(
    world: World, schedule: Schedule, sign_in: SignIn, now: object
) -> None:
    ana, bob = sign_in(world.ana), sign_in(world.bob)
    mine, back = coming(schedule, world.ana)[0], coming(schedule, world.bob)[1]
    first = ana.get(f"/oncall/{schedule.slug}/swap/").content.decode()
    assert f'value="{epoch(mine.start)}"' in first
    assert f'value="{world.bob.email}"' in first
    second = ana.get(f"/oncall/{schedule.slug}/swap/?mine={epoch(mine.start)}&with={world.bob.email}").content.decode()
    assert f'name="back" value="{epoch(back.start)}"' in second
    ask(ana, schedule, mine, world.bob, back)
    ask(ana, schedule, mine, world.bob, back)
    swap = Swap.objects.get()
    assert (swap.start, swap.end, swap.back_start) == (mine.start, mine.end, back.start)
    assert holder(schedule, mine) == world.ana
    assert "Ana Ames asks you to take a shift of rota" in words(bob.get("/").content.decode())
    page = words(bob.get("/oncall/rota/").content.decode())
    assert "Ana Ames asks Bob Bell to take a shift" in page
    assert "School play" in page
    answer = bob.post(f"/oncall/rota/swap/{swap.pk}/", {"answer": "accept"})
    assert answer.status_code == 303
    assert holder(schedule, mine) == world.bob
    assert holder(schedule, back) == world.ana
    found = rosters.shifts(schedule, mine.start, mine.end)
    assert [(shift.person, shift.source) for shift in found] == [(world.bob, "swap")]
    assert "asks you" not in words(bob.get("/").content.decode())
    told = [(row.person, row.subject) for row in Notice.objects.order_by("pk")]
    assert told[-1] == (world.ana, "Bob Bell takes your shift of rota")
    assert told[0][1] == "Ana Ames asks you to take a shift of rota"


@pytest.mark.parametrize(("answer", "state"), [("decline", "declined"), ("withdraw", "withdrawn")])
def test_no_and_no_more(
    answer: str, state: str, world: World, schedule: Schedule, sign_in: SignIn, now: object
) -> None:
    mine = coming(schedule, world.ana)[0]
    ask(sign_in(world.ana), schedule, mine, world.bob)
    swap = Swap.objects.get()
    wrong, right = (world.ana, world.bob) if answer == "decline" else (world.bob, world.ana)
    sign_in(wrong).post(f"/oncall/rota/swap/{swap.pk}/", {"answer": answer})
    swap.refresh_from_db()
    assert swap.state == "asked"
    for _press in range(2):
        sign_in(right).post(f"/oncall/rota/swap/{swap.pk}/", {"answer": answer})
    swap.refresh_from_db()
    assert (swap.state, swap.answered_at) == (state, AT)
    assert holder(schedule, mine) == world.ana
    assert not Override.objects.exists()


def test_what_changed_meanwhile_is_not_given_away(
    world: World, schedule: Schedule, sign_in: SignIn, now: object
) -> None:
    mine = coming(schedule, world.ana)[0]
    ask(sign_in(world.ana), schedule, mine, world.bob)
    flo = make_user("Flo")
    writers.add_override(
        schedule, person=flo, starts=mine.start, ends=mine.start + timedelta(hours=3), by=world.ana, at=AT
    )
    answer = sign_in(world.bob).post(f"/oncall/rota/swap/{Swap.objects.get().pk}/", {"answer": "accept"}, follow=True)
    assert "Ana Ames does not have that shift any more" in words(answer.content.decode())
    assert Swap.objects.get().state == "asked"
    assert Override.objects.count() == 1


def test_a_running_shift_is_given_from_now_on(world: World, schedule: Schedule, sign_in: SignIn, now: object) -> None:
    owner = rosters.who_is_on_call(schedule, AT)
    assert owner
    other = world.bob if owner == world.ana else world.ana
    running = shifts_ahead(schedule, owner, AT)[0]
    assert running.start < AT < running.end
    ask(sign_in(owner), schedule, running, other)
    sign_in(other).post(f"/oncall/rota/swap/{Swap.objects.get().pk}/", {"answer": "accept"})
    assert rosters.who_is_on_call(schedule, AT - timedelta(hours=1)) == owner
    assert rosters.who_is_on_call(schedule, AT) == other


def test_taking_one_half_back_takes_both(world: World, schedule: Schedule, sign_in: SignIn, now: object) -> None:
    mine, back = coming(schedule, world.ana)[0], coming(schedule, world.bob)[0]
    ask(sign_in(world.ana), schedule, mine, world.bob, back)
    sign_in(world.bob).post(f"/oncall/rota/swap/{Swap.objects.get().pk}/", {"answer": "accept"})
    one, _other = Override.objects.order_by("pk")
    writers.remove_override(one, at=AT)
    assert holder(schedule, mine) == world.ana
    assert holder(schedule, back) == world.bob


@pytest.mark.parametrize(
    "change",
    [{"mine": "1"}, {"mine": "x"}, {"with": "nobody@example.com"}, {"with": ""}, {"back": "1"}],
)
def test_nonsense_is_refused(
    change: dict[str, str], world: World, schedule: Schedule, sign_in: SignIn, now: object
) -> None:
    mine = coming(schedule, world.ana)[0]
    form = {"mine": epoch(mine.start), "with": world.bob.email, "back": "", **change}
    answer = sign_in(world.ana).post("/oncall/rota/swap/", form)
    assert answer.status_code == 422
    assert "choose again" in answer.content.decode()
    assert not Swap.objects.exists()


def test_for_whom(world: World, schedule: Schedule, sign_in: SignIn, now: object) -> None:
    mine = coming(schedule, world.ana)[0]
    swap = ask_swap(schedule, by=world.ana, asked=world.bob, shift=mine, back=None, at=AT)
    path = f"/oncall/rota/swap/{swap.pk}/"
    assert sign_in(make_user("Zoe")).post(path, {"answer": "accept"}).status_code == 404
    assert sign_in(world.bob).post(path, {"answer": "maybe"}).status_code == 404
    assert sign_in(world.bob).get(path).status_code == 405
    assert sign_in(world.bob).post(f"/oncall/other/swap/{swap.pk}/", {"answer": "accept"}).status_code == 404
    olga = make_user("Otto", role=Role.OBSERVER)
    assert sign_in(olga).get("/oncall/rota/swap/").status_code == 403
    assert "You have no shift ahead here" in sign_in(make_user("Ned")).get("/oncall/rota/swap/").content.decode()
    alone = make_schedule("alone", world.ana)
    assert "Nobody else takes turns here" in sign_in(world.ana).get(f"/oncall/{alone.slug}/swap/").content.decode()


def test_over_is_over(world: World, schedule: Schedule, sign_in: SignIn, now: object) -> None:
    mine = coming(schedule, world.ana)[0]
    swap = ask_swap(schedule, by=world.ana, asked=world.bob, shift=mine, back=None, at=AT)
    Swap.objects.filter(pk=swap.pk).update(start=AT - 2 * WEEK, end=AT - WEEK)
    answer = sign_in(world.bob).post(f"/oncall/rota/swap/{swap.pk}/", {"answer": "accept"}, follow=True)
    assert "That shift is over." in words(answer.content.decode())
    assert "asks Bob Bell" not in words(answer.content.decode())


def test_where_the_team_wants_it_a_manager_says_yes(
    world: World, schedule: Schedule, sign_in: SignIn, now: object
) -> None:
    mia = make_user("Mia Meyer", role=Role.MANAGER)
    world.team.manager = mia
    world.team.save()
    Schedule.objects.filter(pk=schedule.pk).update(swaps_need_approval=True)
    ana, bob, manager = sign_in(world.ana), sign_in(world.bob), sign_in(mia)
    mine = coming(schedule, world.ana)[0]
    ask(ana, schedule, mine, world.bob)
    swap = Swap.objects.get()
    path = f"/oncall/{schedule.slug}/swap/{swap.pk}/"
    assert manager.post(path, {"answer": "approve"}).status_code == 303  # nobody has agreed yet
    assert Swap.objects.get().state == Swap.State.ASKED
    bob.post(path, {"answer": "accept"})
    assert Swap.objects.get().state == Swap.State.AGREED
    assert holder(schedule, mine) == world.ana
    assert Notice.objects.filter(person=mia, subject__startswith="Ana Ames and Bob Bell want to swap").count() == 1
    assert bob.post(path, {"answer": "approve"}).status_code == 404
    assert "Say yes" not in bob.get(f"/oncall/{schedule.slug}/").content.decode()
    assert "Say yes" in manager.get(f"/oncall/{schedule.slug}/").content.decode()
    manager.post(path, {"answer": "approve"})
    swap.refresh_from_db()
    assert (swap.state, swap.decided_by) == (Swap.State.ACCEPTED, mia)
    assert holder(schedule, mine) == world.bob
    assert Notice.objects.filter(person=world.bob, subject__contains="the swap was approved").count() == 1


def test_a_no_for_the_team_leaves_everything(world: World, schedule: Schedule, sign_in: SignIn, now: object) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(swaps_need_approval=True)
    ana, bob, ada = sign_in(world.ana), sign_in(world.bob), sign_in(world.ada)
    mine = coming(schedule, world.ana)[0]
    ask(ana, schedule, mine, world.bob)
    path = f"/oncall/{schedule.slug}/swap/{Swap.objects.get().pk}/"
    bob.post(path, {"answer": "accept"})
    ada.post(path, {"answer": "refuse"})
    assert Swap.objects.get().state == Swap.State.DECLINED
    assert not Override.objects.exists()
    assert Notice.objects.filter(person=world.bob, subject__contains="was not approved").count() == 1
