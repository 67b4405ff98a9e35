"""What rotations asked of people, collected from pages, rosters, stories and verdicts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from incidents import command, lifecycle
from incidents.models import Incident, RoleTenure
from oncall import skills
from oncall.health import WINDOW, Kind, Tone
from oncall.models import Coverage, DutyRole, Layer, Schedule
from paging import verdicts
from review.health import Own, health_of
from review.spread import leading_of
from teams.models import Service, User
from tests.factories import (
    AT,
    make_incident,
    make_layer,
    make_page,
    make_policy,
    make_schedule,
    make_service,
    make_team,
    make_user,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HELD = "primary of pay, step 1"


@pytest.fixture
def people(db: None) -> list[User]:
    """Four, in turns of a week; Ana has it in the week of AT, since Monday 2026-11-16 09:00."""
    return [make_user(name) for name in ("Cleo", "Dan", "Ana", "Bob")]


@pytest.fixture
def pay(people: list[User]) -> Schedule:
    team = make_team("payments", members=tuple(people))
    return make_schedule("pay", *people, team=team, starts=datetime(2026, 1, 26, 9))  # noqa: DTZ001 - a wall clock


@pytest.fixture
def ledger(pay: Schedule) -> Service:
    """A service that asks the pager."""
    service = make_service("ledger", team=pay.team)
    Coverage.objects.create(service=service, policy=make_policy("ledger", (300, ["schedule:pay"])))
    return service


def rang(
    person: User, service: Service, at: datetime, *, acked: timedelta | None = None, done: timedelta | None = None
) -> Incident:
    """A page of the pager, its answer, and the end of the incident, so long after it."""
    incident = make_incident(service=service, at=at)
    policy = {"repeat": 0, "steps": [{"notify": ["schedule:pay"]}], "catch_all": []}
    escalation = incident.escalations.create(fence=1, policy=policy, started_at=at)
    make_page(person, incident, at=at, escalation=escalation, because=HELD, acked_at=at + acked if acked else None)
    if acked:
        lifecycle.acknowledge(incident, by=person, at=at + acked)
    if done:
        incident = lifecycle.resolve(Incident.objects.get(pk=incident.pk), by=person, at=at + done)
    return incident


def own(schedule: Schedule, name: str, at: datetime = AT) -> Own:
    """The figures of one person."""
    (found,) = health_of([schedule], at)
    return next(one for one in found.people if one.person.name == name)


def test_the_holder_at_that_time_is_ana(pay: Schedule, people: list[User]) -> None:
    assert own(pay, "Ana").last
    assert own(pay, "Ana").shifts[-1].shift.start == datetime.fromisoformat("2026-11-16T09:00Z")


def test_a_shift_is_counted_from_pages_answers_and_verdicts(pay: Schedule, people: list[User], ledger: Service) -> None:
    ana = people[2]
    monday = AT.replace(day=16, hour=12, minute=0)
    first = rang(ana, ledger, monday, acked=5 * HOUR / 60, done=HOUR)
    rang(ana, ledger, monday + 40 * HOUR / 60, acked=5 * HOUR / 60, done=80 * HOUR / 60)
    night = rang(ana, ledger, monday + 14 * HOUR, acked=HOUR / 12, done=HOUR)
    make_page(ana, at=monday)  # a test to herself
    make_page(ana, make_incident(drill=True, at=monday), at=monday, because=HELD)
    verdicts.judge(first, by=ana, worth=True, at=AT)
    verdicts.judge(night, by=ana, worth=False, at=AT)
    shift = own(pay, "Ana").last
    assert shift
    assert (shift.pages, shift.interruptions, shift.off_hours, shift.of_sleep, shift.broken_nights) == (3, 2, 1, 1, 1)
    assert shift.minutes == 115 + 55, "12:05 to 14:00 as one, 02:05 to 03:00"
    assert (shift.judged, shift.worth) == (2, 1)
    (health,) = health_of([pay], AT)
    assert (health.pages, health.interruptions, health.of_sleep, health.actionable) == (3, 2, 1, 0.5)


def test_shares_count_the_members_and_hours_are_elapsed(pay: Schedule, people: list[User]) -> None:
    (health,) = health_of([pay], AT)
    assert sum(health.rotation.hours.values()) == pytest.approx(WINDOW / HOUR)
    assert {one.person.name for one in health.people} == {"Ana", "Bob", "Cleo", "Dan"}
    assert sum(one.share for one in health.people) == pytest.approx(1)
    assert sum(one.weeks for one in health.people) == pytest.approx(1)


def test_the_weeks_count_every_pager_also_the_second_ones(pay: Schedule, people: list[User]) -> None:
    before = own(pay, "Ana").weeks
    other = make_schedule("other", people[2], team=pay.team)
    assert before < 0.3
    assert own(pay, "Ana").weeks == pytest.approx(1)
    Layer.objects.filter(schedule=other).update(role=DutyRole.SECONDARY)
    assert own(pay, "Ana").weeks == pytest.approx(1)
    Layer.objects.filter(schedule=other).update(role=DutyRole.SHADOW)
    assert own(pay, "Ana").weeks == pytest.approx(before)


def test_flags_of_a_quiet_rotation_and_of_a_busy_one(pay: Schedule, people: list[User], ledger: Service) -> None:
    for number, person in enumerate(people[:2]):
        skills.train(person, pay, on=date(2026, 5, 1), at=AT, by=None, trainer=f"T{number}")
    (health,) = health_of([pay], AT)
    assert {flag.kind for flag in health.flags} == {Kind.SMALL, Kind.OFTEN}, "around the clock by four"
    for hour in (0, 5, 11):
        rang(people[2], ledger, AT - 12 * HOUR + hour * HOUR)
    (health,) = health_of([pay], AT)
    assert next(flag.amount for flag in health.flags if flag.kind == Kind.BUSY) == 3


def test_who_left_and_who_only_helped_out_are_no_members(pay: Schedule, people: list[User]) -> None:
    User.objects.filter(pk=people[0].pk).update(last_day=date(2026, 11, 1))
    make_layer(pay, make_user("Eve"), name="summer", ends=datetime(2026, 9, 1, 9))  # noqa: DTZ001
    (health,) = health_of([pay], AT)
    assert len(health.rotation.hours) == 3
    assert {"Cleo", "Eve"} <= {one.person.name for one in health.people}, "their own figures are theirs to read"


def test_one_trained_person_is_a_risk_and_a_lapsed_training_is_none(pay: Schedule, people: list[User]) -> None:
    def single() -> tuple[Tone, float] | None:
        (health,) = health_of([pay], AT)
        return next(((flag.tone, flag.amount) for flag in health.flags if flag.kind == Kind.SINGLE), None)

    assert single() == (Tone.AMBER, 0)
    skills.train(people[0], pay, on=date(2026, 5, 1), at=AT, by=None)
    lapsed = skills.train(people[1], pay, on=date(2026, 5, 1), at=AT, by=None, holds_until=date(2026, 11, 20))
    assert single() == (Tone.RED, 1)
    assert not lapsed.holds(AT)
    assert lapsed.holds(AT - DAY)
    skills.train(people[1], pay, on=date(2026, 11, 20), at=AT, by=None)
    assert single() is None


@pytest.mark.parametrize(("hour", "owed"), [(1, True), (17 - 24, False), (20 - 24, False), (22 - 24, True)])
def test_rest_is_owed_after_the_last_act_of_the_night(
    hour: int, owed: bool, pay: Schedule, people: list[User], ledger: Service
) -> None:
    midnight = AT.replace(hour=0, minute=0)  # a Saturday; the day before is a working day
    rang(people[2], ledger, midnight + hour * HOUR, acked=HOUR / 60)
    until = own(pay, "Ana").rest_until
    assert until == (midnight + hour * HOUR + HOUR / 60 + 11 * HOUR if owed else None)
    assert own(pay, "Ana", AT + 12 * HOUR).rest_until is None, "it is over"


def test_who_leads_next(pay: Schedule, people: list[User], ledger: Service) -> None:
    (nobody,) = leading_of([ledger], AT)
    assert (nobody.trained, nobody.next_lead, nobody.spread.index) == ([], None, None)
    cleo, dan, ana, bob = people
    for person in (ana, bob, cleo):
        skills.train(person, pay, on=date(2026, 5, 1), at=AT, by=None)
    skills.train(dan, ledger, on=date(2026, 5, 1), at=AT, by=None)
    for number in range(3):
        rang(ana, ledger, AT - (number + 1) * DAY, acked=HOUR / 60, done=HOUR)
    incident = rang(ana, ledger, AT - 5 * DAY, acked=HOUR / 60)
    command.take_role(incident, role=RoleTenure.Role.FACILITATOR, person=bob, by=bob, at=AT - 5 * DAY + HOUR)
    rang(dan, ledger, AT - 181 * DAY, acked=HOUR / 60, done=HOUR)
    (found,) = leading_of([ledger], AT)
    assert [str(one) for one in found.trained] == ["Ana", "Bob", "Cleo", "Dan"]
    assert found.never == [cleo, dan]
    assert found.next_lead == cleo
    assert found.spread.narrow


def test_its_statements_do_not_grow(
    pay: Schedule, people: list[User], ledger: Service, django_assert_num_queries: Any
) -> None:
    rang(people[2], ledger, AT - HOUR, acked=HOUR / 60)
    with django_assert_num_queries(12):
        health_of(Schedule.objects.select_related("team"), AT)
    for number in range(6):
        make_schedule(f"more-{number}", *people, make_user(), team=pay.team)
        rang(people[2], ledger, AT - number * DAY, acked=HOUR / 60)
    with django_assert_num_queries(12):
        assert len(health_of(Schedule.objects.select_related("team"), AT)) == 7


def test_statements_of_the_services_do_not_grow(pay: Schedule, ledger: Service, django_assert_num_queries: Any) -> None:
    skills.train(make_user(), pay, on=date(2026, 5, 1), at=AT, by=None)
    with django_assert_num_queries(6):
        leading_of(Service.objects.all(), AT)
    for number in range(5):
        Coverage.objects.create(
            service=make_service(f"s-{number}"), policy=make_policy(f"p-{number}", (300, ["schedule:pay"]))
        )
    with django_assert_num_queries(6):
        assert all(len(one.trained) == 1 for one in leading_of(Service.objects.all(), AT))
