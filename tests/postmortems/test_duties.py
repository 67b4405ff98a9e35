"""What is owed, and what later changes do to it: class, impact, stamps, requests, backfills (C1, C4, C7, C8, C18-C20)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from incidents import command, declaring
from incidents import lifecycle as incidents
from incidents.models import ImpactInterval, Incident, Kind, NotAllowed
from postmortems import clocks, lifecycle
from postmortems.facts import facts_of, minutes
from postmortems.models import Clock
from tests.clock import work_off
from tests.factories import make_service
from tests.postmortems.written import FELT, MITIGATED, RESOLVED, WORK, World, state_of, utc

SECOND = timedelta(seconds=1)
BECAUSE = "A customer told us about it by phone."


@pytest.fixture
def world(db: None) -> World:
    """People and a service that tolerates 10.08 minutes a week."""
    return World()


def due_of(incident: Incident, kind: str = "internal") -> object:
    """When it is due by the API's word; the stored clock must say the same once the work is done."""
    incident = Incident.objects.get(pk=incident.pk)
    before = clocks.view_of(incident, at=RESOLVED)[kind]
    work_off(incident.clocks_due_at or RESOLVED, *WORK)
    incident = Incident.objects.get(pk=incident.pk)
    assert clocks.view_of(incident, at=RESOLVED)[kind] == before
    stored = Clock.objects.filter(postmortem__incident=incident, kind=kind).exclude(state="cancelled").last()
    assert (stored.due_at if stored else None) == (before["due_at"] if before else None)
    return before["due_at"] if before else None


def small(world: World, *, ack: bool = True) -> Incident:
    """A standard incident of five minutes, resolved; nothing is owed."""
    incident = world.open("standard", ack=ack)
    return world.end(incident, utc(27, 17, 5), RESOLVED)


def test_extended_impact_begins_just_after_the_tolerable_minutes(world: World) -> None:
    """99.9 % tolerates 10 minutes 4.8 seconds a week."""
    at = world.end(world.open("standard"), FELT + timedelta(seconds=604), RESOLVED)
    over = world.end(world.open("standard"), FELT + timedelta(seconds=605), RESOLVED)
    assert (due_of(at), due_of(at, "public")) == (None, None)
    assert due_of(over) == utc(28, 18, 40)
    assert due_of(over, "public") == FELT + timedelta(seconds=605, hours=72)


def test_nobody_acknowledged_on_any_level(world: World) -> None:
    incident = world.open("standard", ack=False)
    incidents.resolve(incident, at=utc(27, 17, 5))
    assert due_of(incident) is None
    asked = world.open("standard", ack=False)
    Incident.objects.get(pk=asked.pk).tell(Kind.EXHAUSTED, at=utc(27, 17, 3))
    incidents.resolve(asked, at=utc(27, 17, 5))
    assert due_of(asked) == utc(28, 17, 5)


def test_anybody_may_ask_for_a_postmortem_and_gets_a_day(world: World) -> None:
    incident = small(world)
    work_off(RESOLVED, *WORK)
    lifecycle.request(incident, world.bob, utc(28, 9))
    assert due_of(incident) == utc(29, 9)
    assert due_of(incident, "public") is None
    lifecycle.request(incident, world.mia, utc(28, 10))
    assert due_of(incident) == utc(29, 9)


def test_asked_for_while_it_burns_it_counts_from_the_end(world: World) -> None:
    incident = world.open("standard")
    lifecycle.request(incident, world.bob, FELT)
    world.end(incident, utc(27, 17, 5), RESOLVED)
    assert due_of(incident) == utc(28, 18, 40)


def test_lost_data_owes_both(world: World) -> None:
    incident = small(world)
    work_off(RESOLVED, *WORK)
    lifecycle.flag(incident, data_loss=True, by=world.bob, at=utc(30, 12))
    assert due_of(incident) == utc(1, 12, month=12)
    assert due_of(incident, "public") == utc(1, 12, month=12)
    assert list(Clock.objects.values_list("late_flag", flat=True)) == [True, True]


