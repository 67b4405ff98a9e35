"""Held pages: who is not woken, until when, what ends it, and that nobody takes it for forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from incidents import lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident, Kind
from oncall.models import Schedule
from oncall.wallclock import first_instant
from oncall.working_hours import is_working, next_morning
from paging import answers, audit
from paging.models import Page
from teams.models import Organisation, Role, Service
from tests.clock import work_off
from tests.factories import AT, make_user
from tests.paging.conftest import World, with_mail

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""AT is a Saturday, 02:04."""


@pytest.fixture
def quiet(world: World) -> World:
    """The service is covered in working hours only."""
    world.service.covered = Service.Covered.WORKING_HOURS
    world.service.save()
    return world


def paged() -> list[str]:
    """Who was paged so far, in order."""
    return list(Page.objects.order_by("pk").values_list("person__name", flat=True))


def looked(world: World, severity: str = "standard", at: datetime = AT) -> Incident:
    """An incident, and the first look at it."""
    incident = world.open(severity=severity, at=at)
    work_off(at, "paging")
    incident.refresh_from_db()
    return incident


def test_a_standard_incident_at_night_waits_for_the_next_working_morning(quiet: World) -> None:
    incident = looked(quiet)
    assert (paged(), incident.page_due_at, incident.waits_until) == ([], MONDAY, MONDAY)
    told = incident.timeline.get(kind=Kind.NOT_PAGED)
    assert told.data == {"why": "held", "until": MONDAY.isoformat(), "zone": "UTC", "service": "Checkout"}
    assert work_off(MONDAY - timedelta(seconds=1), "paging") == 0
    work_off(MONDAY, "paging")
    assert paged() == ["Alice"]


@pytest.mark.parametrize("severity", ["critical", "major"])
def test_other_classes_page_at_any_hour(quiet: World, severity: str) -> None:
    looked(quiet, severity)
    assert paged() == ["Alice"]


def test_a_service_that_is_covered_at_night_pages_at_night(world: World) -> None:
    looked(world)
    assert paged() == ["Alice"]


def test_in_working_hours_it_pages_at_once_and_a_run_that_began_goes_on(quiet: World) -> None:
    before = datetime(2026, 11, 23, 17, 59, tzinfo=UTC)
    looked(quiet, at=before)
    work_off(before + timedelta(minutes=5), "paging")
    assert paged() == ["Alice", "Bob"]


@pytest.mark.parametrize(("exposure", "held"), [(None, True), (7000, True), (7001, False)])
def test_what_an_hour_may_cost_overrides(quiet: World, exposure: int | None, held: bool) -> None:
    Service.objects.update(exposure_per_hour=exposure)
    quiet.service.refresh_from_db()
    looked(quiet)
    assert paged() == ([] if held else ["Alice"])


def test_a_measured_share_of_customers_counts(quiet: World) -> None:
    Service.objects.update(exposure_per_hour=100_000)
    quiet.service.refresh_from_db()
    incident = quiet.open(severity="standard")
    incident.impacts.update(share=0.05)
    work_off(AT, "paging")
    assert paged() == []


def test_the_clock_is_the_teams_and_without_a_schedule_the_organisations(quiet: World) -> None:
    Schedule.objects.update(timezone="America/New_York")
    assert looked(quiet).waits_until == datetime(2026, 11, 23, 14, tzinfo=UTC)
    Schedule.objects.update(archived_at=AT)
    Organisation.objects.create(pk=1, name="Acme", timezone="Europe/Berlin")
    assert looked(quiet).waits_until == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_page_now_ends_it(quiet: World) -> None:
    incident = looked(quiet)
    lifecycle.escalate(incident, by=quiet.bob, at=AT + timedelta(minutes=1))
    work_off(AT + timedelta(minutes=1), "paging")
    assert [(page.person.short_name, page.step, page.reason) for page in Page.objects.all()] == [("Alice", 0, "first")]
    work_off(AT + timedelta(minutes=6), "paging")
    assert paged() == ["Alice", "Bob"], "it is not held again at the next step"


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_class_that_rises_ends_it(quiet: World, by_hand: bool) -> None:
    incident = looked(quiet)
    by = quiet.bob if by_hand else None
    lifecycle.change_class(incident, to="major", by=by, at=AT + timedelta(minutes=1), cause="" if by else "am")
    work_off(AT + timedelta(minutes=1), "paging")
    assert paged() == ["Alice"]


