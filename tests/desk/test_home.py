"""Now: what needs me, and the frame around every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from foundation.models import Process
from incidents import lifecycle
from oncall import writers
from paging.models import Page
from teams.models import Membership, Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_page, make_schedule, make_service, make_team, make_user

SignIn = Callable[[User], Client]


def test_pages_to_me_stand_first_with_their_button(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    make_page(world.ana, incident, because="pager of payments-primary, step 1")
    text = sign_in(world.ana).get("/").content.decode()
    assert text.index(f'action="{incident.path}acknowledge/"') < text.index('id="main"')
    assert "pager of payments-primary, step 1" in text
    assert text.count("Queue stuck</a>") == 1  # not a second time below


def test_groups(world: World, sign_in: SignIn, now: object) -> None:
    ours = make_incident("Ours", service=world.service)
    mine = lifecycle.acknowledge(make_incident("Mine", service=world.service), by=world.ana, at=AT)
    theirs = make_incident("Theirs", service=make_service())
    nobodys = make_incident("Of no service")
    make_incident("Secret", service=make_service(), restricted=True)
    context = sign_in(world.ana).get("/").context
    assert context["unheld"] == [ours, nobodys]
    assert context["mine"] == [mine]
    assert context["happening"] == [theirs]


def test_worst_first(world: World, sign_in: SignIn, now: object) -> None:
    minor = make_incident("minor", service=world.service, severity="standard")
    bad = make_incident("bad", service=world.service, severity="critical")
    assert sign_in(world.ana).get("/").context["unheld"] == [bad, minor]


def test_what_nobody_has_is_said_to_everybody(world: World, sign_in: SignIn, now: object) -> None:
    make_schedule("search", world.bob, team=make_team("search"))
    lifecycle.acknowledge(make_incident("Held", service=make_service(), severity="critical"), by=world.bob, at=AT)
    alone = make_incident("Alone", service=make_service(), severity="major")
    response = sign_in(world.ada).get("/")
    text = response.content.decode()
    assert [incident.title for incident in response.context["happening"]] == ["Alone", "Held"]
    assert f"{alone.number} has nobody yet" in text
    assert not response.context["calm"]
    lifecycle.acknowledge(alone, by=world.bob, at=AT)
    lifecycle.unacknowledge(alone, by=world.bob, at=AT)
    assert f"{alone.number} has nobody now" in sign_in(world.ada).get("/").content.decode()
    lifecycle.acknowledge(alone, by=world.bob, at=AT)
    assert sign_in(world.ada).get("/").context["calm"]


def test_my_pager_and_my_next_shift(world: World, sign_in: SignIn, now: object) -> None:
    context = sign_in(world.ana).get("/").context
    (pager,) = context["my_pagers"]
    assert pager.schedule == world.schedule
    assert pager.next_person == world.bob
    assert context["next_shift"] is None
    handover = pager.until
    writers.add_override(
        world.schedule, person=world.bob, starts=AT + timedelta(hours=1), ends=AT + timedelta(hours=2), by=None, at=AT
    )
    bob = sign_in(world.bob).get("/").context
    assert bob["my_pagers"] == []
    assert bob["next_shift"].start == AT + timedelta(hours=1)
    assert handover > bob["next_shift"].end


def test_nothing_needs_me(world: World, sign_in: SignIn, now: object) -> None:
    world.schedule.layers.all().delete()
    Process.objects.create(name="d", role="dispatch", started_at=AT, beat_at=AT)
    text = sign_in(world.ana).get("/").content.decode()
    assert "Nothing needs you." in text
    assert "You were never paged." in text


def test_nothing_is_called_well_while_paging_is_down(world: World, sign_in: SignIn, now: object) -> None:
    world.schedule.layers.all().delete()
    text = sign_in(world.ana).get("/").content.decode()
    assert "Paging is not running." in text
    assert "Nothing is known to need you, but paging is not running." in text


def test_gap_needs_who_leads_the_team(world: World, sign_in: SignIn, now: object) -> None:
    world.schedule.layers.all().delete()
    assert sign_in(world.ana).get("/").context["needs"] == []
    Membership.objects.filter(user=world.ana).update(place=Membership.Place.LEAD)
    (duty,) = sign_in(world.ana).get("/").context["needs"]
    assert duty.urgent
    assert duty.url == "/oncall/payments-primary/override/"


def test_what_is_missing_is_said_to_who_can_mend_it(db: None, sign_in: SignIn, now: object) -> None:
    ada, rita = make_user("Ada", role=Role.ADMIN), make_user("Rita")
    make_team("payments")  # somebody has begun
    assert len(sign_in(ada).get("/").context["setup"]) == 4
    assert [item["url"] for item in sign_in(rita).get("/").context["setup"]] == ["/settings/methods/"]


def test_last_page_and_last_test(world: World, sign_in: SignIn, now: object) -> None:
    make_page(world.ana, make_incident(service=world.service), at=AT - timedelta(days=3))
    make_page(world.ana, at=AT - timedelta(days=1), seen_at=AT - timedelta(days=1))
    context = sign_in(world.ana).get("/").context
    assert context["last_page"] == AT - timedelta(days=3)
    assert context["last_test"] == AT - timedelta(days=1)


def test_queries_do_not_grow(world: World, sign_in: SignIn, now: object, django_assert_max_num_queries: Any) -> None:
    browser = sign_in(world.ana)

    def grow(rows: int) -> None:
        for _number in range(rows):
            incident = make_incident(service=make_service(team=world.team))
            make_page(world.ana, incident)
            lifecycle.acknowledge(make_incident(service=world.service), by=world.ana, at=AT)
            make_schedule("", world.ana, world.bob, team=world.team)

    grow(1)
    with django_assert_max_num_queries(100) as few:
        browser.get("/")
    grow(15)
    with django_assert_max_num_queries(len(few)):
        browser.get("/")


class TestFrame:
    """What every page carries."""

    def test_my_pager_first(self, world: World, sign_in: SignIn, now: object) -> None:
        make_schedule("a-first", world.bob, team=world.team)
        assert "You have the pager" in sign_in(world.ana).get("/more/").content.decode()

    def test_nobody_has_it(self, world: World, sign_in: SignIn, now: object) -> None:
        world.schedule.layers.all().delete()
        assert "Nobody has the pager" in sign_in(world.ana).get("/more/").content.decode()

    def test_colleague_has_it(self, world: World, sign_in: SignIn, now: object) -> None:
        assert "Ana has the pager" in sign_in(world.bob).get("/more/").content.decode()

    def test_people_of_no_schedule_see_how_many_have_one(self, world: World, sign_in: SignIn, now: object) -> None:
        make_schedule("a-second", world.bob)
        make_schedule("a-third")
        frame = sign_in(world.ada).get("/more/").context["frame"]
        assert frame.pager is None
        assert (frame.held.people, frame.held.gaps) == (2, 1)
        text = sign_in(world.ada).get("/more/").content.decode()
        assert "2 have the pager" in text
        assert "1 gap<" in text

    def test_the_schedule_is_named(self, world: World, sign_in: SignIn, now: object) -> None:
        text = sign_in(world.bob).get("/more/").content.decode()
        assert "· payments-primary" in text
        world.schedule.layers.all().delete()
        assert "Nobody has the pager of payments-primary" in sign_in(world.bob).get("/more/").content.decode()

    def test_no_schedule_no_chip(self, db: None, sign_in: SignIn, now: object) -> None:
        text = sign_in(make_user()).get("/more/").content.decode()
        assert "has the pager" not in text

    def test_sign_in_page_has_no_frame(self, client: Client, db: None) -> None:
        assert "frame" not in client.get("/account/login/").context

    def test_pages_that_no_longer_call(self, world: World, sign_in: SignIn, now: object) -> None:
        held = make_incident(service=world.service)
        make_page(world.ana, held)
        lifecycle.acknowledge(held, by=world.bob, at=AT)
        over = make_incident(service=world.service)
        make_page(world.ana, over)
        lifecycle.resolve(over, by=world.bob, at=AT)
        make_page(world.ana, at=AT - timedelta(minutes=11))
        make_page(world.bob, make_incident(service=world.service))
        assert sign_in(world.ana).get("/more/").context["frame"].pages == []

    def test_call_for_help_on_a_held_incident(self, world: World, sign_in: SignIn, now: object) -> None:
        held = lifecycle.acknowledge(make_incident(service=world.service), by=world.bob, at=AT)
        make_page(world.ana, held, reason=Page.Reason.ASKED_FOR_HELP)
        assert len(sign_in(world.ana).get("/more/").context["frame"].pages) == 1


class TestBanner:
    """The part that every open page asks for each 5 s."""

    def test_fragment_with_304(self, world: World, sign_in: SignIn, now: object) -> None:
        Process.objects.create(name="d", role="dispatch", started_at=AT, beat_at=AT)
        browser = sign_in(world.ana)
        quiet = browser.get("/now/banner/")
        assert quiet.status_code == 200
        assert "data-pages" not in quiet.content.decode()
        incident = make_incident("Queue stuck", service=world.service)
        make_page(world.ana, incident)
        calling = browser.get("/now/banner/", headers={"If-None-Match": quiet.headers["ETag"]})
        assert calling.status_code == 200
        assert "Queue stuck" in calling.content.decode()
        assert "csrfmiddlewaretoken" in calling.content.decode()
        again = browser.get("/now/banner/", headers={"If-None-Match": calling.headers["ETag"]})
        assert again.status_code == 304

    def test_cheap(self, world: World, sign_in: SignIn, now: object, django_assert_num_queries: Any) -> None:
        browser = sign_in(world.ana)
        with django_assert_num_queries(4):  # session, person, pages, dispatcher
            browser.get("/now/banner/")


@pytest.mark.parametrize("role", [Role.RESPONDER, Role.OBSERVER])
def test_page_me(role: str, world: World, sign_in: SignIn, now: object) -> None:
    world.ana.role = role
    world.ana.save()
    browser = sign_in(world.ana)
    assert browser.post("/page-me/").status_code == 303
    page = Page.objects.get(person=world.ana)
    assert page.deliveries.count() == 1
    assert "Did it ring?" in browser.get("/").content.decode()
    assert browser.post("/page-me/", {"seen": page.pk}).status_code == 303
    page.refresh_from_db()
    assert page.seen_at == AT
    assert "data-pages" not in browser.get("/").content.decode()


def test_page_me_without_a_way(world: World, sign_in: SignIn, now: object) -> None:
    response = sign_in(world.bob).post("/page-me/", follow=True)
    assert response.redirect_chain == [("/settings/methods/", 303)]
    assert "No verified method could ring" in response.content.decode()
    assert not Page.objects.exists()


@pytest.mark.parametrize("seen", ["x", "0", "99999999999999999999", ""])
def test_nobody_elses_page_is_answered(seen: str, world: World, sign_in: SignIn, now: object) -> None:
    page = make_page(world.bob)
    for number in (seen, str(page.pk)):
        assert sign_in(world.ana).post("/page-me/", {"seen": number}).status_code == 404
    page.refresh_from_db()
    assert page.seen_at is None


def test_page_me_by_get(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.ana).get("/page-me/").status_code == 405


def test_members_of_other_teams_see_one_schedule(world: World, sign_in: SignIn, now: object) -> None:
    stranger = make_user("Zoe")
    make_team("search", members=(stranger,))
    assert sign_in(stranger).get("/more/").context["frame"].pager.person == world.ana
