"""Calendar feeds: read by two parsers that nobody here wrote, the same as the API; secret, revocable, still when unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from ics.icalendar import Calendar
from vobject.base import readOne

from oncall import feeds, rosters, writers
from oncall.models import Feed, Schedule
from oncall.setup import Rotation, save_schedule
from teams.models import User
from tests.factories import AT, make_schedule, make_team, make_token, make_user

pytestmark = pytest.mark.django_db
Duty = list[tuple[datetime, datetime, str]]


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    """The clock stands at AT (Saturday 2026-11-21 02:04 UTC)."""
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


@pytest.fixture
def ana() -> User:
    """She has the pager at AT."""
    return make_user("Ana Ames")


@pytest.fixture
def bob() -> User:
    """His week is the next one."""
    return make_user("Bob Bell")


@pytest.fixture
def schedule(ana: User, bob: User) -> Schedule:
    """Ana and Bob, week about."""
    return make_schedule("payments-primary", ana, bob, team=make_team("payments"))


def path_of(feed: Feed) -> str:
    """Its address inside the site."""
    return "/ical/" + feeds.address_of(feed).rpartition("/")[2]


def read(feed: Feed) -> str:
    """What a calendar program gets."""
    answer = Client().get(path_of(feed))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    return str(answer.content.decode())


def events(text: str) -> list[Any]:
    """The events of a calendar, as a parser of others reads them."""
    return list(readOne(text).contents.get("vevent", []))  # type: ignore[no-untyped-call]


def by_vobject(text: str) -> Duty:
    """(start, end, person) as one parser reads it."""
    found = events(text)
    return joined((e.dtstart.value, e.dtend.value, e.contents["x-sharpend-person"][0].value) for e in found)


def by_ics(text: str) -> Duty:
    """The same by another."""
    found: list[Any] = list(Calendar(text).events)
    persons = [next(line.value for line in e.extra if line.name == "X-SHARPEND-PERSON") for e in found]
    return joined((e.begin.datetime, e.end.datetime, person) for e, person in zip(found, persons, strict=True))


def by_api(schedule: Schedule, person: User, start: datetime, end: datetime) -> Duty:
    """The same from the API."""
    asked = {"from": start.isoformat(), "to": end.isoformat()}
    bearer = {"Authorization": f"Bearer {make_token(person)}"}
    rows = Client().get(f"/api/v1/schedules/{schedule.slug}/shifts/", asked, headers=bearer).json()
    read_at = datetime.fromisoformat
    return joined((read_at(row["start"]), read_at(row["end"]), row["person"]) for row in rows if row["person"])


def joined(rows: Any) -> Duty:  # noqa: ANN401 - any triples
    """In order, and neighbours of one person as one."""
    found: Duty = []
    for start, end, person in sorted(rows):
        if found and found[-1][1:] == (start, person):
            start = found.pop()[0]  # noqa: PLW2901
        found.append((start.astimezone(UTC), end.astimezone(UTC), person))
    return found


def inside(duty: Duty, start: datetime, end: datetime) -> Duty:
    """Cut to a window."""
    return [(max(a, start), min(b, end), who) for a, b, who in duty if b > start and a < end]


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("change", ["2027-03-20", "2027-10-20"])
def test_two_parsers_and_the_api_read_the_same_across_both_changes(
    zone: str, change: str, ana: User, bob: User, now: time_machine.Traveller
) -> None:
    schedule = make_schedule("rota", ana, bob, timezone=zone, unit="day", every=2)
    made = [make_user(name) for name in ("Cy", "Di")]
    rows = [Rotation("base", [ana.pk, bob.pk], datetime(2026, 1, 5, 2, 30), 2, "day")]  # noqa: DTZ001
    windows: list[dict[str, object]] = [{"days": ["sat", "sun"], "from": "22:00", "to": "06:00"}]
    rows += [Rotation("nights", [one.pk for one in made], datetime(2026, 1, 5), 1, "day", windows=windows)]  # noqa: DTZ001
    save_schedule(schedule, layers=rows, by=ana, at=AT)
    day = datetime.fromisoformat(change)
    writers.add_override(schedule, person=made[0], starts=day, ends=day + timedelta(days=1, hours=3), by=ana, at=AT)
    writers.add_cover(schedule, person=made[1], covered=ana, starts=day, ends=day + timedelta(days=9), by=ana, at=AT)
    now.move_to(day.replace(tzinfo=UTC))
    text = read(feeds.open_feed(ana, schedule=schedule, at=AT))
    start, end = day.replace(tzinfo=UTC) - feeds.BACK, day.replace(tzinfo=UTC) + feeds.AHEAD
    expected = by_api(schedule, ana, start, end)
    assert len(expected) > 100
    assert inside(by_vobject(text), start, end) == expected
    assert inside(by_ics(text), start, end) == expected


def test_an_event_says_what_calendar_programs_need(schedule: Schedule, ana: User) -> None:
    text = read(feeds.open_feed(ana, schedule=schedule, at=AT)).replace("\r\n ", "")
    event = events(text)[0]
    assert event.transp.value == "TRANSPARENT"
    assert event.summary.value.endswith(": payments-primary")
    assert event.url.value.endswith("/oncall/payments-primary/")
    assert "DTSTART:2026" in text
    assert "DTSTART;" not in text, "UTC, without a zone to look up"
    assert event.dtstamp.value == event.last_modified.value


def test_mine_are_mine_wherever_they_are(schedule: Schedule, ana: User, bob: User) -> None:
    other = make_schedule("search-primary", bob, team=make_team("search"))
    starts = AT + timedelta(hours=1)
    writers.add_override(other, person=ana, starts=starts, ends=starts + timedelta(hours=2), by=bob, at=AT)
    found = feeds.shifts_of(feeds.open_feed(ana, at=AT), AT)
    assert {one.person for one in found} == {ana}
    assert {one.schedule.slug for one in found} == {"payments-primary", "search-primary"}
    assert "SUMMARY:On call: search-primary" in read(feeds.open_feed(ana, at=AT))


def test_a_team_has_all_of_its_schedules(schedule: Schedule, ana: User, bob: User) -> None:
    make_schedule("payments-secondary", bob, team=schedule.team)
    make_schedule("elsewhere", bob)
    found = feeds.shifts_of(feeds.open_feed(ana, team=schedule.team, at=AT), AT)
    assert {one.schedule.slug for one in found} == {"payments-primary", "payments-secondary"}


def test_the_window_and_what_touches_it(schedule: Schedule, ana: User) -> None:
    found = feeds.shifts_of(feeds.open_feed(ana, schedule=schedule, at=AT), AT)
    day = AT.replace(hour=0, minute=0)
    assert found[0].start < day - feeds.BACK < found[0].end
    assert found[-1].start < day + feeds.AHEAD < found[-1].end


def test_nothing_changed_is_304_and_a_change_moves_the_stamp(schedule: Schedule, ana: User, bob: User) -> None:
    feed = feeds.open_feed(ana, schedule=schedule, at=AT)
    first = Client().get(path_of(feed))
    assert first.headers["Cache-Control"] == "private, max-age=300"
    assert "Set-Cookie" not in first.headers
    etag = {"If-None-Match": first.headers["ETag"]}
    with time_machine.travel(AT + timedelta(hours=3), tick=False):
        assert Client().get(path_of(feed), headers=etag).status_code == 304
        before = events(first.content.decode())[0]
        at = AT + timedelta(hours=3)
        made = writers.add_override(schedule, person=bob, starts=at, ends=at + timedelta(hours=1), by=ana, at=at)
        after = events(Client().get(path_of(feed), headers=etag).content.decode())[0]
    assert int(after.sequence.value) > int(before.sequence.value)
    assert after.dtstamp.value > before.dtstamp.value
    writers.remove_override(made, at=at + timedelta(hours=1))
    again = events(read(feed))[0]
    assert int(again.sequence.value) > int(after.sequence.value), "taking it back is a change too"


def test_other_layers_are_a_change_and_the_same_ones_are_none(schedule: Schedule, ana: User, bob: User) -> None:
    rows = [Rotation("weekly", [ana.pk, bob.pk], datetime(2026, 1, 5, 9))]  # noqa: DTZ001
    for at, changed in ((AT, AT), (AT + timedelta(days=1), AT)):
        save_schedule(schedule, layers=rows, by=ana, at=at)
        schedule.refresh_from_db()
        assert schedule.layers_changed_at == changed
    rows[0] = Rotation("weekly", [bob.pk, ana.pk], datetime(2026, 1, 5, 9))  # noqa: DTZ001
    save_schedule(schedule, layers=rows, by=ana, at=AT + timedelta(days=2))
    schedule.refresh_from_db()
    assert schedule.layers_changed_at == AT + timedelta(days=2)


def test_who_takes_a_whole_shift_takes_its_event(schedule: Schedule, ana: User, bob: User) -> None:
    feed = feeds.open_feed(ana, schedule=schedule, at=AT)
    shift = next(one for one in feeds.shifts_of(feed, AT) if one.start > AT and one.person == ana)
    writers.add_override(schedule, person=bob, starts=shift.start, ends=shift.end, by=ana, at=AT)
    same = next(one for one in feeds.shifts_of(feed, AT) if one.uid == shift.uid)
    assert (same.person, same.start, same.end) == (bob, shift.start, shift.end)
    assert len({one.uid for one in feeds.shifts_of(feed, AT)}) == len(feeds.shifts_of(feed, AT))


def test_revoked_unknown_and_left(schedule: Schedule, ana: User, bob: User) -> None:
    feed, other = feeds.open_feed(ana, schedule=schedule, at=AT), feeds.open_feed(bob, schedule=schedule, at=AT)
    assert feeds.open_feed(ana, schedule=schedule, at=AT) == feed
    feeds.revoke_feed(feed, at=AT)
    anew = feeds.open_feed(ana, schedule=schedule, at=AT)
    assert feeds.address_of(anew) != feeds.address_of(feed)
    assert Client().get(path_of(feed)).status_code == 410
    assert Client().get(path_of(anew)).status_code == 200
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert Client().get(path_of(other)).status_code == 410
    for token in ("1", "x", f"{anew.pk}.AAAA", path_of(anew)[6:-5] + "A", "٣.x"):
        assert Client().get(f"/ical/{token}.ics").status_code == 404, token
    assert Client().post(path_of(anew)).status_code == 405


def test_its_statements_do_not_grow(schedule: Schedule, ana: User, bob: User, django_assert_num_queries: Any) -> None:
    feed = feeds.open_feed(ana, at=AT)
    for number in range(4):
        make_schedule(f"more-{number}", ana, bob)
    with django_assert_num_queries(4):
        Client().get(path_of(feed))


def test_gaps_are_no_events(ana: User) -> None:
    schedule = make_schedule("office", ana, windows=[{"days": ["mon"], "from": "09:00", "to": "17:00"}])
    found = feeds.shifts_of(feeds.open_feed(ana, schedule=schedule, at=AT), AT)
    assert {one.end - one.start for one in found} == {timedelta(hours=8)}
    assert any(shift.person is None for shift in rosters.shifts(schedule, AT, AT + timedelta(days=2)))
