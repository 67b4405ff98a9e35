"""Who is reminded of what and when: by mail, once, by day; and in one word after a silence of the workers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db.models import Min

from incidents import command
from incidents import lifecycle as incidents
from incidents.models import Incident
from postmortems import lifecycle, reminders
from postmortems.models import Clock, Postmortem, Reminder
from teams.models import Notice, User
from tests.clock import work_off
from tests.postmortems.written import WORK, World, utc

SECOND = timedelta(seconds=1)


@pytest.fixture
def world(db: None) -> World:
    """People who live in UTC."""
    return World()


def told(person: User, since: datetime | None = None) -> list[tuple[datetime, str]]:
    """What a person was told of postmortems: when, and the subject without the incident's number."""
    rows = Notice.objects.filter(person=person, subject__icontains="postmortem").order_by("created_at", "pk")
    return [
        (row.created_at, " ".join(word for word in row.subject.split() if not word.startswith("INC-")))
        for row in rows
        if since is None or row.created_at >= since
    ]


def live(start: datetime, end: datetime) -> None:
    """Let the dispatcher look at `start`, at each instant at which something is due, and at `end`."""
    at: datetime | None = start
    while at and at <= end:
        work_off(at, *WORK)
        at = Reminder.objects.filter(done_at=None, due_at__gt=at).aggregate(next=Min("due_at"))["next"]
    work_off(end, *WORK)


def internal_only(world: World) -> Incident:
    """Resolved on Monday 30 November at 10:00, a short one: only the internal postmortem is owed."""
    return world.end(world.open(at=utc(30, 9, 50)), utc(30, 9, 55), utc(30, 10))


def test_the_owner_is_reminded_at_each_step(world: World) -> None:
    internal_only(world)
    live(utc(30, 10), utc(1, 12, month=12))
    assert told(world.alice) == [
        (utc(30, 10), "Postmortem of is yours: 1 d left"),
        (utc(30, 14), "Postmortem of 20 h left"),
        (utc(30, 20), "Postmortem of 14 h left"),
        (utc(1, 8, month=12), "Postmortem of 2 h left"),
        (utc(1, 10, month=12), "Postmortem of is due now"),
    ]
    assert told(world.mia) == [(utc(1, 10, month=12), "Postmortem of is not there: what blocks it? (0 min late)")]
    assert told(world.dan) == []


def test_each_working_day_at_ten_and_the_director_after_three_days(world: World) -> None:
    internal_only(world)
    live(utc(30, 10), utc(8, 12, month=12))
    days = [at for at, _subject in told(world.alice, since=utc(1, 11, month=12))]
    assert days == [utc(day, 10, month=12) for day in (2, 3, 4, 7, 8)]
    assert [at for at, _subject in told(world.mia)] == [utc(day, 10, month=12) for day in (1, 2, 3, 4, 7, 8)]
    assert told(world.dan) == [(utc(3, 10, month=12), "Postmortem of is not there: what blocks it? (2 d late)")]


def test_nobody_is_reminded_once_it_is_filed(world: World) -> None:
    incident = internal_only(world)
    work_off(utc(30, 10), *WORK)
    written = world.write(incident, utc(30, 11))
    lifecycle.file(written, world.alice, utc(30, 12))
    before = Notice.objects.count()
    live(utc(30, 12), utc(8, 12, month=12))
    assert Notice.objects.count() == before
    assert not Reminder.objects.filter(done_at=None).exists()


def test_workers_down_over_every_reminder_send_one_word_each(world: World) -> None:
    internal_only(world)
    back = utc(8, 12, month=12)
    work_off(back, *WORK)
    assert [at for at, _subject in told(world.alice)] == [back]
    assert [at for at, _subject in told(world.mia)] == [back]
    assert [at for at, _subject in told(world.dan)] == [back]
    outcomes = Reminder.objects.filter(step__endswith=f".{world.alice.pk}").values_list("outcome", flat=True)
    assert sorted(outcomes) == ["", *["collapsed"] * 4, "sent"]
    assert Clock.objects.get().state == "missed"
    work_off(back + SECOND, *WORK)
    assert len(told(world.alice)) == 1


def test_workers_that_come_back_at_night_wait_for_the_morning(world: World) -> None:
    internal_only(world)
    work_off(utc(1, 23, month=12), *WORK)
    assert told(world.alice) == []
    work_off(utc(2, 8, month=12) - SECOND, *WORK)
    assert told(world.alice) == []
    work_off(utc(2, 8, month=12), *WORK)
    assert [at for at, _subject in told(world.alice)] == [utc(2, 8, month=12)]


def test_the_worked_case_in_berlin(db: None) -> None:
    world = World("Europe/Berlin")
    incident = world.over()
    incidents.reopen(incident, at=utc(28, 9))
    live(utc(28, 9), utc(28, 9))
    world.end(incident, utc(28, 9, 30), utc(28, 10))
    live(utc(28, 10), utc(29, 10))
    times = [at for at, subject in told(world.alice, since=utc(28, 10)) if not subject.startswith("Public")]
    assert times == [utc(28, 10), utc(28, 14), utc(28, 19), utc(29, 8), utc(29, 10)]
    assert [at for at, subject in told(world.mia) if not subject.startswith("Public")] == []
    live(utc(29, 10, 30), utc(30, 7))
    assert [at for at, subject in told(world.mia) if not subject.startswith("Public")] == [utc(30, 7)]


