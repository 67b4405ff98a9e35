"""A step that is for some hours only is passed at once in the others, and the story says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.next_asked import asked_instead
from incidents.lifecycle import Opening
from incidents.models import Incident, Kind
from oncall.models import EscalationPolicy, EscalationStep, Schedule
from oncall.working_hours import is_taken
from paging.forecast import would_page
from paging.models import Page
from paging.policy import Policy
from paging.rehearsal import rehearse
from tests.clock import work_off
from tests.factories import AT
from tests.paging.conftest import World

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
SATURDAY_NIGHT = AT
MONDAY = datetime(2026, 11, 23, 10, tzinfo=LONDON)


@pytest.fixture
def by_day(world: World) -> World:
    """The first step (Alice) is for working hours, the second one (Bob) for any; the team is in London."""
    EscalationPolicy.objects.update(team=world.service.team)
    Schedule.objects.update(timezone="Europe/London")
    EscalationStep.objects.filter(position=0).update(during="working_hours")
    return world


def called(incident: Incident) -> list[tuple[str, str]]:
    """Who was paged, in order, and why."""
    pages = Page.objects.filter(incident=incident).select_related("person").order_by("pk")
    return [(page.person.short_name, page.reason) for page in pages]


@pytest.mark.parametrize(
    ("clock", "working"),
    [
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T09:00:00", True),
        ("2026-11-23T17:59:59", True),
        ("2026-11-23T18:00:00", False),
        ("2026-11-21T12:00:00", False),  # a Saturday
    ],
)
@pytest.mark.parametrize("zone", ["Europe/London", "Asia/Kolkata", "America/St_Johns"])
def test_the_hours_are_those_of_the_zone(clock: str, working: bool, zone: str) -> None:
    at = datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(zone))
    assert is_taken("working_hours", at, zone) is working
    assert is_taken("off_hours", at, zone) is not working
    assert is_taken("always", at, zone)


def test_outside_them_the_next_step_is_the_first_one(by_day: World) -> None:
    incident = by_day.open(at=SATURDAY_NIGHT)
    work_off(SATURDAY_NIGHT, "paging")
    assert called(incident) == [("Bob", "first")]
    (told,) = incident.timeline.filter(kind=Kind.NOT_PAGED)
    assert (told.cause, told.data["why"]) == ("step 1", "working_hours")


def test_within_them_it_is_a_step_like_any(by_day: World) -> None:
    incident = by_day.open(at=MONDAY)
    work_off(MONDAY, "paging")
    assert called(incident) == [("Alice", "first")]
    assert not incident.timeline.filter(kind=Kind.NOT_PAGED).exists()


def test_a_public_holiday_is_no_working_day(by_day: World) -> None:
    Schedule.objects.update(region="GB-ENG")
    boxing_day_observed = datetime(2026, 12, 28, 10, tzinfo=LONDON)
    incident = by_day.open(at=boxing_day_observed)
    work_off(boxing_day_observed, "paging")
    assert called(incident) == [("Bob", "first")]
    assert is_taken("working_hours", boxing_day_observed, "Europe/London")
    assert not is_taken("working_hours", boxing_day_observed, "Europe/London", "GB-ENG")
    assert is_taken("working_hours", boxing_day_observed + timedelta(days=1), "Europe/London", "GB-ENG")


def test_it_is_asked_at_the_instant_of_the_step(by_day: World) -> None:
    """A run that began in the evening takes the step of the day when its turn comes again in the morning."""
    EscalationStep.objects.filter(position=1).update(wait=3600)
    EscalationPolicy.objects.update(repeat=5)
    before = datetime(2026, 11, 23, 8, 30, tzinfo=LONDON)
    incident = by_day.open(at=before)
    work_off(before, "paging")
    work_off(before + timedelta(hours=1), "paging")
    assert called(incident) == [("Bob", "first"), ("Alice", "repeat")]


def test_when_every_step_is_for_other_hours_the_catch_all_is_paged_at_once(by_day: World) -> None:
    EscalationStep.objects.update(during="working_hours")
    incident = by_day.open(at=SATURDAY_NIGHT)
    work_off(SATURDAY_NIGHT, "paging")
    assert [name for name, _reason in called(incident)] == ["Mia"]
    incident.refresh_from_db()
    assert incident.page_due_at == SATURDAY_NIGHT + timedelta(minutes=15)


def test_the_clock_is_that_of_the_policys_team(by_day: World) -> None:
    Schedule.objects.update(timezone="Australia/Sydney")  # Saturday night
    at = datetime(2026, 11, 23, 0, tzinfo=LONDON)  # 11:00 of Monday there
    incident = by_day.open(at=at)
    work_off(at, "paging")
    assert called(incident)[0][0] == "Alice"


def test_a_running_escalation_keeps_the_hours_that_it_began_with(by_day: World) -> None:
    EscalationPolicy.objects.update(repeat=3)
    incident = by_day.open(at=SATURDAY_NIGHT)
    work_off(SATURDAY_NIGHT, "paging")
    EscalationStep.objects.update(during="always")
    incident.refresh_from_db()
    assert incident.page_due_at
    work_off(incident.page_due_at, "paging")
    assert [name for name, _reason in called(incident)] == ["Bob", "Bob"]


def test_a_run_of_an_older_version_has_steps_for_any_time() -> None:
    old = {"repeat": 0, "steps": [{"wait": 60, "notify": ["user:a@example.com"]}], "catch_all": ["user:b@example.com"]}
    policy = Policy.restore("old", old)
    assert policy.is_taken(policy.steps[0], SATURDAY_NIGHT)


def test_what_is_foretold_agrees(by_day: World) -> None:
    assert would_page(by_day.service, SATURDAY_NIGHT).asked == "Bob"
    assert [step.not_now for step in would_page(by_day.service, SATURDAY_NIGHT).steps] == ["in working hours only", ""]
    assert would_page(by_day.service, MONDAY).asked == "Alice"
    schedule = Schedule.objects.get()
    EscalationStep.objects.filter(position=0).update(during="always", notify=[f"schedule:{schedule.slug}"])
    EscalationStep.objects.filter(position=1).update(during="working_hours")
    policies = list(EscalationPolicy.objects.prefetch_related("steps"))
    schedule.layers.all().delete()
    assert "catch-all" in asked_instead(policies, {schedule.slug}, SATURDAY_NIGHT)[schedule.slug]
    assert asked_instead(policies, {schedule.slug}, MONDAY)[schedule.slug].startswith("Bob at once")


def test_the_rehearsal_says_why_it_is_passed(by_day: World) -> None:
    found = rehearse(Opening("Queue stuck", by_day.service, "critical"), at=SATURDAY_NIGHT)
    first = found.looks[0]
    assert [entry.data["why"] for entry in first.notes] == ["working_hours"]
    assert ([one.person.short_name for one in first.called], first.passed) == (["Bob"], [])
