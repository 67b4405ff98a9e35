"""Calendars that somebody else keeps: fetched, kept, acting, and told about when they fail."""

from __future__ import annotations

import gzip
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from pytest_django.fixtures import Settings

from oncall import calendar_fetch, calendars, feeds, holidays, rosters, swaps, writers
from oncall.calendar_fetch import NotFetched, fetch
from oncall.models import Absence, CalendarEntry, ImportedCalendar, Schedule
from oncall.reasons import sentences
from oncall.rotation import Source
from teams.models import Notice, Team, User
from tests.clock import work_off
from tests.factories import make_schedule, make_team, make_user
from tests.fakes.calendars import CalendarServer, Served
from tests.oncall.calendars_of_others import ONCALL, calendar, event

AT = datetime(2026, 11, 21, 2, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Kind = ImportedCalendar.Kind
pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings: Settings) -> Iterator[CalendarServer]:
    """A calendar on loopback, which may be called here."""
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    made = CalendarServer()
    yield made
    made.close()


@dataclass
class House:
    """Ana has the pager of payments every week; Bob and Mia are in the team too, Zoe is not. Lea leads, Max manages."""

    ana: User
    bob: User
    mia: User
    zoe: User
    team: Team
    schedule: Schedule


@pytest.fixture
def house() -> House:
    ana, bob, mia, zoe = (make_user(name) for name in ("Ana Ames", "Bob Bell", "Mia Moss", "Zoe Zander"))
    team = make_team("payments", members=(ana, bob, mia), lead=make_user("Lea"), manager=make_user("Max"))
    return House(ana, bob, mia, zoe, team, make_schedule("payments-primary", ana, team=team))


def shift(summary: str, start: datetime, hours: float = 8, more: str = "") -> str:
    end = start + hours * HOUR
    return event(
        f"UID:{summary}-{start:%d%H}\nSUMMARY:{summary}\nDTSTART:{start:%Y%m%dT%H%M%SZ}\nDTEND:{end:%Y%m%dT%H%M%SZ}\n{more}"
    )


def added(
    server: CalendarServer, *, at: datetime = AT, kind: str = Kind.LAYER, name: str = "theirs", **whose: Any
) -> Any:
    """The calendar, as the page adds it."""
    draft = ImportedCalendar(kind=kind, name=name, address=server.url, **whose)
    copy = calendars.ask(draft, at, whole=True)
    assert copy is not None
    return calendars.add_calendar(draft, copy, by=None, at=at)


def held(schedule: Schedule, start: datetime, end: datetime) -> list[tuple[str, str, str]]:
    return [
        (f"{one.start:%d %H}", one.person.name if one.person else "-", str(one.source))
        for one in rosters.shifts(schedule, start, end)
    ]


def test_a_layer_from_a_calendar_lies_above_the_layers_and_below_overrides(
    server: CalendarServer, house: House, django_assert_num_queries: Any
) -> None:
    server.served = Served(
        calendar(shift("Bob", AT + DAY), shift("Stranger", AT + 2 * DAY), shift("Zoe Zander", AT + 3 * DAY))
    )
    added(server, schedule=house.schedule)
    with django_assert_num_queries(2):
        found = held(house.schedule, AT, AT + 4 * DAY)
    assert found == [
        ("21 02", "Ana Ames", "layer"), ("22 02", "Bob Bell", "calendar"), ("22 10", "Ana Ames", "layer"),
        ("24 02", "Zoe Zander", "calendar"), ("24 10", "Ana Ames", "layer"),
    ]  # fmt: skip
    assert list(CalendarEntry.objects.filter(person=None).values_list("summary", flat=True)) == ["Stranger"]
    assert rosters.who_is_on_call(house.schedule, AT + DAY) == house.bob
    assert rosters.on_call(house.schedule, AT + DAY).source == Source.CALENDAR
    assert sentences(house.schedule, AT + DAY)[-1] == "Calendar theirs: Bob Bell, 2026-11-22 02:04 to 2026-11-22 10:04"
    rows = dict(rosters.layer_shifts(house.schedule, AT, AT + 2 * DAY))
    assert [one.person for one in rows["theirs"]] == [None, house.bob, None]
    writers.add_absence(house.bob, starts=AT + DAY, ends=AT + DAY + HOUR, by=None, at=AT)
    assert rosters.who_is_on_call(house.schedule, AT + DAY) == house.ana
    writers.add_override(house.schedule, person=house.mia, starts=AT + DAY, ends=AT + 2 * DAY, by=None, at=AT)
    assert rosters.who_is_on_call(house.schedule, AT + DAY + 2 * HOUR) == house.mia


