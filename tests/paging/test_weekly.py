"""Once a week, in a person's own hours, one way at a time; and what follows when nobody answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from incidents import lifecycle
from paging import answers, asking, outbox, readiness, waking_hours, weekly
from paging.models import ContactMethod, Delivery, Page, PersonalRule
from paging.readiness import Missing
from paging.wake_tests import WakeTest
from teams.models import Notice, Role, User
from tests.factories import make_incident, make_method, make_team, make_user
from tests.threads import together

MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""A Tuesday."""
ZONES = ("UTC", "Europe/London", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago")


def _person(name: str = "Ana", *, zone: str = "UTC", role: str = Role.RESPONDER) -> User:
    person = make_user(name, timezone=zone, role=role)
    make_method(person)
    return person


def _planned(person: User, at: datetime = NOON, **fields: object) -> WakeTest:
    return WakeTest.objects.create(person=person, due_at=at, **fields)


def _run(row: WakeTest, at: datetime) -> WakeTest:
    assert weekly.run(row.pk, at)
    row.refresh_from_db()
    return row


@given(st.integers(1, 10**6), st.sampled_from(ZONES), st.integers(0, 2000))
def test_every_slot_lies_in_working_hours_and_each_week_has_one(person: int, zone: str, weeks: int) -> None:
    week = MONDAY + timedelta(weeks=weeks)
    at = waking_hours.slot(person, zone, week)
    local = at.astimezone(ZoneInfo(zone))
    assert waking_hours.in_hours(at, zone)
    assert local.date() - timedelta(days=local.weekday()) == week
    assert waking_hours.next_week(person, zone, at) == waking_hours.slot(person, zone, week + timedelta(weeks=1))


@given(st.integers(1, 10**6), st.sampled_from(ZONES), st.integers(0, 35_000))
def test_the_next_try_is_ahead_in_hours_and_soon(person: int, zone: str, hours: int) -> None:
    at = NOON + timedelta(hours=hours)
    for found in (waking_hours.again(person, zone, at), waking_hours.next_slot(person, zone, at)):
        assert waking_hours.in_hours(found, zone)
        assert timedelta() < found - at <= timedelta(days=14)


def test_spread_over_the_week() -> None:
    slots = [waking_hours.slot(person, "UTC", MONDAY) for person in range(500)]
    assert {at.weekday() for at in slots} == {0, 1, 2, 3, 4}
    assert len({(at.hour, at.minute) for at in slots}) > 200


@pytest.mark.django_db
def test_a_row_for_each_who_responds_and_has_a_way_once(settings: Settings) -> None:
    ana = _person()
    _person("Olga", role=Role.OBSERVER)
    make_method(make_user("Bob"), verified=False)
    gone = _person("Gone")
    gone.is_active = False
    gone.save()
    settings.WEEKLY_TEST_PAGES = False
    assert weekly.plan(NOON) == 0
    settings.WEEKLY_TEST_PAGES = True
    assert weekly.plan(NOON) == 1
    assert weekly.plan(NOON + timedelta(hours=1)) == 0
    row = WakeTest.objects.get()
    assert row.person == ana
    assert row.due_at >= NOON + timedelta(days=1)


@pytest.mark.django_db
def test_switched_off_nothing_is_due_and_later_nothing_is_made_up_for(settings: Settings) -> None:
    row = _planned(_person())
    settings.WEEKLY_TEST_PAGES = False
    assert weekly.due(NOON, 10) == []
    settings.WEEKLY_TEST_PAGES = True
    late = NOON + timedelta(weeks=3)
    assert weekly.due(late, 10) == [row.pk]
    assert _run(row, late).due_at > late
    assert not Page.objects.exists()


@pytest.mark.django_db
def test_it_rings_one_way_and_an_answer_ends_it() -> None:
    ana = _person()
    row = _run(_planned(ana), NOON)
    page = Page.objects.get()
    assert (page.person, page.reason, page.because) == (ana, "test", "the weekly test of this way")
    assert Delivery.objects.get().method == ana.contact_methods.get()
    assert (row.state, row.due_at) == ("asking", NOON + weekly.ANSWER_WITHIN)
    assert not weekly.run(row.pk, NOON), "not due again"
    answers.answer_page(page, at=NOON + timedelta(minutes=5), via="link")
    row = _run(row, row.due_at)
    assert row.state == "planned"
    assert row.due_at.isocalendar()[1] == NOON.isocalendar()[1] + 1
    assert row.silent_since is None
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_a_receipt_is_as_good_as_an_answer() -> None:
    row = _run(_planned(_person()), NOON)
    Delivery.objects.update(state="delivered", sent_at=NOON)
    assert _run(row, row.due_at).silent_since is None


@pytest.mark.django_db
def test_silence_is_told_to_the_person_and_the_lead_and_nobody_is_paged() -> None:
    ana, lead = _person(), make_user("Lea")
    make_team("payments", members=(ana,), lead=lead)
    row = _run(_planned(ana), NOON)
    Delivery.objects.update(state="sent", sent_at=NOON)
    row = _run(row, row.due_at)
    assert [notice.person for notice in Notice.objects.order_by("pk")] == [ana, lead]
    mine, leads = Notice.objects.order_by("pk")
    assert mine.path == "/settings/methods/"
    assert leads.path == "/oncall/readiness/"
    assert ana.email not in leads.subject + leads.body
    assert Page.objects.count() == 1
    found = readiness.of([ana], NOON)[ana.pk]
    assert found.missing is Missing.SILENT
    assert found.silent_way == ana.contact_methods.get()


@pytest.mark.django_db
def test_a_late_answer_clears_it_and_so_does_any_proof_of_that_way() -> None:
    ana = _person()
    row = _run(_planned(ana), NOON)
    Delivery.objects.update(state="sent", sent_at=NOON)
    row = _run(row, row.due_at)
    answers.answer_page(Page.objects.get(), at=NOON + timedelta(hours=6), via="link")
    assert readiness.of([ana], NOON + timedelta(hours=7))[ana.pk].missing is Missing.NOTHING


@pytest.mark.django_db
def test_what_the_provider_said_is_for_the_person_alone() -> None:
    ana, lead = _person(), make_user("Lea")
    make_team("payments", members=(ana,), lead=lead)
    row = _run(_planned(ana), NOON)
    Delivery.objects.update(state="failed", error="550 no such box")
    _run(row, row.due_at)
    mine, leads = Notice.objects.order_by("pk")
    assert "550 no such box" in mine.body
    assert "550" not in leads.body


@pytest.mark.django_db
def test_each_way_in_turn_in_the_order_of_the_rules() -> None:
    ana = _person()
    mail, other = ana.contact_methods.get(), make_method(ana, slug="a-second", address="two@example.com")
    PersonalRule.objects.create(user=ana, severity="critical", position=0, method=mail)
    PersonalRule.objects.create(user=ana, severity="critical", position=1, method=other, after=60)
    row, rung = _planned(ana), []
    for _week in range(3):
        row = _run(row, row.due_at)
        rung.append(row.method)
        row = _run(row, row.due_at)
    assert rung == [mail, other, mail]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("UTC", NOON.replace(hour=3)),
        ("UTC", NOON + timedelta(days=4)),
        ("Asia/Tokyo", NOON),
        ("UTC", NOON.replace(hour=16)),
    ],
)
def test_never_outside_working_hours(zone: str, at: datetime) -> None:
    row = _run(_planned(_person(zone=zone), at), at)
    assert not Page.objects.exists()
    assert waking_hours.in_hours(row.due_at, zone)