@pytest.mark.parametrize(("flagged", "due"), [(utc(29, 17, 5), utc(30, 17, 5)), (utc(29, 17, 6), utc(30, 17, 6))])
def test_impact_flagged_later_gives_at_least_a_day(world: World, flagged: object, due: object) -> None:
    """C7: T1 + 72 h is Monday 30th 17:05; flagged later than 24 hours before that, the day counts."""
    incident = small(world)
    work_off(RESOLVED, *WORK)
    assert isinstance(flagged, type(RESOLVED))
    lifecycle.flag(incident, public_by_hand=True, because=BECAUSE, by=world.bob, at=flagged)
    assert due_of(incident, "public") == due
    assert Clock.objects.get(kind="public").late_flag


def test_the_public_duty_is_taken_away_by_hand_with_a_reason(world: World) -> None:
    incident = world.over()
    with pytest.raises(NotAllowed, match="20 characters"):
        lifecycle.flag(incident, public_by_hand=False, because="no", by=world.bob, at=RESOLVED)
    lifecycle.flag(incident, public_by_hand=False, because=BECAUSE, by=world.bob, at=RESOLVED)
    assert clocks.view_of(Incident.objects.get(pk=incident.pk))["public"] is None
    assert state_of(incident, "public") == "cancelled"
    lifecycle.flag(incident, public_by_hand=True, because=BECAUSE, by=world.bob, at=utc(27, 20))
    assert due_of(incident, "public") == utc(30, 18, 5)


@pytest.mark.parametrize("look", [True, False])
def test_a_class_raised_later_gives_a_day(world: World, *, look: bool) -> None:
    incident = small(world)
    if look:
        work_off(RESOLVED, *WORK)
    incidents.change_class(incident, to="major", by=world.bob, at=utc(28, 9))
    assert due_of(incident) == utc(29, 9)
    assert Clock.objects.get(kind="internal").late_flag


def test_a_class_raised_from_major_changes_nothing(world: World) -> None:
    incident = world.over("major")
    incidents.change_class(incident, to="critical", by=world.bob, at=utc(28, 9))
    assert due_of(incident) == utc(28, 18, 40)


@pytest.mark.parametrize("look", [True, False])
def test_a_class_lowered_later_keeps_the_duty(world: World, *, look: bool) -> None:
    incident = world.over(mitigated=utc(27, 17, 5), look=look)
    incidents.change_class(incident, to="standard", by=world.bob, at=utc(27, 19))
    assert due_of(incident) == utc(28, 18, 40)
    with pytest.raises(NotAllowed, match="internal postmortem first"):
        lifecycle.close_incident(incident, world.alice, utc(27, 19))


def test_an_edited_stamp_moves_the_deadline_but_leaves_four_hours(world: World) -> None:
    incident = world.over()
    edited = utc(28, 13)
    command.edit_stamps(
        incident, stamps={"resolved_at": utc(27, 18, 10)}, reason="The log says so.", by=world.bob, at=edited
    )
    assert due_of(incident) == utc(28, 18, 10)
    again: dict[str, datetime | None] = {"resolved_at": utc(27, 18, 6), "mitigated_at": utc(27, 17, 55)}
    command.edit_stamps(incident, stamps=again, reason="The log says so.", by=world.bob, at=utc(28, 16))
    assert due_of(incident) == utc(28, 20)
    assert due_of(incident, "public") == utc(30, 17, 55)


def test_another_stamp_moves_nothing(world: World) -> None:
    incident = world.over()
    stamps: dict[str, datetime | None] = {"reacted_at": utc(27, 17, 1)}
    command.edit_stamps(incident, stamps=stamps, reason="The log says so.", by=world.bob, at=utc(28, 18))
    assert due_of(incident) == utc(28, 18, 40)


def test_impact_written_down_later_owes_a_public_postmortem(world: World) -> None:
    incident = small(world)
    work_off(RESOLVED, *WORK)
    interval = ImpactInterval(service=world.service, start=FELT, end=utc(27, 18), kind="partial")
    command.set_impact(incident, interval=interval, by=world.bob, at=utc(28, 9))
    assert due_of(incident, "public") == utc(30, 17, 5)
    assert due_of(incident) == utc(29, 9)


