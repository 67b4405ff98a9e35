"""Who is in an incident: each person once, and the roles that somebody should take."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from desk.incident_people import called, roles_of
from incidents import command
from paging.models import Page
from teams.models import User
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_page

SignIn = Callable[[User], Client]


def test_each_person_stands_once_with_the_latest_page_first(world: World) -> None:
    incident = make_incident(service=world.service)
    first = make_page(world.ana, incident, at=AT - timedelta(minutes=9), acked_at=AT - timedelta(minutes=8))
    bobs = make_page(world.bob, incident, at=AT - timedelta(minutes=5))
    again = make_page(world.ana, incident, at=AT, seen_at=AT)
    ana, bob = called(Page.objects.select_related("person").order_by("-pk"))
    assert (ana.person, ana.latest, ana.earlier) == (world.ana, again, [first])
    assert (ana.acked_at, ana.seen_at) == (AT - timedelta(minutes=8), AT)
    assert (bob.latest, bob.earlier, bob.acked_at, bob.seen_at) == (bobs, [], None, None)


def test_earlier_pages_are_folded(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    for step in (1, 2, 3):
        make_page(world.bob, incident, because=f"named in step {step}")
    text = sign_in(world.ana).get(incident.path).content.decode()
    assert text.count("<strong>Bob Bell</strong>") == 1
    folded = text[text.index(f'id="earlier-{world.bob.pk}"') :]
    assert "2 earlier pages" in folded
    assert "named in step 1" in folded
    assert "named in step 3" not in folded


def test_who_leads_and_who_speaks_are_asked_for(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    assert [(str(row), row.people) for row in roles_of([])] == [("leads", []), ("speaks for us", [])]
    browser = sign_in(world.ana)
    assert browser.get(incident.path).content.decode().count("nobody yet") == 2
    assert browser.post(f"{incident.path}role/", {"role": "facilitator"}).status_code == 303
    command.take_role(incident, role="guide", person=world.bob, by=world.bob, at=AT)
    text = re.sub(r"\s+", " ", browser.get(incident.path).content.decode())
    assert text.count("nobody yet") == 1
    assert "<dt>leads</dt><dd>you</dd>" in text
    assert "<dt>guides</dt><dd>Bob Bell</dd>" in text


def test_observers_take_no_role(world: World, sign_in: SignIn, now: object) -> None:
    text = sign_in(world.olga).get(make_incident(service=world.service).path).content.decode()
    assert "nobody yet" in text
    assert 'action="/incidents/INC-' not in text[text.index('id="h-who"') : text.index('id="h-clocks"')]


def test_customers_who_were_told_nothing_take_one_line(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    assert "Customers: nothing told yet." in sign_in(world.ana).get(incident.path).content.decode()
    assert "Customers: nothing told." in sign_in(world.olga).get(incident.path).content.decode()
