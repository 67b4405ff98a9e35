"""Calendars of others: what they would change is seen before it is kept, and who may let them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from oncall import rosters
from oncall.models import Absence, ImportedCalendar
from teams.models import Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_team, make_user
from tests.fakes.calendars import CalendarServer, Served
from tests.oncall.calendars_of_others import calendar, event

SignIn = Callable[[User], Client]
PAGE, AWAY = "/oncall/payments-primary/calendars/", "/settings/away/calendars/"
DAY = timedelta(days=1)


@pytest.fixture
def server(settings: Settings) -> Iterator[CalendarServer]:
    """A calendar on loopback, which may be called here."""
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    made = CalendarServer()
    yield made
    made.close()


@pytest.fixture
def manager(world: World) -> User:
    """Mia manages the team."""
    mia = make_user("Mia", role=Role.MANAGER)
    world.team.manager = mia
    world.team.save()
    return mia


def words(html: bytes) -> str:
    """The page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.decode()))


def shifts(*names: str) -> bytes:
    rows = [
        event(f"UID:{n}\nSUMMARY:{name}\nDTSTART:202611{22 + n}T090000Z\nDURATION:PT2H") for n, name in enumerate(names)
    ]
    return calendar(*rows)


def test_shifts_are_seen_before_and_true_after(
    world: World, manager: User, server: CalendarServer, sign_in: SignIn, now: object
) -> None:
    server.served = Served(shifts("Bob Bell", "A Stranger"))
    client, form = sign_in(manager), {"address": server.url, "name": "Planned elsewhere", "role": "primary"}
    seen = client.post(PAGE, form)
    assert seen.status_code == 200
    said = words(seen.content)
    assert "Bob Bell has the pager Sun 22 Nov 09:00 UTC to Sun 22 Nov 11:00 UTC , instead of Ana Ames" in said
    assert "It is not clear whom these names mean: nobody is paged by them" in said
    assert "A Stranger" in said
    assert "2 entries were read" in said
    assert not ImportedCalendar.objects.exists()
    assert client.post(PAGE, {**form, "confirm": "yes"}).status_code == 303
    assert rosters.who_is_on_call(world.schedule, AT + DAY + timedelta(hours=7)) == world.bob
    page = client.get(PAGE).content
    assert "Planned elsewhere" in words(page)
    assert "from 127.0.0.1" in words(page)
    assert "Not clear who is meant: A Stranger" in words(page)
    assert b"private-0123456789abcdef" not in page
    assert "Planned elsewhere" in words(client.get("/oncall/payments-primary/?from=2026-11-22").content)


def test_reading_now_failing_and_removing(
    world: World, manager: User, server: CalendarServer, sign_in: SignIn, now: object
) -> None:
    server.served = Served(shifts("Bob"))
    client = sign_in(manager)
    client.post(PAGE, {"address": server.url, "name": "", "role": "primary", "confirm": "yes"})
    one = ImportedCalendar.objects.get()
    assert one.name == "127.0.0.1"
    server.served = Served(shifts("Ana", "Bob"))
    assert "Read now: 127.0.0.1." in words(client.post(PAGE, {"fetch": one.pk}, follow=True).content)
    assert one.entries.count() == 2
    server.served = Served(b"<html>", status=200)
    failed = words(client.post(PAGE, {"fetch": one.pk}, follow=True).content)
    assert "could not be read; why stands below" in failed
    assert "It is no calendar: it does not begin with BEGIN:VCALENDAR. What it said last stays in force." in failed
    assert one.entries.count() == 2
    assert "The calendar “127.0.0.1” cannot be read since" in words(client.get("/oncall/payments-primary/").content)
    for _press in range(2):
        client.post(PAGE, {"remove": one.pk})
    assert "No calendar yet." in words(client.get(PAGE).content)
    assert rosters.who_is_on_call(world.schedule, AT + DAY + timedelta(hours=8)) == world.ana