def test_a_later_alert_does_not_end_it(quiet: World) -> None:
    incident = looked(quiet)
    Incident.objects.filter(pk=incident.pk).update(page_due_at=AT)
    work_off(AT + timedelta(minutes=1), "paging")
    incident.refresh_from_db()
    assert (paged(), incident.page_due_at) == ([], MONDAY)


def test_taken_back_at_night_it_is_held_again_and_resolved_it_is_not(quiet: World) -> None:
    incident = answers.acknowledge(looked(quiet), by=quiet.alice, at=AT)
    assert incident.page_due_at is None
    lifecycle.unacknowledge(incident, by=quiet.alice, at=AT + timedelta(hours=1))
    work_off(AT + timedelta(hours=1), "paging")
    incident.refresh_from_db()
    assert (paged(), incident.waits_until) == ([], MONDAY)
    assert lifecycle.resolve(incident, at=AT + timedelta(hours=2)).waits_until is None


def test_what_a_person_declares_pages_at_any_hour(quiet: World) -> None:
    lifecycle.open_one(Opening("It burns", quiet.service, "standard", by=quiet.bob), at=AT)
    work_off(AT, "paging")
    assert paged() == ["Alice"]


def test_merging_what_rings_into_what_waits_goes_on_ringing(quiet: World) -> None:
    parent, child = looked(quiet), lifecycle.open_one(Opening("Elsewhere", None, "standard"), at=AT)
    lifecycle.merge(child, into=parent, by=quiet.bob, at=AT + timedelta(minutes=1))
    work_off(AT + timedelta(minutes=1), "paging")
    assert paged() == ["Alice"]


def test_the_auditor_knows_that_it_waits_and_not_for_longer(quiet: World) -> None:
    with_mail(make_user("Root", role=Role.ADMIN))
    incident = looked(quiet)
    assert audit.audit(AT + timedelta(hours=3)) == []
    Incident.objects.filter(pk=incident.pk).update(page_due_at=None)
    assert audit.audit(MONDAY - timedelta(minutes=1)) == []
    assert audit.audit(MONDAY) == [incident.number]


def test_the_page_says_until_when_and_why_and_has_a_button(quiet: World, client: Client) -> None:
    incident = looked(quiet)
    client.force_login(quiet.alice)
    with time_machine.travel(AT, tick=False):
        said = " ".join(client.get(incident.path).content.decode().split())
        assert "Held until" in said
        assert "nobody is woken for a standard incident of Checkout" in said
        assert "because Checkout is covered in working hours" in said
        assert "Page now" in said
        client.post(f"{incident.path}escalate/")
        said = client.get(incident.path).content.decode()
    assert "Page now" not in said


@pytest.mark.parametrize(
    ("local", "working", "morning"),
    [
        ("2026-11-20T08:59", False, "2026-11-20T09:00"),
        ("2026-11-20T09:00", True, "2026-11-23T09:00"),
        ("2026-11-20T17:59", True, "2026-11-23T09:00"),
        ("2026-11-20T18:00", False, "2026-11-23T09:00"),
        ("2026-11-21T12:00", False, "2026-11-23T09:00"),
        ("2026-10-25T02:30", False, "2026-10-26T09:00"),
        ("2026-03-27T23:00", False, "2026-03-30T09:00"),
    ],
)
def test_working_hours_on_the_clock_of_a_zone(local: str, working: bool, morning: str) -> None:
    zone = "Europe/London"
    at = first_instant(datetime.fromisoformat(local), zone)
    assert is_working(at, zone) is working
    assert next_morning(at, zone) == first_instant(datetime.fromisoformat(morning), zone)


def test_the_next_working_morning_is_after_the_holidays() -> None:
    """Christmas Eve at night, in England: Friday and Saturday are holidays, and Monday is one instead."""
    night = datetime(2026, 12, 24, 22, tzinfo=UTC)
    assert next_morning(night, "Europe/London") == datetime(2026, 12, 25, 9, tzinfo=UTC)
    assert next_morning(night, "Europe/London", "GB-ENG") == datetime(2026, 12, 29, 9, tzinfo=UTC)
