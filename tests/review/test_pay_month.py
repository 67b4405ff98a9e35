"""A month's pay from what is recorded: shifts, swaps, calls, cards; counted, approved, locked and corrected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import InternalError, transaction

from incidents import command, lifecycle
from oncall import rosters, swaps, writers
from oncall.models import Coverage, Schedule
from oncall.pay_hours import MINUTE, Clock, paid_hours
from paging import answers, asking
from review import payroll
from review.models import PayLine, PayMonth, PersonRate, RateCard
from review.month import Month, NoSuchMonthError
from review.pay import Payroll, Slip, payroll_of
from review.pay_facts import lines_of
from teams.models import Organisation, Role, User
from tests.factories import (
    make_incident,
    make_layer,
    make_policy,
    make_schedule,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)
NIGHT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # a Saturday
LONDON = Clock("Europe/London")


@dataclass
class World:
    """Ana and Bob change the pager each Monday at nine, in London; Carla is on no roster. From October on it is paid."""

    ana: User
    bob: User
    carla: User
    boss: User
    schedule: Schedule
    card: RateCard


@pytest.fixture
def world() -> World:
    """The organisation of these tests."""
    Organisation.objects.create(pk=1, name="Example", timezone="Europe/London")
    ana, bob, carla = (make_user(name, timezone="Europe/London") for name in ("Ana", "Bob", "Carla"))
    schedule = make_schedule(
        "payments", ana, bob, team=make_team("payments", members=(ana, bob)), timezone="Europe/London"
    )
    card = RateCard.objects.create(starts=date(2026, 10, 1), currency="GBP", hourly=Decimal(40))
    return World(ana, bob, carla, make_user("Dana", role=Role.DIRECTOR), schedule, card)


def slips(month: Month = NOVEMBER, at: datetime = DECEMBER) -> dict[str, Slip]:
    return {slip.name: slip for slip in payroll_of(month, at, lambda _pk: True).slips}


def engaged(minutes: int, *, by: User, at: datetime = NIGHT, **incident: Any) -> Any:  # noqa: ANN401
    """An incident that `by` acknowledged, and resolved so many minutes later."""
    found = make_incident(at=at, **incident)
    answers.acknowledge(found, by=by, at=at)
    return lifecycle.resolve(found, at=at + minutes * MINUTE, by=by)


def covered(schedule: Schedule, person: User, month: Month = NOVEMBER) -> int:
    """Minutes outside working hours in which `person` had the pager, by the roster alone."""
    shifts = rosters.shifts(schedule, *month.window("Europe/London"))
    pieces = [piece for one in shifts if one.person == person for piece in paid_hours((one.start, one.end), LONDON)]
    return sum(piece.minutes for piece in pieces)


def test_standby_is_what_the_roster_says(world: World) -> None:
    found = slips()
    assert set(found) == {"Ana", "Bob"}
    for name, person in (("Ana", world.ana), ("Bob", world.bob)):
        minutes = sum(found[name].minutes.values())
        assert minutes == covered(world.schedule, person)
        assert found[name].amount == Decimal(minutes) * Decimal("13.20") / 60
    whole = payroll_of(NOVEMBER, DECEMBER, lambda _pk: True)
    assert whole.amount == sum(line.amount for line in lines_of(NOVEMBER, DECEMBER))
    assert (whole.currency, whole.over, whole.row.state) == ("GBP", True, "draft")


def test_months_meet_at_the_organisations_midnight(world: World) -> None:
    Organisation.objects.update(timezone="America/New_York")
    october, november = lines_of(OCTOBER, DECEMBER), lines_of(NOVEMBER, DECEMBER)
    edge = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
    ends = max(end for line in october for _start, end in line.spans)
    starts = min(start for line in november for start, _end in line.spans)
    assert ends == starts == edge
    assert {line.name for line in october if line.spans[-1][1] == edge} == {
        line.name for line in november if line.spans[0][0] == edge
    }


def test_a_swap_an_override_and_a_cover_pay_who_held_it(world: World) -> None:
    before = {name: sum(slip.minutes.values()) for name, slip in slips().items()}
    early = datetime(2026, 11, 1, 12, tzinfo=UTC)
    mine = next(one for one in swaps.shifts_ahead(world.schedule, world.ana, early) if one.start > early)
    asked = swaps.ask_swap(world.schedule, by=world.ana, asked=world.bob, shift=mine, back=None, at=early, note="")
    swaps.accept_swap(asked, by=world.bob, at=early)
    found = slips()
    moved = sum(piece.minutes for piece in paid_hours((mine.start, mine.end), LONDON))
    assert moved
    assert sum(found["Ana"].minutes.values()) == before["Ana"] - moved
    assert sum(found["Bob"].minutes.values()) == before["Bob"] + moved
    night = datetime(2026, 11, 28)  # noqa: DTZ001 - the schedule's clock
    writers.add_override(
        world.schedule, person=world.carla, starts=night, ends=night + timedelta(hours=8), by=None, at=early
    )
    assert slips()["Carla"].minutes["weekend"] == 8 * 60


def test_two_pagers_and_a_second_role_are_paid_once_at_the_best_rate(world: World) -> None:
    alone = slips()["Ana"].amount
    make_layer(world.schedule, world.bob, world.ana, name="second", role="secondary")
    make_schedule("search", world.ana, world.bob, timezone="Europe/London")
    found = slips()
    assert found["Ana"].for_standby > alone
    for name, person in (("Ana", world.ana), ("Bob", world.bob)):
        rows = sorted(span for line in found[name].standby for span in line.spans)
        assert all(one[1] <= then[0] for one, then in zip(rows, rows[1:], strict=False))
        primary = [line for line in found[name].standby if line.role == "primary"]
        assert {line.schedule for line in primary} == {"payments"}
        assert sum(line.total for line in primary) == covered(world.schedule, person)
        assert {line.rate for line in found[name].standby if line.role == "secondary"} == {Decimal("6.60")}


def test_who_answers_is_called_out_and_who_is_pulled_in_too(world: World) -> None:
    service = make_service("checkout", team=world.schedule.team)
    incident = make_incident(service=service, at=NIGHT)
    answers.acknowledge(incident, by=world.bob, at=NIGHT + 2 * MINUTE)
    page = asking.pull_in(incident, person=world.carla, by=world.bob, reason="the queue", at=NIGHT + 10 * MINUTE)
    answers.heard(page, at=NIGHT + 15 * MINUTE)
    command.take_role(incident, role="scribe", person=world.ana, by=world.bob, at=NIGHT + 20 * MINUTE)
    command.take_role(incident, role="observer", person=world.boss, by=world.bob, at=NIGHT + 20 * MINUTE)
    lifecycle.resolve(incident, at=NIGHT + 100 * MINUTE, by=world.bob)
    found = slips()
    assert {name: [line.minutes for line in slip.callouts] for name, slip in found.items() if slip.callouts} == {
        "Bob": [{"weekend": 98}],
        "Carla": [{"weekend": 85}],
        "Ana": [{"weekend": 80}],
    }
    (line,) = found["Carla"].callouts
    assert (line.amount, line.incidents, line.booked) == (Decimal("85.00"), [incident.pk], {"payments": "85.00"})


def test_a_hand_over_and_mitigation_end_the_work(world: World) -> None:
    incident = make_incident(at=NIGHT)
    answers.acknowledge(incident, by=world.ana, at=NIGHT)
    asking.hand_over(incident, to=world.carla, by=world.ana, at=NIGHT + 70 * MINUTE)
    lifecycle.mitigate(incident, at=NIGHT + 150 * MINUTE, by=world.carla)
    lifecycle.resolve(incident, at=NIGHT + 500 * MINUTE, by=world.carla)
    found = slips()
    assert [line.total for line in found["Ana"].callouts] == [70]
    assert [line.total for line in found["Carla"].callouts] == [80]


def test_a_short_call_and_calls_in_working_hours(world: World) -> None:
    engaged(4, by=world.carla)
    engaged(30, by=world.carla, at=datetime(2026, 11, 18, 14, tzinfo=UTC))
    (line,) = slips()["Carla"].callouts
    assert (line.total, line.amount) == (60, Decimal("60.00"))


def test_a_drill_is_no_call_and_what_was_cancelled_was_work(world: World) -> None:
    engaged(30, by=world.carla, drill=True)
    assert "Carla" not in slips()
    incident = make_incident(at=NIGHT)
    answers.acknowledge(incident, by=world.carla, at=NIGHT)
    lifecycle.cancel(incident, at=NIGHT + 90 * MINUTE, by=world.carla)
    assert [line.total for line in slips()["Carla"].callouts] == [90]


def test_standby_only_pays_the_call_of_who_had_no_pager(world: World) -> None:
    RateCard.objects.update(mode=RateCard.Mode.STANDBY)
    holder = rosters.who_is_on_call(world.schedule, NIGHT)
    assert holder is not None
    engaged(30, by=holder)
    engaged(30, by=world.carla)
    found = slips()
    assert [line.total for line in found["Carla"].callouts] == [60]
    assert found[str(holder)].callouts == []


def test_a_card_in_the_middle_of_the_month_and_a_rate_of_ones_own(world: World) -> None:
    card = RateCard.objects.create(starts=date(2026, 11, 16), currency="GBP", hourly=Decimal(80))
    PersonRate.objects.create(card=card, person=world.ana, hourly=Decimal(20))
    edge = datetime(2026, 11, 16, tzinfo=UTC)
    for line in lines_of(NOVEMBER, DECEMBER):
        later = {start >= edge for start, _end in line.spans}
        assert len(later) == 1
        wanted = "13.20" if later == {False} else "6.60" if line.name == "Ana" else "26.40"
        assert line.rate == Decimal(wanted)


def test_nothing_is_paid_before_the_first_card(world: World) -> None:
    RateCard.objects.update(starts=date(2026, 11, 10))
    starts = min(start for line in lines_of(NOVEMBER, DECEMBER) for start, _end in line.spans)
    assert starts == datetime(2026, 11, 10, tzinfo=UTC)
    assert lines_of(OCTOBER, DECEMBER) == []


def test_holidays_follow_the_region_and_special_days_are_for_all(world: World) -> None:
    User.objects.filter(pk=world.ana.pk).update(region="DE-SN")  # Repentance Day: Wednesday 18 November
    RateCard.objects.update(special_days=["2026-11-27"])
    found = slips()
    holder = rosters.who_is_on_call(world.schedule, datetime(2026, 11, 27, 12, tzinfo=UTC))
    assert found[str(holder)].minutes["special"] == 24 * 60
    praying = rosters.who_is_on_call(world.schedule, datetime(2026, 11, 18, 12, tzinfo=UTC))
    assert found["Ana"].minutes["holiday"] == (24 * 60 if praying == world.ana else 0)
    assert found["Bob"].minutes["holiday"] == 0
    User.objects.update(region="DE-SN")
    assert slips()[str(praying)].minutes["holiday"] == 24 * 60


def test_a_zone_that_is_not_known_here_stops_nobodys_pay(world: World) -> None:
    before = slips()["Ana"].amount
    User.objects.filter(pk=world.ana.pk).update(timezone="Mars/Olympus")
    assert slips()["Ana"].amount == before  # on the organisation's clock


def test_an_archived_schedule_is_paid_until_then(world: World) -> None:
    world.schedule.archived_at = datetime(2026, 11, 15, tzinfo=UTC)
    world.schedule.save()
    ends = max(end for line in lines_of(NOVEMBER, DECEMBER) for _start, end in line.spans)
    assert ends == world.schedule.archived_at


def test_the_month_that_runs_is_counted_until_now(world: World) -> None:
    ends = max(end for line in lines_of(NOVEMBER, NIGHT) for _start, end in line.spans)
    assert ends == NIGHT
    assert lines_of(Month(2027, 1), DECEMBER) == []


def test_costs_are_borne_by_the_owners_of_what_is_covered(world: World) -> None:
    other = make_team("search")
    policy = make_policy("all", (300, ["schedule:payments"]))
    for slug, team in (("checkout", world.schedule.team), ("cart", world.schedule.team), ("find", other)):
        Coverage.objects.create(service=make_service(slug, team=team), policy=policy)
    engaged(10, by=world.carla)  # of no service
    payroll.adjust(
        NOVEMBER, person=world.ana, amount=Decimal("-1.01"), lieu=0, reason="a test", by=world.boss, at=DECEMBER
    )
    whole = payroll_of(NOVEMBER, DECEMBER, lambda _pk: True)
    assert sum(whole.costs.values()) == whole.amount
    assert whole.costs[""] == Decimal("58.99")
    standby = sum((slip.for_standby for slip in whole.slips), Decimal())
    assert abs(whole.costs["payments"] - standby * 2 / 3) < Decimal("0.05")


def test_an_approved_month_stays_as_it_was_and_a_rerun_is_identical(world: World) -> None:
    engaged(80, by=world.carla)
    first, again = _said(), _said()
    assert first == again
    payroll.approve(NOVEMBER, by=world.boss, at=DECEMBER)
    assert _said() == first
    night = datetime(2026, 11, 28)  # noqa: DTZ001 - the schedule's clock
    ends, told = night + timedelta(hours=8), night.replace(tzinfo=UTC)
    writers.add_override(world.schedule, person=world.carla, starts=night, ends=ends, by=None, at=told)
    User.objects.filter(pk=world.ana.pk).update(name="Former member 7", timezone="Asia/Kolkata")
    assert _said() == first
    payroll.take_back(NOVEMBER)
    assert _said() != first
    payroll.approve(NOVEMBER, by=world.boss, at=DECEMBER)
    payroll.lock(NOVEMBER, by=world.boss, at=DECEMBER)
    row = PayMonth.objects.get()
    assert (row.state, row.approved_by, row.locked_by, row.locked_at) == ("locked", world.boss, world.boss, DECEMBER)


def _said() -> list[tuple[Any, ...]]:
    whole: Payroll = payroll_of(NOVEMBER, DECEMBER, lambda _pk: True)
    return [
        (
            slip.person.pk,
            slip.name,
            line.kind,
            line.schedule,
            line.minutes,
            line.rows,
            line.rate,
            line.amount,
            line.booked,
        )
        for slip in whole.slips
        for line in slip.lines
    ]


def test_a_locked_month_never_changes_but_by_corrections_beside_it(world: World) -> None:
    payroll.approve(NOVEMBER, by=world.boss, at=DECEMBER)
    payroll.lock(NOVEMBER, by=world.boss, at=DECEMBER)
    before = _said()
    for wrong in (
        lambda: PayLine.objects.update(amount=0),
        lambda: PayLine.objects.all().delete(),
        lambda: payroll.take_back(NOVEMBER),
        lambda: payroll.approve(NOVEMBER, by=world.boss, at=DECEMBER),
        lambda: payroll.lock(NOVEMBER, by=world.boss, at=DECEMBER),
    ):
        with pytest.raises((InternalError, ValidationError)), transaction.atomic():
            wrong()
    amount = slips()["Ana"].amount
    made = payroll.adjust(
        NOVEMBER, person=world.ana, amount=Decimal("12.34"), lieu=30, reason=" Late ", by=world.boss, at=DECEMBER
    )
    assert made.reason == "Late"
    assert (slips()["Ana"].amount, slips()["Ana"].lieu) == (amount + Decimal("12.34"), 30)
    assert _said() == before
    for undo in (made.delete, lambda: type(made).objects.update(amount=0)):
        with pytest.raises(InternalError), transaction.atomic():
            undo()


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda boss: payroll.approve(NOVEMBER, by=boss, at=NIGHT), "not over"),
        (lambda boss: payroll.approve(Month(2026, 9), by=boss, at=DECEMBER), "No rate card"),
        (lambda boss: payroll.take_back(NOVEMBER), "only an approved month"),
        (lambda boss: payroll.lock(NOVEMBER, by=boss, at=DECEMBER), "approve it first"),
        (lambda boss: _adjust(boss, amount=Decimal(0)), "is needed"),
        (lambda boss: _adjust(boss, reason="  "), "Say why"),
        (lambda boss: _adjust(boss, amount=Decimal(10) ** 9), "no more than"),
    ],
)
def test_refusals(act: Callable[[User], object], said: str, world: World) -> None:
    with pytest.raises(ValidationError, match=said):
        act(world.boss)
    assert not PayLine.objects.exists()


def _adjust(by: User, **more: Any) -> object:  # noqa: ANN401
    typed = {"amount": Decimal(5), "lieu": 0, "reason": "a test", **more}
    return payroll.adjust(NOVEMBER, person=by, **typed, by=by, at=DECEMBER)


def card(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"starts": date(2027, 1, 1), "currency": "GBP", "hourly": Decimal(50), "mode": "standby_callout", **more}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (card(mode="callout"), "Call-outs alone are not offered"),
        (card(starts=date(2026, 11, 30)), "choose a day from 2026-12-01"),
        (card(starts=date(2027, 1, 2), currency="EUR"), "first day of a month"),
        (card(hourly=Decimal(-1)), "greater than or equal to 0"),
        (card(hourly=Decimal(10) ** 12), "no more than"),
        (card(starts=date(9999, 12, 31)), "from 1970 to 2199"),
        (card(currency="£"), "Three capital letters"),
        (card(secondary=Decimal(101)), "less than or equal to 100"),
    ],
)
def test_cards_that_are_refused(values: dict[str, Any], said: str, world: World) -> None:
    payroll.approve(NOVEMBER, by=world.boss, at=DECEMBER)
    with pytest.raises(ValidationError, match=said):
        payroll.save_card(values, {})
    assert RateCard.objects.get() == world.card


def test_cards_of_an_approved_month_cannot_be_taken_away_and_a_day_has_one(world: World) -> None:
    first = payroll.save_card(card(), {world.ana: Decimal(60)})
    again = payroll.save_card(card(hourly=Decimal(55)), {world.bob: Decimal(61)})
    assert (first.pk, again.own_rates.get().person) == (again.pk, world.bob)
    payroll.remove_card(again)
    payroll.approve(NOVEMBER, by=world.boss, at=DECEMBER)
    with pytest.raises(ValidationError, match="choose a day"):
        payroll.remove_card(world.card)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "9999-01", "1969-12", "2200-01", "2026-1", "november", "", "2026-11x"]
)
def test_texts_that_are_no_month(text: str) -> None:
    with pytest.raises(NoSuchMonthError):
        Month.read(text)


def test_months_follow_each_other() -> None:
    assert [str(Month(2026, 12).plus(n)) for n in (-12, -1, 0, 1, 13)] == [
        "2025-12",
        "2026-11",
        "2026-12",
        "2027-01",
        "2028-01",
    ]


def test_more_people_cost_no_more_statements(world: World, django_assert_num_queries: Any) -> None:
    engaged(10, by=world.carla)
    with django_assert_num_queries(15):
        lines_of(NOVEMBER, DECEMBER)
    for number in range(4):
        people = [make_user(timezone="Europe/London") for _n in range(3)]
        make_schedule(f"more-{number}", *people, timezone="Europe/London")
        engaged(10, by=people[0])
    with django_assert_num_queries(15):
        assert len({line.name for line in lines_of(NOVEMBER, DECEMBER)}) == 3 + 12


def test_a_call_over_the_end_of_a_month_is_paid_whole_and_once(world: World) -> None:
    begins = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    engaged(270, by=world.carla, at=begins)
    after = datetime(2026, 12, 8, tzinfo=UTC)
    assert [line.total for line in slips(at=after)["Carla"].callouts] == [270]
    assert "Carla" not in slips(Month(2026, 12), at=after)