def test_the_night_in_which_the_clock_is_put_back(db: None) -> None:
    """Resolved on Saturday 24 October at noon in Berlin: 24 hours later it is 11:00 there, and 20:00 was 18:00 UTC."""
    world = World("Europe/Berlin")
    world.end(world.open(at=utc(24, 9, 50, month=10)), utc(24, 9, 55, month=10), utc(24, 10, month=10))
    live(utc(24, 10, month=10), utc(25, 10, month=10))
    times = [at for at, _subject in told(world.alice)]
    assert times == [utc(24, hour, month=10) for hour in (10, 14, 18)] + [utc(25, hour, month=10) for hour in (8, 10)]
    assert Clock.objects.get().due_at == utc(25, 10, month=10)


def test_the_public_clock_tells_more_people_as_it_runs_out(world: World) -> None:
    """Mitigated on Tuesday 1 December at 10:00 after half an hour; the internal one is filed at once."""
    incident = world.open(at=utc(1, 9, 30, month=12))
    command.take_role(incident, role="point_of_contact", person=world.bob, by=world.bob, at=utc(1, 9, 35, month=12))
    world.end(incident, utc(1, 10, month=12), utc(1, 11, month=12))
    work_off(utc(1, 11, month=12), *WORK)
    Clock.objects.get(kind="internal").reminders.all().delete()
    Clock.objects.filter(kind="internal").update(state="met", ended_at=utc(1, 11, month=12))
    live(utc(1, 11, month=12), utc(7, 12, month=12))
    bob = [at for at, subject in told(world.bob) if subject.startswith("Public")]
    assert bob == [
        utc(1, 11, month=12),
        *(utc(day, 10, month=12) for day in (2, 3)),
        utc(3, 20, month=12),
        *(utc(day, 10, month=12) for day in (4, 7)),
    ]
    assert [at for at, _subject in told(world.mia)] == [
        utc(3, 20, month=12),
        *(utc(day, 10, month=12) for day in (4, 7)),
    ]
    assert [at for at, _subject in told(world.dan)] == [utc(4, 10, month=12)]


def test_responders_hear_once_where_the_draft_is(world: World) -> None:
    incident = world.open(at=utc(30, 9, 50))
    command.note(incident, by=world.bob, text="Looking.", at=utc(30, 9, 52))
    world.end(incident, utc(30, 9, 55), utc(30, 10))
    live(utc(30, 10), utc(30, 16))
    assert told(world.bob) == [(utc(30, 10), "Postmortem of write down what you saw while it is fresh")]


def test_the_buttons_are_links(world: World) -> None:
    incident = internal_only(world)
    work_off(utc(30, 10), *WORK)
    notice = Notice.objects.filter(person=world.alice, subject__startswith="Postmortem").get()
    assert notice.path == f"/postmortems/{incident.number}/"
    for act in ("hand-over", "extend", "blocked"):
        assert f"/postmortems/{incident.number}/{act}/" in notice.body


def test_handing_over_moves_what_is_left(world: World) -> None:
    incident = internal_only(world)
    live(utc(30, 10), utc(30, 15))
    written = Postmortem.objects.get(incident=incident)
    lifecycle.hand_over(written, world.bob, world.alice, utc(30, 15))
    live(utc(30, 15), utc(1, 8, month=12))
    assert [at for at, _subject in told(world.bob)] == [utc(30, 15), utc(30, 20), utc(1, 8, month=12)]
    assert [at for at, _subject in told(world.alice)] == [utc(30, 10), utc(30, 14)]


def test_an_owner_who_left_is_followed_by_the_lead(world: World) -> None:
    internal_only(world)
    work_off(utc(30, 10), *WORK)
    world.alice.is_active = False
    world.alice.save()
    live(utc(30, 14), utc(1, 8, month=12))
    assert Postmortem.objects.get().owner == world.bob
    assert told(world.bob)[0] == (utc(30, 14), "Postmortem of is yours now (the owner left)")
    assert len(told(world.alice)) == 1


def test_the_last_steps_move_with_an_extension(world: World) -> None:
    incident = internal_only(world)
    live(utc(30, 10), utc(1, 9, month=12))
    written = Postmortem.objects.get(incident=incident)
    reason = "Half of the people are at the conference."
    lifecycle.extend(written, "internal", None, reason, world.mia, utc(1, 9, 30, month=12))
    live(utc(1, 10, month=12), utc(2, 10, month=12))
    times = [at for at, _subject in told(world.alice, since=utc(1, 9, 30, month=12))]
    assert times == [utc(1, 20, month=12), utc(2, 8, month=12), utc(2, 10, month=12)]


def test_reminders_are_planned_twice_and_sent_once(world: World) -> None:
    internal_only(world)
    work_off(utc(30, 10), *WORK)
    clock = Clock.objects.get()
    before = set(Reminder.objects.values_list("step", "due_at"))
    reminders.lay_out(clock, utc(30, 10))
    assert set(Reminder.objects.values_list("step", "due_at")) == before
    assert reminders.remind(clock.pk, utc(30, 10)) is False
    assert len(told(world.alice)) == 1