def test_a_name_that_nobody_has_is_a_gap_where_nothing_lies_below(server: CalendarServer, house: House) -> None:
    alone = make_schedule("alone", team=house.team)
    server.served = Served(
        calendar(shift("Ana", AT, 2), shift("Stranger", AT + 2 * HOUR, 2), shift("Bob", AT + 4 * HOUR, 2))
    )
    added(server, schedule=alone, role="secondary")
    assert rosters.who_is_on_call(alone, AT + HOUR) is None, "another role"
    found = [one.person and one.person.name for one in rosters.shifts(alone, AT, AT + 6 * HOUR, role="secondary")]
    assert found == ["Ana Ames", None, "Bob Bell"]
    assert set(rosters.role_shifts(alone, AT, AT + DAY)) == {"primary", "secondary"}


def test_what_is_over_stays_whatever_the_calendar_says_later(server: CalendarServer, house: House) -> None:
    server.served = Served(calendar(shift("Bob", AT - HOUR, 10), shift("Mia", AT + DAY)))
    one = added(server, schedule=house.schedule)
    assert held(house.schedule, AT - 2 * HOUR, AT + HOUR) == [
        ("21 00", "Ana Ames", "layer"),
        ("21 02", "Bob Bell", "calendar"),
    ]
    later = AT + 2 * HOUR
    assert calendars.refresh(one, at=later)
    assert CalendarEntry.objects.count() == 2, "what goes on is not cut at each look"
    server.served = Served(calendar(shift("Mia", AT - HOUR, 10)))
    assert calendars.refresh(one, at=later)
    assert held(house.schedule, AT - HOUR, AT + 10 * HOUR) == [
        ("21 01", "Ana Ames", "layer"), ("21 02", "Bob Bell", "calendar"), ("21 04", "Mia Moss", "calendar"),
        ("21 11", "Ana Ames", "layer"),
    ]  # fmt: skip
    calendars.remove_calendar(one, at=later + HOUR)
    calendars.remove_calendar(one, at=later + 2 * HOUR)
    assert held(house.schedule, AT, AT + 10 * HOUR) == [
        ("21 02", "Bob Bell", "calendar"), ("21 04", "Mia Moss", "calendar"), ("21 05", "Ana Ames", "layer"),
    ]  # fmt: skip
    one.refresh_from_db()
    assert (one.removed_at, one.address) == (later + HOUR, "")
    assert not calendars.refresh(
        ImportedCalendar(pk=one.pk, address=server.url, kind=one.kind, schedule=house.schedule), at=later
    )


def test_absences_of_a_team_are_like_typed_ones(server: CalendarServer, house: House) -> None:
    house.ana.timezone = "Europe/London"
    house.ana.save()
    body = calendar(
        event("UID:1\nSUMMARY:Ana Ames - holiday\nDTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261125"),
        event("UID:2\nSUMMARY:Zoe Zander - holiday\nDTSTART;VALUE=DATE:20261123"),
        event("UID:3\nSUMMARY:Bob works elsewhere\nDTSTART;VALUE=DATE:20261123\nTRANSP:TRANSPARENT"),
        event("UID:4\nSUMMARY:Bob\nDTSTART;VALUE=DATE:20261201"),
    )
    server.served = Served(body)
    one = added(server, kind=Kind.ABSENCES, team=house.team, name="People's days")
    rows = Absence.objects.order_by("starts").values_list("person__name", "starts", "ends", "timezone", "reason")
    assert list(rows) == [
        ("Ana Ames", datetime(2026, 11, 23), datetime(2026, 11, 25), "Europe/London", "People's days"),  # noqa: DTZ001
        ("Bob Bell", datetime(2026, 12, 1), datetime(2026, 12, 2), "UTC", "People's days"),  # noqa: DTZ001
    ]
    assert list(CalendarEntry.objects.filter(person=None).values_list("summary", flat=True)) == ["Zoe Zander - holiday"]
    assert rosters.who_is_on_call(house.schedule, AT + 3 * DAY) is None
    assert not Notice.objects.exists(), "nobody stands in"
    mine = Absence.objects.get(person=house.bob)
    mine.removed_at = AT + HOUR
    mine.save()
    calendars.refresh(one, at=AT + 2 * HOUR)
    assert Absence.objects.filter(person=house.bob).get().removed_at == AT + HOUR, (
        "what was taken back by hand stays so"
    )
    server.served = Served(calendar())
    calendars.refresh(one, at=AT + 3 * DAY)
    assert Absence.objects.get(person=house.ana).removed_at == AT + 3 * DAY
    assert rosters.who_is_on_call(house.schedule, AT + 2 * DAY + HOUR) is None, "they were away until then"
    assert rosters.who_is_on_call(house.schedule, AT + 3 * DAY) == house.ana


