"""On-call health: rotations for everybody, figures of a person for them and their lead; one tap whether it was worth it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from incidents import lifecycle
from incidents.models import Incident
from oncall import skills
from paging.verdicts import Verdict
from teams.models import Membership, Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_page, make_schedule, make_team, make_user

SignIn = Callable[[User], Client]
PAGE = "/oncall/health/"
HOUR = timedelta(hours=1)


def words(client: Client, page: str = PAGE) -> str:
    """The words between the heading and the foot of the page."""
    html = client.get(page).content.decode().split("<h1")[1].split("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


@pytest.fixture
def rota(world: World) -> World:
    """The pager of Ana and Bob is passed on weekly, and one incident woke Ana."""
    world.schedule.layers.update(every=1, starts=datetime(2026, 1, 12, 9))  # noqa: DTZ001
    incident = make_incident(service=world.service, at=AT - 2 * HOUR)
    policy = {"repeat": 0, "steps": [{"wait": 300, "notify": ["schedule:payments-primary"]}], "catch_all": []}
    run = incident.escalations.create(fence=1, policy=policy, started_at=AT - 2 * HOUR)
    make_page(world.ana, incident, at=AT - 2 * HOUR, escalation=run, acked_at=AT - 1.5 * HOUR, because="primary")
    return world


def test_flags_in_words_with_what_to_do_next(rota: World, sign_in: SignIn, now: object) -> None:
    text = words(sign_in(rota.olga))
    assert "1 rotation asks too much, or rests on too few." in text
    assert "2 people take turns. Below three, nobody can be ill or on holiday." in text
    assert "2 of 2 have a pager in more than a quarter of the weeks." in text or "more than half of the weeks" in text
    assert "Nobody's training is on record." in text
    assert "1 page 1 interruption 1 off hours 1 of sleep" in text
    html = sign_in(rota.olga).get(PAGE).content.decode()
    assert 'href="/oncall/training/#payments-primary"' in html
    assert 'href="/oncall/payments-primary/year/"' in html


@pytest.mark.parametrize(
    ("reader", "theirs"),
    [("olga", set()), ("ana", {"Ana Ames"}), ("bob", {"Bob Bell"}), ("ada", {"Ana Ames", "Bob Bell"})],
)
def test_figures_of_a_person_are_for_them_and_those_who_lead(
    reader: str, theirs: set[str], rota: World, sign_in: SignIn, now: object
) -> None:
    text = words(sign_in(getattr(rota, reader)))
    assert {name for name in ("Ana Ames", "Bob Bell") if name in text} == theirs


def test_leads_and_managers_of_the_team_read_them_and_others_do_not(rota: World, sign_in: SignIn, now: object) -> None:
    lead, manager, other = make_user("Lea"), make_user("Mia", role=Role.MANAGER), make_user("Max", role=Role.MANAGER)
    Membership.objects.create(user=lead, team=rota.team, place=Membership.Place.LEAD)
    rota.team.manager = manager
    rota.team.save()
    make_team("search", manager=other)
    assert "Ana Ames" in words(sign_in(lead))
    assert "Bob Bell" in words(sign_in(manager))
    assert "Ana Ames" not in words(sign_in(other))


def test_rest_is_said_to_those_who_may_know(rota: World, sign_in: SignIn, now: object) -> None:
    incident = Incident.objects.get()
    lifecycle.acknowledge(incident, by=rota.ana, at=AT - HOUR)  # 01:04
    assert "You are owed rest until 12:04 UTC" in words(sign_in(rota.ana))
    assert "owed rest" not in words(sign_in(rota.bob))
    assert "Ana Ames is owed rest until" in words(sign_in(rota.ada))


def test_two_broken_nights_offer_relief(rota: World, sign_in: SignIn, now: object) -> None:
    client = sign_in(rota.ana)
    assert "offer relief" not in words(client)
    run = Incident.objects.get().escalations.get()
    run.policy["repeat"] = 1
    run.save()
    earlier = make_incident("Another", service=rota.service, at=AT - 25 * HOUR)
    make_page(rota.ana, earlier, at=AT - 25 * HOUR, escalation=run, round=1, because="primary")
    text = words(client)
    assert "1 shift had two broken nights or more. After the second one, offer relief" in text
    assert "Two broken nights or more in the latest shift" in text


def test_nothing_is_there_yet(db: None, sign_in: SignIn, now: object) -> None:
    assert "No pager yet" in words(sign_in(make_user()))


def test_services_that_rest_on_one(rota: World, sign_in: SignIn, now: object) -> None:
    assert "Services that rest on few" not in words(sign_in(rota.ana))
    skills.train(rota.ana, rota.service, on=date(2026, 5, 1), at=AT, by=None)
    assert "Checkout only one person is trained" in words(sign_in(rota.ana))


def test_the_service_says_who_might_lead_next(rota: World, sign_in: SignIn, now: object) -> None:
    page = "/services/checkout/"
    client = sign_in(rota.olga)
    assert "Nobody's training is on record." in words(client, page)
    skills.train(rota.ana, rota.schedule, on=date(2026, 5, 1), at=AT, by=None)
    assert "Only Ana Ames is trained: when they are away, nobody knows it." in words(client, page)
    skills.train(rota.bob, rota.service, on=date(2026, 5, 1), at=AT, by=None)
    lifecycle.acknowledge(Incident.objects.get(), by=rota.ana, at=AT - HOUR)
    assert "Spread of leading: 0.50 (1 is even)" in words(client, page), "one incident cannot be led by two"
    again = make_incident("Again", service=rota.service, at=AT - 30 * HOUR)
    lifecycle.acknowledge(again, by=rota.ana, at=AT - 30 * HOUR)
    text = words(client, page)
    assert "Let Bob Bell lead the next incident: trained, and has led none in 180 days." in text
    assert "Spread of leading: 0.50 below 0.6: a few carry it" in text


def test_its_statements_do_not_grow(
    rota: World, sign_in: SignIn, now: object, django_assert_max_num_queries: Any
) -> None:
    client = sign_in(rota.ada)
    for number in range(12):
        make_schedule(f"more-{number}", *(make_user() for _each in range(3)), team=rota.team)
    with django_assert_max_num_queries(36):
        assert client.get(PAGE).status_code == 200


def test_one_tap_whether_it_was_worth_it(rota: World, sign_in: SignIn, now: object) -> None:
    incident = Incident.objects.get()
    ana, bob = sign_in(rota.ana), sign_in(rota.bob)
    assert "Was it worth waking you?" not in words(ana, incident.path)
    refused = ana.post(f"{incident.path}worth/", {"worth": "yes"})
    assert (refused.status_code, Verdict.objects.count()) == (422, 0)
    lifecycle.resolve(incident, by=rota.ana, at=AT)
    assert "Was it worth waking you?" in words(ana, incident.path)
    assert "Was it worth waking you?" not in words(bob, incident.path)
    assert bob.post(f"{incident.path}worth/", {"worth": "no"}).status_code == 422
    for said in ("yes", "no", "no"):
        assert ana.post(f"{incident.path}worth/", {"worth": said}).status_code == 303
    assert ana.post(f"{incident.path}worth/", {"worth": "maybe"}).status_code == 422
    assert [one.worth for one in Verdict.objects.all()] == [False]
    assert 'value="no" aria-pressed="true"' in ana.get(incident.path).content.decode()
    assert "worth it: 0 % of 1 answers" in words(ana)


def test_the_polled_part_hears_of_the_answer(rota: World, sign_in: SignIn, now: object) -> None:
    incident = lifecycle.resolve(Incident.objects.get(), by=rota.ana, at=AT)
    ana = sign_in(rota.ana)
    seen = ana.get(f"{incident.path}live/").headers["ETag"]
    assert ana.get(f"{incident.path}live/", headers={"If-None-Match": seen}).status_code == 304
    ana.post(f"{incident.path}worth/", {"worth": "yes"})
    assert ana.get(f"{incident.path}live/", headers={"If-None-Match": seen}).status_code == 200
