"""Who is trained and who has agreed: written down, taken back, and said where somebody is scheduled without."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from oncall import skills
from oncall.models import Agreement, Schedule, Training
from teams.models import Membership, User
from teams.setup import free_slug
from tests.desk.conftest import World
from tests.desk.test_setup import a_schedule
from tests.factories import AT, make_schedule, make_service, make_team, make_user

SignIn = Callable[[User], Client]
PAGE = "/oncall/training/"
DAY = date(2026, 5, 1)


def words(client: Client, page: str = PAGE, typed: dict[str, Any] | None = None) -> str:
    """The page's words, without tags; with `typed` those of the answer to that form."""
    answer = client.get(page) if typed is None else client.post(page, typed)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


@pytest.fixture
def lead(world: World, sign_in: SignIn) -> Client:
    """Lea leads payments."""
    user = make_user("Lea")
    Membership.objects.create(user=user, team=world.team, place=Membership.Place.LEAD)
    return sign_in(user)


def training(**changed: str) -> dict[str, str]:
    """The form."""
    said = {"person": "ana.ames@example.com", "target": "schedule:payments-primary", "on": "2026-05-01"} | changed
    return {"what": "training", **{f"training-{name}": value for name, value in said.items()}}


def agreement(**changed: str) -> dict[str, str]:
    """The other form."""
    said = {"person": "ana.ames@example.com", "target": "schedule:payments-primary", "on": "2026-05-01", "version": "7"}
    return {"what": "agreement", **{f"agreement-{name}": value for name, value in (said | changed).items()}}


def test_the_lead_writes_down_who_was_trained(world: World, lead: Client, now: object) -> None:
    assert "Nothing is written down yet." in words(lead)
    for _time in range(2):
        answer = lead.post(PAGE, training(trainer="Bob", holds_until="2026-12-01"))
        assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    row = Training.objects.get()
    assert (row.person, row.schedule, row.on, row.holds_until) == (world.ana, world.schedule, DAY, date(2026, 12, 1))
    text = words(lead)
    assert "1 May 2026 by Bob holds until 1 Dec 2026" in text
    assert "Only one person is trained" in text
    assert lead.post(PAGE, {"remove": f"training:{row.pk}"}).status_code == 303
    assert lead.post(PAGE, {"remove": f"training:{row.pk}"}).status_code == 404
    assert "1 May 2026" not in words(lead)


def test_links_fill_the_form_in(world: World, lead: Client, now: object) -> None:
    html = lead.get(f"{PAGE}?person=bob.bell@example.com&for=schedule:payments-primary").content.decode()
    assert html.count('value="bob.bell@example.com" selected') == 2
    assert html.count('value="schedule:payments-primary" selected') == 2
    assert html.count('value="2026-11-21"') == 2
    assert lead.get(f"{PAGE}?person=%00&for=%00").status_code == 200


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"on": "2026-11-22"}, "That day has not come yet"),
        ({"on": "0001-01-01"}, "Choose a year from 1970 on."),
        ({"on": "soon"}, "Enter a valid date."),
        ({"holds_until": "2026-04-30"}, "It cannot lapse before the day of the training."),
        ({"person": "gone@example.com"}, "Select a valid choice"),
        ({"target": "schedule:other"}, "Select a valid choice"),
        ({"trainer": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, str], sentence: str, world: World, lead: Client, now: object) -> None:
    make_schedule("other", world.bob)
    answer = lead.post(PAGE, training(**change))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Training.objects.exists()


def test_who_does_not_lead_writes_no_training_down(world: World, sign_in: SignIn, now: object) -> None:
    row = skills.train(world.ana, world.schedule, on=DAY, at=AT, by=None)
    client = sign_in(world.ana)
    assert client.post(PAGE, training()).status_code == 403
    assert client.post(PAGE, {"remove": f"training:{row.pk}"}).status_code == 403
    assert "Somebody was trained" not in words(client)
    assert sign_in(world.olga).post(PAGE, agreement()).status_code == 403


def test_people_say_themselves_that_they_agreed(world: World, sign_in: SignIn, now: object) -> None:
    ana, bob = sign_in(world.ana), sign_in(world.bob)
    assert bob.post(PAGE, agreement()).status_code == 422
    assert ana.post(PAGE, agreement(text="Late start after a night.")).status_code == 303
    row = Agreement.objects.get()
    assert (row.person, row.schedule, row.version, row.created_by) == (world.ana, world.schedule, "7", world.ana)
    assert "version 7" in words(bob)
    assert "Late start after a night." in words(ana)
    assert "Late start after a night." not in words(bob)
    assert bob.post(PAGE, {"remove": f"agreement:{row.pk}"}).status_code == 403
    assert ana.post(PAGE, {"remove": f"agreement:{row.pk}"}).status_code == 303
    assert "version 7" not in words(bob)


def test_a_lead_writes_down_what_others_agreed_to_in_their_team_only(world: World, lead: Client, now: object) -> None:
    make_team("search")
    assert lead.post(PAGE, agreement(target="team:payments")).status_code == 303
    assert Agreement.objects.get().team == world.team
    answer = lead.post(PAGE, agreement(target="team:search"))
    assert answer.status_code == 422
    assert "for all pagers of the team" in words(lead)


