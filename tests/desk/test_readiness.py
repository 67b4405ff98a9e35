"""The page that says who can be woken: in which order, by what, and who asks whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from paging.models import Delivery
from paging.wake_tests import WakeTest
from teams.models import Notice, Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_method, make_page, make_schedule, make_team, make_user

SignIn = Callable[[User], Client]
PAGE = "/oncall/readiness/"


def _text(client: Client, query: str = "") -> str:
    return " ".join(client.get(PAGE + query).content.decode().split())


def _order(text: str, *names: str) -> list[str]:
    """The names in the order in which their rows stand."""
    return sorted(names, key=lambda name: text.index(f'<span class="title">{name}'))


def test_those_who_cannot_be_woken_come_first_with_why(world: World, sign_in: SignIn, now: object) -> None:
    text = _text(sign_in(world.olga))
    assert "2 of 3 cannot be woken." in text
    assert "There is no way to wake them." in text
    assert _order(text, "Ana Ames", "Bob Bell", "Ada")[-1] == "Ana Ames"
    assert "may be asked by payments" in text
    assert "has payments-primary now" in text
    assert "Olga" not in text.split("<h1>")[1]


def test_what_arrived_is_said_and_what_never_did(world: World, sign_in: SignIn, now: object) -> None:
    assert "never seen to arrive" in _text(sign_in(world.bob))
    page = make_page(world.ana, at=AT - timedelta(days=3))
    Delivery.objects.create(
        page=page,
        method=world.ana.contact_methods.get(),
        kind="email",
        state="delivered",
        due_at=AT,
        sent_at=page.created_at,
    )
    text = _text(sign_in(world.bob))
    assert "(<time" in text
    assert "3 d ago" in text
    assert world.ana.email not in text.split("<h1>")[1]


def test_the_one_act_leads_there(world: World, sign_in: SignIn, now: object) -> None:
    mine = _text(sign_in(world.bob))
    assert 'href="/settings/methods/"' in mine
    assert "Ask Ada" in mine
    assert f'href="/settings/methods/?person={world.bob.email}"' in _text(sign_in(world.ada))
    assert "Ask Ada" not in _text(sign_in(world.olga))


def test_ones_own_teams_come_first(world: World, sign_in: SignIn, now: object) -> None:
    zoe, team = make_user("Aaron"), make_team("search")
    make_schedule("search-primary", zoe, team=team)
    manager = make_user("Mia", role=Role.MANAGER)
    team.manager = manager
    team.save()
    make_team("other", members=(zoe,))
    assert _order(_text(sign_in(world.ana)), "Aaron", "Bob Bell") == ["Bob Bell", "Aaron"]


def test_everybody_else_on_request_by_fifty(world: World, sign_in: SignIn, now: object) -> None:
    for number in range(60):
        make_method(make_user(f"Extra {number:02}"))
    client = sign_in(world.ana)
    assert "Extra 00" not in _text(client)
    first = client.get(f"{PAGE}?everybody=1")
    assert len(first.context["others"]) == 50
    assert first.context["others"][0].person == world.olga
    second = client.get(f"{PAGE}?everybody=1&after={first.context['more']}")
    assert len(second.context["others"]) == 11
    assert not second.context["more"]
    assert client.get(f"{PAGE}?everybody=1&after=1.nonsense").status_code == 200


def test_asking_is_a_mail_once_a_day(world: World, sign_in: SignIn, now: time_machine.Traveller) -> None:
    client = sign_in(world.ana)
    answer = client.post(PAGE, {"person": world.bob.pk})
    assert answer.status_code == 303
    client.post(PAGE, {"person": world.bob.pk})
    notice = Notice.objects.get()
    assert notice.person == world.bob
    assert notice.path == "/settings/methods/"
    assert "Ana Ames asks you: please add a way to wake you" in notice.body
    text = _text(client)
    assert "Ask Bob" not in text
    now.shift(timedelta(days=1, minutes=1))
    client.force_login(world.ana)
    client.post(PAGE, {"person": world.bob.pk})
    assert Notice.objects.count() == 2


def test_who_may_not_ask_and_whom_one_cannot(world: World, sign_in: SignIn, now: object) -> None:
    assert sign_in(world.olga).post(PAGE, {"person": world.bob.pk}).status_code == 403
    client = sign_in(world.ana)
    world.bob.is_active = False
    world.bob.save()
    for wrong in (world.bob.pk, "", "x", "9" * 30):
        assert client.post(PAGE, {"person": wrong}).status_code == 404
    assert not Notice.objects.exists()


def test_nobody_has_a_pager(sign_in: SignIn, now: object, db: None) -> None:
    assert "Nobody has the pager within four weeks" in _text(sign_in(make_user()))


@pytest.mark.usefixtures("now")
def test_as_many_statements_for_many(
    world: World, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in(world.ana)
    client.get(PAGE)
    for number in range(25):
        make_schedule(f"more-{number}", make_user(), make_user(), team=world.team)
    with django_assert_max_num_queries(30):
        client.get(PAGE)


def test_my_weekly_test_can_be_answered_here_and_silence_is_said(world: World, sign_in: SignIn, now: object) -> None:
    page, mail = make_page(world.ana), world.ana.contact_methods.get()
    Delivery.objects.create(page=page, method=mail, kind="email", state="sent", due_at=AT, sent_at=AT)
    test = WakeTest.objects.create(person=world.ana, page=page, method=mail, asked_at=AT, due_at=AT, state="asking")
    assert ". Did it ring?" not in _text(sign_in(world.bob))
    client = sign_in(world.ana)
    assert ". Did it ring?" in _text(client)
    WakeTest.objects.filter(pk=test.pk).update(silent_method=mail, silent_since=AT, state="planned")
    assert "The weekly test by e-mail had no answer." in _text(client)
    answer = client.post("/page-me/", {"seen": page.pk, "next": PAGE})
    assert answer.headers["Location"] == PAGE
    text = _text(client)
    assert "The weekly test by" not in text
    assert ". Did it ring?" not in text