def test_ones_own_absences_and_a_teams(
    world: World, manager: User, server: CalendarServer, sign_in: SignIn, now: object
) -> None:
    server.served = Served(
        calendar(
            event("UID:1\nSUMMARY:Secret party\nDTSTART;VALUE=DATE:20261124"),
            event("UID:2\nSUMMARY:Lunch\nDTSTART;VALUE=DATE:20261125\nTRANSP:TRANSPARENT"),
        )
    )
    ana, form = sign_in(world.ana), {"address": server.url, "name": "My days", "of": f"person:{world.ana.email}"}
    said = words(ana.post(AWAY, form).content)
    assert "Bob Bell has the pager Tue 24 Nov 00:00 UTC to Wed 25 Nov 00:00 UTC , instead of Ana Ames" in said
    assert "1 more says that people are free then" in said
    assert ana.post(AWAY, {**form, "confirm": "yes"}).status_code == 303
    assert Absence.objects.get().reason == "My days"
    kept = ImportedCalendar.objects.get()
    assert sign_in(world.bob).post(AWAY, {"remove": kept.pk}).status_code == 404
    theirs = sign_in(manager).get(AWAY).content.decode()
    assert "My days" in theirs, "a manager speaks for the people of the team"
    for page in (AWAY, "/settings/away/", "/oncall/payments-primary/"):
        assert "Secret party" not in sign_in(manager).get(page).content.decode()
    server.served = Served(calendar(event("UID:1\nSUMMARY:Zoe\nDTSTART;VALUE=DATE:20261126")))
    team = words(sign_in(manager).post(AWAY, {**form, "of": "team:payments", "name": "x"}).content)
    assert "It is not clear whom of the team these names mean" in team
    holidays = {**form, "of": "holidays:payments", "name": "Days", "confirm": "yes"}
    assert sign_in(manager).post(AWAY, holidays).status_code == 303
    assert "public holidays of Payments" in words(sign_in(manager).get(AWAY).content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"address": "nonsense"}, "Paste an address that begins with https:// or webcal://."),
        ({"address": "file:///etc/passwd"}, "Paste an address that begins with"),
        ({"address": "https://me:word@example.com/"}, "Paste an address that begins with"),
        ({"address": "https://exam ple.com/"}, "Paste an address that begins with"),
        ({"address": "https://example.com/" + "x" * 2000}, "at most 2000"),
        ({"address": "http://10.0.0.1/x.ics"}, "does not call addresses inside its own network"),
        ({"name": "x" * 101}, "at most 100"),
        ({"name": "a\x00b"}, "Null characters are not allowed"),
        ({"role": "boss"}, "Select a valid choice"),
    ],
)
def test_nonsense_is_refused(
    change: dict[str, str],
    said: str,
    world: World,
    manager: User,
    server: CalendarServer,
    sign_in: SignIn,
    now: object,
) -> None:
    server.served = Served(shifts("Bob"))
    form = {"address": server.url, "name": "", "role": "primary", "confirm": "yes", **change}
    answer = sign_in(manager).post(PAGE, form)
    assert answer.status_code == 422
    assert said in words(answer.content)
    assert not ImportedCalendar.objects.exists()


def test_what_repeats_every_second_is_named(
    world: World, manager: User, server: CalendarServer, sign_in: SignIn, now: object
) -> None:
    server.served = Served(calendar(event("UID:1\nSUMMARY:Tick\nDTSTART:20261122T090000Z\nRRULE:FREQ=SECONDLY")))
    answer = sign_in(manager).post(PAGE, {"address": server.url, "name": "", "role": "primary"})
    assert answer.status_code == 422
    assert "“Tick” repeats every second: that is not read." in words(answer.content)


def test_who_may(world: World, server: CalendarServer, sign_in: SignIn, now: object) -> None:
    server.served = Served(shifts("Bob"))
    other = make_team("web")
    form = {"address": server.url, "name": "", "role": "primary"}
    assert sign_in(world.olga).get(PAGE).status_code == 403
    page = sign_in(world.ana).get(PAGE)
    assert page.status_code == 200
    assert "Managers of the team add and remove calendars." in words(page.content)
    assert sign_in(world.ana).post(PAGE, form).status_code == 403
    for of in (f"person:{world.bob.email}", "team:payments", f"holidays:{other.slug}", "team:", "nobody"):
        assert sign_in(world.ana).post(AWAY, {**form, "of": of}).status_code == 422
    assert server.asked == [], "nothing is fetched for who may not keep it"
    assert sign_in(world.ada).post(AWAY, {**form, "of": "holidays:web"}).status_code == 200


def test_many_calendars_cost_no_more_statements_than_one(
    world: World, manager: User, sign_in: SignIn, now: object, django_assert_max_num_queries: Any
) -> None:
    def kept(number: int) -> None:
        said = {"name": f"Calendar {number}", "address": f"https://c.example/{number}", "kind": "absences"}
        made = ImportedCalendar.objects.create(**said, team=world.team, created_at=AT, due_at=AT + DAY)
        for day in range(5):
            start = AT + (day + 1) * DAY
            whom = {"person": world.bob} if day % 2 else {"person": None}
            made.entries.create(uid=f"{day}", summary=f"Name {day}", start=start, end=start + DAY, **whom)

    client = sign_in(manager)
    kept(0)
    with CaptureQueriesContext(connection) as one:
        text = words(client.get(AWAY).content)
    assert "Name 0, Name 2, Name 4" in text
    for number in range(1, 8):
        kept(number)
    with django_assert_max_num_queries(len(one)):
        assert words(client.get(AWAY).content).count("Name 0, Name 2, Name 4") == 8