@pytest.mark.django_db
def test_not_while_they_are_in_an_incident_but_an_hour_later() -> None:
    ana = _person()
    incident = lifecycle.acknowledge(make_incident(at=NOON), by=ana, at=NOON)
    row = _run(_planned(ana), NOON)
    assert row.due_at == NOON + timedelta(hours=1)
    assert not Page.objects.exists()
    lifecycle.resolve(incident, at=NOON, by=ana)
    assert _run(row, row.due_at).state == "asking"


@pytest.mark.django_db
def test_not_while_they_are_being_paged() -> None:
    ana, other = _person(), make_incident(at=NOON)
    outbox.write([outbox.Call(ana, "")], reason="first", severity="critical", at=NOON, incident=other)
    assert _run(_planned(ana), NOON).state == "planned"


@pytest.mark.django_db
def test_after_an_outage_it_is_planned_anew() -> None:
    row = _run(_planned(_person(), NOON - timedelta(hours=3)), NOON)
    assert not Page.objects.exists()
    assert row.due_at > NOON


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["inactive", "no way", "observer"])
def test_whoever_cannot_be_tested_waits_a_week(change: str) -> None:
    ana = _person()
    match change:
        case "inactive":
            User.objects.update(is_active=False)
        case "no way":
            ContactMethod.objects.update(disabled_at=NOON)
        case _:
            User.objects.update(role=Role.OBSERVER)
    row = _run(_planned(ana), NOON)
    assert not Page.objects.exists()
    assert row.due_at > NOON + timedelta(days=2)


@pytest.mark.django_db
def test_a_way_taken_away_meanwhile_is_nobodys_silence() -> None:
    ana = _person()
    row = _run(_planned(ana), NOON)
    ContactMethod.objects.all().delete()
    assert _run(row, row.due_at).silent_since is None
    assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_test_once() -> None:
    row = _planned(_person())
    done = together(*[lambda: weekly.run(row.pk, NOON) for _ in range(4)])
    assert sum(bool(one) for one in done) == 1
    assert Page.objects.count() == 1


@pytest.mark.django_db
def test_a_test_by_hand_is_not_the_weekly_one() -> None:
    ana = _person()
    asking.page_me(ana, at=NOON)
    row = _run(_planned(ana), NOON)
    assert Page.objects.count() == 2
    assert row.page == Page.objects.latest("pk")