def test_a_training_for_one_service_stands_by_itself(world: World, lead: Client, now: object) -> None:
    make_service("ledger", team=world.team)
    assert lead.post(PAGE, training(target="service:ledger")).status_code == 303
    assert re.search(r"Ledger service .*Ana Ames .*1 May 2026", words(lead))
    skills.take_back(Training.objects.get(), at=AT)
    assert "Ledger service" not in words(lead)


def test_what_lapsed_and_what_lapses_soon(world: World, lead: Client, now: object) -> None:
    skills.train(world.ana, world.schedule, on=DAY, at=AT, by=None, holds_until=date(2026, 11, 20))
    skills.train(world.bob, world.schedule, on=DAY, at=AT, by=None, holds_until=date(2026, 12, 20))
    text = words(lead)
    assert "lapsed 20 Nov 2026" in text
    assert 'class="red">holds until' in lead.get(PAGE).content.decode()


@pytest.mark.parametrize("name", ["health", "training"])
def test_names_of_pages_are_no_slugs_of_schedules(name: str, db: None) -> None:
    assert free_slug(Schedule, name.capitalize()) != name


@pytest.mark.parametrize("page", ["/oncall/payments-primary/", "/oncall/payments-primary/year/"])
def test_who_is_scheduled_without_is_said(page: str, world: World, sign_in: SignIn, now: object) -> None:
    world.schedule.layers.update(every=1)
    client = sign_in(world.olga)
    both = "Bob Bell: no training for this pager; no on-call agreement"
    assert both in words(client, page)
    skills.train(world.bob, world.schedule, on=DAY, at=AT, by=None)
    assert "Bob Bell: no on-call agreement" in words(client, page)
    skills.agree(world.bob, world.team, on=DAY, at=AT, by=None)
    assert "Bob Bell:" not in words(client, page)
    assert "Ana Ames: no training for this pager" in words(client, page)
    skills.train(world.ana, world.schedule, on=DAY, at=AT, by=None)
    skills.agree(world.ana, world.schedule, on=DAY, at=AT, by=None)
    assert "Scheduled without being on record" not in words(client, page)


def test_it_is_said_before_somebody_takes_a_shift(world: World, sign_in: SignIn, now: object) -> None:
    said = {"person": world.bob.email, "starts": "2026-11-22T08:00", "ends": "2026-11-22T20:00", "reason": ""}
    client = sign_in(world.ada)
    text = unescape(client.post("/oncall/payments-primary/override/", said).content.decode())
    assert "Bob Bell: no training for this pager; no on-call agreement" in text
    skills.train(world.bob, world.schedule, on=DAY, at=AT, by=None)
    skills.agree(world.bob, world.schedule, on=DAY, at=AT, by=None)
    text = client.post("/oncall/payments-primary/override/", said).content.decode()
    assert "This changes" in text
    assert "Scheduled without" not in text


def test_a_training_must_hold_to_the_end_of_the_shift(world: World, sign_in: SignIn, now: object) -> None:
    world.schedule.layers.update(every=1, starts=datetime(2026, 11, 16, 9))  # noqa: DTZ001 - Ana's until Monday 09:00
    for person in (world.ana, world.bob):
        skills.agree(person, world.team, on=DAY, at=AT, by=None)
    skills.train(world.bob, world.schedule, on=DAY, at=AT, by=None)
    page = "/oncall/payments-primary/"
    row = skills.train(world.ana, world.schedule, on=DAY, at=AT, by=None, holds_until=date(2026, 11, 22))
    assert "Ana Ames: training does not hold to the end of the shift of 02:04" in words(sign_in(world.ana), page)
    Training.objects.filter(pk=row.pk).update(holds_until=date(2026, 12, 5))
    assert "Scheduled without" not in words(sign_in(world.ana), page)


def test_the_day_is_that_of_the_person(world: World, now: object) -> None:
    auckland = make_user("Aroha", timezone="Pacific/Auckland")  # 15:04 on the 21st there; in Honolulu still the 20th
    honolulu = make_user("Kai", timezone="Pacific/Honolulu")
    made = [
        skills.train(one, world.schedule, on=DAY, at=AT, by=None, holds_until=date(2026, 11, 20))
        for one in (auckland, honolulu)
    ]
    assert [one.holds(AT) for one in made] == [False, True]
    assert made[1].holds(AT + timedelta(hours=7, minutes=55))
    assert not made[1].holds(AT + timedelta(hours=7, minutes=56))


def test_its_statements_do_not_grow(
    world: World, lead: Client, now: object, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        people = [make_user() for _each in range(3)]
        schedule = make_schedule(f"more-{number}", *people, team=world.team)
        skills.train(people[0], schedule, on=DAY, at=AT, by=None)
        skills.agree(people[0], schedule, on=DAY, at=AT, by=None)
    with django_assert_max_num_queries(26):
        assert lead.get(PAGE).status_code == 200


def test_the_preview_of_a_rota_says_it_where_such_things_are_written_down(
    world: World, sign_in: SignIn, now: object
) -> None:
    typed = a_schedule(world.ana, world.bob, act="look")
    text = words(sign_in(world.ada), "/setup/schedule/", typed)
    assert "The next two weeks" in text
    assert "Scheduled without being on record" not in text
    skills.train(world.ana, world.schedule, on=DAY, at=AT, by=None)
    text = words(sign_in(world.ada), "/setup/schedule/", typed)
    assert "Bob Bell: no training for this pager; no on-call agreement" in text