def test_a_past_incident_counts_from_its_entry(world: World) -> None:
    stamps = {"detected_at": utc(20, 9), "impact_started_at": utc(20, 9), "resolved_at": utc(20, 12)}
    incident = declaring.declare(
        title="Old", service=world.service, severity="major", by=world.alice, at=RESOLVED, stamps=stamps
    )
    assert (due_of(incident), due_of(incident, "public")) == (utc(28, 18, 40), utc(30, 18, 40))


def test_a_drill_and_a_cancelled_incident_owe_nothing(world: World) -> None:
    drill = declaring.declare(
        title="Drill", service=world.service, severity="critical", by=world.alice, at=FELT, drill=True
    )
    incidents.resolve(drill, by=world.alice, at=RESOLVED)
    assert (due_of(drill), due_of(drill, "public")) == (None, None)
    lifecycle.close_incident(drill, world.alice, RESOLVED)
    gone = incidents.cancel(world.open(), by=world.alice, at=RESOLVED)
    assert (due_of(gone), due_of(gone, "public")) == (None, None)
    with pytest.raises(NotAllowed, match="cancelled"):
        lifecycle.request(gone, world.bob, RESOLVED)


def test_a_reopened_incident_that_is_cancelled_owes_nothing(world: World) -> None:
    incident = world.over()
    incidents.reopen(incident, at=utc(28, 9))
    incidents.cancel(incident, by=world.alice, at=utc(28, 10))
    work_off(utc(28, 10), *WORK)
    assert clocks.view_of(Incident.objects.get(pk=incident.pk)) == {"internal": None, "public": None}
    assert set(Clock.objects.values_list("state", flat=True)) == {"cancelled"}


def test_minutes_are_counted_once_and_over_every_stretch(world: World) -> None:
    incident = world.over()
    other = make_service("search", team=world.service.team)
    ImpactInterval.objects.create(
        incident=incident, service=other, start=utc(27, 17, 30), end=utc(27, 18, 30), kind="degraded"
    )
    hidden = {"customer_visible": False, "kind": "outage"}
    ImpactInterval.objects.create(incident=incident, service=other, start=utc(27, 10), end=utc(27, 17), **hidden)
    facts = facts_of(Incident.objects.get(pk=incident.pk))
    assert facts.customer_minutes == 90
    assert set(facts.targets) == {99.9, None}
    assert minutes([(FELT, None)]) == 0
    assert facts.mitigated_at == MITIGATED


def test_a_list_of_views_takes_one_query_or_five(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    looked = [world.over().pk for _one in range(4)]
    changed = [world.over(look=False).pk for _one in range(4)]
    for keys, queries in ((looked, 1), ([*looked, *changed], 5)):
        found = list(Incident.objects.filter(pk__in=keys).select_related("service"))
        with django_assert_num_queries(queries):
            views = clocks.views_of(found, at=RESOLVED)
        assert {view["internal"]["state"] for view in views.values() if view["internal"]} == {"running"}
    with django_assert_num_queries(0):
        clocks.views_of([Incident(pk=9, state="triage")])


def test_another_target_rewrites_no_history(world: World) -> None:
    incident, short = world.over(), small(world)
    work_off(RESOLVED, *WORK)
    for target in (95, 99.99):
        world.service.target = Decimal(target)
        world.service.save()
        assert due_of(incident, "public") == utc(30, 18, 5)
        assert due_of(short, "public") is None


@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize(
    ("late", "due", "state"), [(timedelta(0), utc(28, 22, 40), "running"), (SECOND, utc(28, 18, 40), "missed")]
)
def test_an_edit_after_the_deadline_does_not_make_it_in_time(
    world: World, late: timedelta, due: datetime, state: str, *, swept: bool
) -> None:
    incident, at = world.over(), utc(28, 18, 40) + late
    if swept:
        work_off(at, *WORK)
    stamps: dict[str, datetime | None] = {"resolved_at": utc(27, 18, 39)}
    command.edit_stamps(incident, stamps=stamps, reason="The log says so.", by=world.bob, at=at)
    for looked in (False, True):
        if looked:
            work_off(at, *WORK)
            work_off(at + SECOND, *WORK)
        view = clocks.view_of(Incident.objects.get(pk=incident.pk), at=at + SECOND)
        assert view["internal"] == {"due_at": due, "state": state}