def test_in_a_persons_own_calendar_everything_is_about_them(server: CalendarServer, house: House) -> None:
    house.ana.timezone = "Europe/London"
    house.ana.save()
    repeated = (
        "UID:1\nSUMMARY:Dentist with Bob\nDTSTART:20261023T013000\nDTEND:20261023T020000\nRRULE:FREQ=DAILY;COUNT=4"
    )
    server.served = Served(calendar(event(repeated)))
    at = datetime(2026, 10, 20, tzinfo=UTC)
    added(server, kind=Kind.ABSENCES, person=house.ana, at=at)
    rows = Absence.objects.order_by("starts").values_list("person", "starts", "timezone", "reason")
    london = [(house.ana.pk, datetime(2026, 10, day, 1, 30), "Europe/London", "theirs") for day in (23, 24, 25, 26)]  # noqa: DTZ001
    assert list(rows) == london
    spans = rosters.shifts(house.schedule, at + 5 * DAY, at + 5 * DAY + 3 * HOUR)
    assert [(f"{one.start:%H:%M}", bool(one.person)) for one in spans] == [
        ("00:00", True),
        ("00:30", False),
        ("02:00", True),
    ]


def test_who_stands_in_hears_it_when_it_is_read(server: CalendarServer, house: House) -> None:
    pair = make_schedule("pair", house.ana, house.bob, team=house.team, every=52)
    house.bob.timezone = "Europe/Berlin"
    house.bob.save()
    server.served = Served(calendar())
    one = added(server, kind=Kind.ABSENCES, team=house.team)
    server.served = Served(calendar(event("UID:1\nSUMMARY:Ana\nDTSTART;VALUE=DATE:20261124")))
    for _time in range(2):
        calendars.refresh(one, at=AT)
    notice = Notice.objects.get()
    assert (notice.person, notice.path) == (house.bob, pair.path)
    assert notice.subject == "You stand in for Ana Ames, who is away"
    assert notice.body == "pair: Tue 24 Nov 01:00 CET – Wed 25 Nov 01:00 CET (Ana Ames)"
    server.served = Served(calendar())
    calendars.refresh(one, at=AT + HOUR)
    assert Notice.objects.count() == 1, "who is there again stands in for nobody"


def test_holidays_are_asked_by_day(server: CalendarServer, house: House) -> None:
    body = calendar(
        event("UID:1\nSUMMARY:Founders' day\nDTSTART;VALUE=DATE:20261210"),
        event("UID:2\nSUMMARY:Last week\nDTSTART;VALUE=DATE:20261112"),
    )
    server.served = Served(body)
    one = added(server, kind=Kind.HOLIDAYS, team=house.team)
    team = house.team.pk
    found = {day: holidays.team_holiday(team, date(2026, *day)) for day in ((12, 9), (12, 10), (12, 11), (11, 12))}
    assert found == {(12, 9): "", (12, 10): "Founders' day", (12, 11): "", (11, 12): "Last week"}
    assert holidays.team_holiday(make_team("others").pk, date(2026, 12, 10)) == ""
    evening = datetime(2026, 12, 9, 20, tzinfo=UTC)
    assert not holidays.is_working(team, datetime(2026, 12, 10, 12, tzinfo=UTC))
    assert holidays.next_morning(team, evening).date() == date(2026, 12, 11)
    calendars.remove_calendar(one, at=AT)
    assert holidays.is_working(team, datetime(2026, 12, 10, 12, tzinfo=UTC))
    assert holidays.next_morning(team, evening).date() == date(2026, 12, 10)
    assert holidays.team_holiday(team, date(2026, 11, 12)) == "Last week"


