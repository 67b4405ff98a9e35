"""Gaps ahead are announced 14, 7, 2 and 1 days before, each once, to who can fill them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from foundation.dispatch import periodic, registry
from oncall import writers
from oncall.models import GapTold, Layer, LayerMember, Schedule
from paging import gap_words
from teams.models import Membership, Notice, User
from tests.factories import AT, make_schedule, make_team, make_user

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def lead() -> User:
    """Leads the team."""
    return make_user("Lena")


@pytest.fixture
def manager() -> User:
    """Answers for the team."""
    return make_user("Mia")


@pytest.fixture
def schedule(lead: User, manager: User) -> Schedule:
    """Ana alone, every week."""
    team = make_team("payments")
    Membership.objects.create(team=team, user=lead, place=Membership.Place.LEAD)
    team.manager = manager
    team.save()
    return make_schedule("payments-primary", make_user("Ana"), team=team)


def told() -> list[str]:
    """To whom."""
    return [row.person.short_name for row in Notice.objects.order_by("pk")]


def gap_after(schedule: Schedule, days: float) -> None:
    """Nobody has it for eight hours, so many days after AT."""
    LayerMember.objects.filter(layer__schedule=schedule).delete()
    person = make_user(f"Cy {schedule.slug}")
    writers.add_override(schedule, person=person, starts=AT - 20 * DAY, ends=AT + timedelta(days=days), by=None, at=AT)
    writers.add_override(
        schedule,
        person=person,
        starts=AT + timedelta(days=days) + 8 * HOUR,
        ends=AT + 400 * DAY,
        by=None,
        at=AT + timedelta(seconds=1),
    )


def test_at_each_mark_once_and_the_last_two_to_the_manager_too(schedule: Schedule) -> None:
    gap_after(schedule, 14)
    expected = {0: ["Lena"], 6: [], 7: ["Lena"], 11: [], 12: ["Lena", "Mia"], 13: ["Lena", "Mia"], 14: []}
    for day, names in expected.items():
        Notice.objects.all().delete()
        gap_words.tell(AT + day * DAY)
        gap_words.tell(AT + day * DAY + HOUR)
        assert told() == names, day


def test_it_says_which_and_where_to_fill_it(schedule: Schedule) -> None:
    gap_after(schedule, 2)
    gap_words.tell(AT)
    notice = Notice.objects.filter(person__name="Lena").get()
    assert notice.subject == "Nobody has the pager of payments-primary from Mon 23 Nov 02:04 UTC"
    assert notice.body.startswith("Mon 23 Nov 02:04 UTC – Mon 23 Nov 10:04 UTC\n")
    assert notice.path == "/oncall/payments-primary/"


def test_a_gap_found_late_is_said_once_not_four_times(schedule: Schedule) -> None:
    gap_after(schedule, 0.5)
    gap_words.tell(AT)
    assert told() == ["Lena", "Mia"]


def test_nights_that_somebody_wants_free_are_not_said(schedule: Schedule) -> None:
    office = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}]
    Layer.objects.filter(schedule=schedule).update(windows=office)
    for day in range(9):
        gap_words.tell(AT + day * DAY)
    assert told() == []


def test_a_filled_gap_is_not_said_again(schedule: Schedule) -> None:
    gap_after(schedule, 7)
    gap_words.tell(AT)
    assert told() == ["Lena"]
    starts = AT + 7 * DAY
    person = make_user("Flo")
    writers.add_override(schedule, person=person, starts=starts, ends=starts + 8 * HOUR, by=None, at=AT + 2 * HOUR)
    gap_words.tell(AT + 5 * DAY)
    gap_words.tell(AT + 6 * DAY)
    assert told() == ["Lena"]


def test_it_runs_by_itself_forgets_and_costs_little(schedule: Schedule, django_assert_max_num_queries: Any) -> None:
    gap_after(schedule, 7)
    periodic.plant(AT)
    assert registry.do("periodic", "paging.gaps", AT)
    assert told().count("Lena") == 1
    for number in range(4):
        make_schedule(f"more-{number}", make_user(f"P{number}"))
    with django_assert_max_num_queries(8):
        gap_words.tell(AT + HOUR)
    gap_words.tell(AT + 60 * DAY)
    assert not GapTold.objects.exists()


def test_one_schedule_that_fails_does_not_stop_the_others(schedule: Schedule) -> None:
    gap_after(schedule, 7)
    sick = make_schedule("a-sick-one", make_user("Sid"), team=schedule.team)
    gap_after(sick, 7)
    Schedule.objects.filter(pk=sick.pk).update(timezone="Nowhere/At_All")
    gap_words.tell(AT)
    assert told() == ["Lena"]
