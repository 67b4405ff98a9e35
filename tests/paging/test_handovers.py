"""Who gets the pager hears it once, with what burns and what was written down; after an outage too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from foundation.dispatch import periodic, registry
from incidents import lifecycle
from oncall import rosters, writers
from oncall.models import HandoverNote, LayerMember, Schedule
from paging import answers, handovers
from teams.models import Notice, Role, User
from tests.factories import AT, make_layer, make_schedule, make_team, make_user
from tests.paging.conftest import World

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNING = AT.replace(hour=9, minute=0, second=0, microsecond=0)
"""Saturday 2026-11-21 09:00 UTC, the first handover after AT of a pager that moves every day."""


@pytest.fixture
def people() -> list[User]:
    """Three who take turns."""
    return [make_user(name, timezone=zone) for name, zone in (("Cy", "UTC"), ("Di", "Asia/Kolkata"), ("Ed", "UTC"))]


@pytest.fixture
def schedule(people: list[User]) -> Schedule:
    """Daily at 09:00; looked at before."""
    schedule = make_schedule("daily", *people, unit="day", team=make_team("daily"))
    handovers.tell(AT)
    schedule.refresh_from_db()
    return schedule


def told() -> list[tuple[str, str]]:
    """(to whom, subject) of every word about a pager."""
    rows = Notice.objects.filter(subject__startswith="You have the pager").order_by("pk")
    return [(row.person.short_name, row.subject) for row in rows]


def holder(schedule: Schedule, at: datetime) -> User:
    """Who has it."""
    found = rosters.who_is_on_call(schedule, at)
    assert found
    return found


def test_nothing_is_told_at_the_first_look_nor_before_the_handover(schedule: Schedule) -> None:
    assert schedule.handovers_told_until == AT
    assert handovers.tell(MORNING - timedelta(minutes=1)) == 0
    assert told() == []


def test_the_next_person_hears_it_once_in_their_own_time(schedule: Schedule) -> None:
    assert handovers.tell(MORNING) == 1
    assert handovers.tell(MORNING + timedelta(minutes=1)) == 0
    ((who, subject),) = told()
    person = holder(schedule, MORNING)
    assert who == person.short_name
    clock = "Sun 22 Nov 14:30 IST" if person.short_name == "Di" else "Sun 22 Nov 09:00 UTC"
    assert subject == f"You have the pager of daily until {clock}"
    notice = Notice.objects.get()
    assert notice.path == "/oncall/daily/"
    assert f"Before you: {holder(schedule, AT)}." in notice.body
    assert "Nothing is open." in notice.body


def test_after_an_outage_over_three_handovers_it_is_one_word_to_the_right_person(schedule: Schedule) -> None:
    at = MORNING + 2 * DAY + HOUR
    assert handovers.tell(at) == 1
    assert [who for who, _subject in told()] == [holder(schedule, at).short_name]


def test_a_turn_that_goes_on_or_to_nobody_is_no_news(people: list[User]) -> None:
    alone = make_schedule("alone", people[0], unit="day")
    office = make_schedule("office", people[1], windows=[{"days": ["sat"], "from": "00:00", "to": "09:00"}])
    handovers.tell(AT)
    assert handovers.tell(MORNING + HOUR) == 0
    Schedule.objects.filter(pk=alone.pk).update(archived_at=AT)
    LayerMember.objects.filter(layer__schedule=office).delete()
    assert handovers.tell(MORNING + 9 * DAY) == 0


def test_an_override_is_a_handover_there_and_back(schedule: Schedule, people: list[User]) -> None:
    other = make_user("Flo")
    writers.add_override(schedule, person=other, starts=AT + HOUR, ends=AT + 2 * HOUR, by=None, at=AT)
    assert handovers.tell(AT + HOUR) == 1
    assert handovers.tell(AT + 2 * HOUR) == 1
    assert [who for who, _subject in told()] == ["Flo", holder(schedule, AT).short_name]


def test_what_burns_is_named_with_who_has_it(world: World) -> None:
    handovers.tell(AT)
    open_one, held, over = world.open(), world.open(), world.open()
    answers.acknowledge(held, by=world.bob, at=AT)
    lifecycle.resolve(over, at=AT)
    secret = world.open()
    type(secret).objects.filter(pk=secret.pk).update(restricted=True, title="Layoffs")
    flo = make_user("Flo")
    schedule = Schedule.objects.get(slug="payments-primary")
    writers.add_override(schedule, person=flo, starts=AT + HOUR, ends=AT + 2 * HOUR, by=None, at=AT)
    handovers.tell(AT + HOUR)
    body = Notice.objects.get(person=flo).body
    assert "2 incidents are open:" in body
    assert f"- {open_one.number} Queue stuck (nobody has it)" in body
    assert f"- {held.number} Queue stuck (Bob has it)" in body
    assert over.number not in body
    assert "Layoffs" not in body


def test_notes_go_to_the_next_person_and_no_further(schedule: Schedule, people: list[User]) -> None:
    note = writers.leave_note(schedule, by=people[0], text=" The disk of db-2 fills: 3 days left. ", at=AT)
    assert handovers.notes_of([schedule]) == [note]
    handovers.tell(MORNING)
    body = Notice.objects.get().body
    assert "Cy wrote for you:\nThe disk of db-2 fills: 3 days left." in body
    assert handovers.notes_of([schedule]) == []
    assert handovers.notes_told([schedule], MORNING - HOUR) == [note]
    handovers.tell(MORNING + DAY)
    assert "disk of db-2" not in Notice.objects.order_by("pk").last().body  # type: ignore[union-attr]


def test_it_runs_by_itself_and_costs_the_same_for_many(
    schedule: Schedule, people: list[User], django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        make_layer(make_schedule(f"more-{number}"), *people)
    handovers.tell(AT)
    with django_assert_max_num_queries(7):
        assert handovers.tell(AT + timedelta(minutes=1)) == 0
    periodic.plant(MORNING + HOUR)
    assert registry.do("periodic", "paging.handovers", MORNING + HOUR)
    assert "You have the pager of daily" in {subject.partition(" until")[0] for _who, subject in told()}


@pytest.fixture
def _morning() -> Iterator[None]:
    with time_machine.travel(MORNING + HOUR, tick=False):
        yield


@pytest.mark.usefixtures("_morning")
class TestPage:
    """Leaving a note, and finding it."""

    def test_left_on_the_schedule_and_found_on_now(
        self, schedule: Schedule, client: Client, people: list[User]
    ) -> None:
        after = holder(schedule, MORNING)
        before = holder(schedule, AT)
        client.force_login(before)
        answer = client.post("/oncall/daily/note/", {"text": "Look at **db-2**."})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/oncall/daily/#notes")
        assert "Look at <strong>db-2</strong>." in client.get("/oncall/daily/").content.decode()
        client.force_login(after)
        assert "Handed on with the pager" not in client.get("/").content.decode()
        handovers.tell(MORNING + HOUR)
        assert "Look at <strong>db-2</strong>." in client.get("/").content.decode()
        assert "Look at" not in client.get("/oncall/daily/").content.decode()
        client.force_login(before)
        assert "Handed on with the pager" not in client.get("/").content.decode()

    @pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
    def test_nonsense_is_refused_in_words(
        self, text: str, schedule: Schedule, client: Client, people: list[User]
    ) -> None:
        client.force_login(people[0])
        answer = client.post("/oncall/daily/note/", {"text": text}, follow=True)
        assert [message.level_tag for message in answer.context["messages"]] == ["error"]
        assert not HandoverNote.objects.exists()

    def test_observers_and_strangers(self, schedule: Schedule, client: Client) -> None:
        client.force_login(make_user("Olga", role=Role.OBSERVER))
        assert client.post("/oncall/daily/note/", {"text": "x"}).status_code == 403
        assert client.get("/oncall/daily/note/").status_code == 405
        assert client.post("/oncall/gone/note/", {"text": "x"}).status_code == 404