def test_only_what_is_new_is_read_and_once_a_day_everything(server: CalendarServer, house: House) -> None:
    server.served = Served(calendar(shift("Bob", AT + DAY)), etag='"1"')
    one = added(server, schedule=house.schedule)
    work_off(AT + 15 * timedelta(minutes=1), "calendars")
    work_off(AT + 20 * timedelta(minutes=1), "calendars")
    work_off(AT + DAY + HOUR, "calendars")
    assert [asked.get("if-none-match") for asked in server.asked] == [None, '"1"', None]
    one.refresh_from_db()
    assert (one.good_at, one.read_at, one.error) == (AT + DAY + HOUR, AT + DAY + HOUR, "")
    server.served.status = 304
    with pytest.raises(NotFetched, match="nothing changed"):
        calendars.ask(one, AT, whole=True)


def test_the_last_good_copy_is_kept_and_it_is_told_once_after_a_day(server: CalendarServer, house: House) -> None:
    server.served = Served(calendar(shift("Bob", AT + DAY, 48)))
    one = added(server, schedule=house.schedule)
    server.served = Served(b"down", status=500)
    for hours in (1, 12, 24, 26, 30):
        work_off(AT + hours * HOUR, "calendars", "calendars that fail")
        assert rosters.who_is_on_call(house.schedule, AT + DAY + HOUR) == house.bob
        assert Notice.objects.count() == (2 if hours > 24 else 0)
    assert set(Notice.objects.values_list("person__name", "path")) == {
        ("Lea", "/oncall/payments-primary/calendars/"), ("Max", "/oncall/payments-primary/calendars/"),
    }  # fmt: skip
    notice = Notice.objects.all()[0]
    assert notice.subject == "The calendar “theirs” of payments-primary has not been read for a day"
    assert notice.body.startswith("The other side answers with the error 500.")
    one.refresh_from_db()
    assert (one.failing_since, one.good_at, one.told_at) == (AT + HOUR, AT, AT + 26 * HOUR)
    server.served = Served(calendar(shift("Mia", AT + DAY, 48)))
    work_off(AT + 31 * HOUR, "calendars", "calendars that fail")
    one.refresh_from_db()
    assert (one.failing_since, one.told_at, one.error) == (None, None, "")
    assert rosters.who_is_on_call(house.schedule, AT + 31 * HOUR) == house.mia
    server.served = Served(calendar(event("SUMMARY:Bomb\nDTSTART:20261201T000000Z\nRRULE:FREQ=SECONDLY")))
    work_off(AT + 32 * HOUR, "calendars", "calendars that fail")
    one.refresh_from_db()
    assert one.error == "“Bomb” repeats every second: that is not read."


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_fetch_and_who_dies_in_it_loses_a_turn(server: CalendarServer, house: House) -> None:
    """While the other side thinks there is no transaction, and the row says already when it is asked next."""
    server.served = Served(calendar(shift("Bob", AT + DAY)))
    one = added(server, schedule=house.schedule)
    asking, seen = connections["default"], []

    def meanwhile() -> None:
        seen.append((asking.in_atomic_block, ImportedCalendar.objects.get().due_at))
        connections["default"].close()  # this thread's own

    server.meanwhile = meanwhile
    server.served = Served(calendar(shift("Mia", AT + DAY)))
    assert calendars.look(one.pk, AT + HOUR)
    assert seen == [(False, AT + HOUR + calendars.EVERY)]
    assert not calendars.look(one.pk, AT + HOUR), "twice is once"
    calendars.remove_calendar(one, at=AT + HOUR)
    assert calendars.due(AT + DAY, 10) == []


def test_the_same_address_twice_is_once_and_there_is_a_most(
    server: CalendarServer, house: House, monkeypatch: Any
) -> None:
    assert swaps.mates(house.schedule, house.ana) == []
    server.served = Served(ONCALL)
    first = added(server, schedule=house.schedule)
    assert added(server, schedule=house.schedule) == first
    strangers = CalendarEntry.objects.filter(person=None).values_list("summary", flat=True)
    assert list(strangers) == []
    User.objects.filter(pk=house.bob.pk).update(email="another@example.com")
    calendars.refresh(first, at=AT, whole=True)
    assert list(strangers.all()) == ["On Call - Payments - Primary (bob.bell@example.com)"]
    User.objects.filter(pk=house.bob.pk).update(email="bob.bell@example.com")
    calendars.refresh(first, at=AT, whole=True)
    assert swaps.mates(house.schedule, house.ana) == [house.bob]
    Schedule.objects.filter(pk=house.schedule.pk).update(archived_at=AT)
    assert calendars.due(AT + DAY, 10) == []
    monkeypatch.setattr(calendars, "MOST", 1)
    with pytest.raises(ValidationError, match="There are 1 calendars already"):
        added(server, schedule=house.schedule, role="shadow")
    with pytest.raises(ValidationError, match="Null characters"):
        added(server, schedule=house.schedule, name="a\x00b")


def test_calendar_programs_hear_of_it(server: CalendarServer, house: House) -> None:
    feed = feeds.open_feed(house.zoe, at=AT)
    assert feeds.shifts_of(feed, AT) == []
    server.served = Served(calendar(shift("Zoe Zander", AT + DAY)))
    added(server, schedule=house.schedule, at=AT + HOUR)
    (only,) = feeds.shifts_of(feed, AT)
    assert (only.person, only.start, only.changed) == (house.zoe, AT + DAY, AT + HOUR)


def test_a_row_with_nonsense_does_not_keep_anybody_asleep(server: CalendarServer, house: House) -> None:
    server.served = Served(calendar(shift("Bob", AT + DAY), shift("Mia", AT + 2 * DAY)))
    added(server, schedule=house.schedule)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE oncall_calendarentry SET \"end\" = 'infinity' WHERE summary = 'Bob'")
    assert rosters.who_is_on_call(house.schedule, AT + DAY) == house.ana
    assert rosters.who_is_on_call(house.schedule, AT + 2 * DAY) == house.mia


@pytest.mark.parametrize(
    ("served", "sentence"),
    [
        (Served(b"", status=500), "The other side answers with the error 500."),
        (Served(b"", status=404), "The other side answers with the error 404."),
        (Served(b"x" * (5 * 1024 * 1024 + 1)), "It is larger than 5 MB, the most that is read."),
        (Served(gzip.compress(b"\0" * 50_000_000), headers={"Content-Encoding": "gzip"}), "sends it compressed"),
        (Served(status=302, headers={"Location": "http://169.254.169.254/latest/"}), "does not call addresses inside"),
        (Served(status=302, headers={"Location": "file:///etc/passwd"}), "Only plain http and https"),
        (Served(status=302, headers={"Location": "basic.ics"}), "The address leads on and on."),
        (Served(status=302), "The address leads on and on."),
    ],
)  # fmt: skip
def test_what_is_not_fetched_says_why_without_the_address(
    server: CalendarServer, served: Served, sentence: str
) -> None:
    server.served = served
    with pytest.raises(NotFetched, match=sentence) as refused:
        fetch(server.url)
    assert "private" not in str(refused.value)


def test_a_slow_drip_ends(server: CalendarServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.served = Served(drip=0.02)
    monkeypatch.setattr(calendar_fetch, "LIMIT", 0.5)
    with pytest.raises(NotFetched, match="No answer within"):
        fetch(server.url)


def test_an_inner_address_is_not_called(server: CalendarServer, settings: Settings) -> None:
    settings.EGRESS_ALLOW = []
    with pytest.raises(NotFetched, match="does not call addresses inside"):
        fetch(server.url)
    assert server.asked == []


def test_addresses() -> None:
    assert calendar_fetch.plain_address(" webcal://a.example/b ") == "https://a.example/b"
    assert calendar_fetch.plain_address("http://a.example/b") == "http://a.example/b"
    assert calendar_fetch.host_of("WEBCAL://a.example/secret") == "a.example"
    assert calendar_fetch.host_of("http://[") == ""
