"""Clocks of real incidents: just before, at and just after each instant, whether the due work has run or not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents import lifecycle as incidents
from incidents.models import Incident
from postmortems import clocks, lifecycle
from postmortems.models import Clock, Postmortem
from tests.clock import work_off
from tests.postmortems.written import MITIGATED, RESOLVED, WORK, World, fresh, state_of, utc

SECOND = timedelta(seconds=1)


@pytest.fixture
def world(db: None) -> World:
    """People and a service."""
    return World()


def test_both_clocks_are_right_before_and_after_the_work_that_stores_them(world: World) -> None:
    incident = world.over(look=False)
    expected = {
        "internal": {"due_at": utc(28, 18, 40), "state": "running"},
        "public": {"due_at": utc(30, 18, 5), "state": "running"},
    }
    assert clocks.view_of(incident, at=RESOLVED) == expected
    assert not Postmortem.objects.exists()
    work_off(RESOLVED, *WORK)
    incident = Incident.objects.get(pk=incident.pk)
    assert incident.clocks_due_at is None
    assert clocks.view_of(incident, at=RESOLVED) == expected
    written = Postmortem.objects.get(incident=incident)
    assert written.owner == world.alice
    assert written.rows.count() > 2


def test_filing_exactly_at_due_is_met_and_a_second_later_is_missed(world: World) -> None:
    incident = world.over()
    written = world.write(incident, RESOLVED)
    lifecycle.file(written, world.alice, utc(28, 18, 40))
    assert state_of(incident, "internal") == "met"
    assert fresh(written).filed_at == utc(28, 18, 40)


def test_filing_late_is_missed_whether_the_sweep_saw_it_or_not(world: World) -> None:
    incident = world.over()
    written = world.write(incident, RESOLVED)
    lifecycle.file(written, world.alice, utc(28, 18, 40) + SECOND)
    clock = Clock.objects.get(postmortem=written, kind="internal")
    assert (clock.state, clock.missed_at, clock.ended_at) == ("missed", utc(28, 18, 40), utc(28, 18, 40) + SECOND)


def test_the_sweep_misses_only_after_the_instant(world: World) -> None:
    incident = world.over()
    work_off(utc(28, 18, 40), *WORK)
    assert state_of(incident, "internal") == "running"
    work_off(utc(28, 18, 40) + SECOND, *WORK)
    assert state_of(incident, "internal") == "missed"
    assert state_of(incident, "public") == "running"


def test_a_standard_incident_owes_nothing_and_closes(world: World) -> None:
    incident = world.over("standard", mitigated=utc(27, 17, 5))
    assert clocks.view_of(incident) == {"internal": None, "public": None}
    lifecycle.close_incident(incident, world.alice, RESOLVED)


def test_the_worked_case_reopened(world: World) -> None:
    incident = world.over()
    incidents.reopen(incident, at=utc(28, 9))
    work_off(utc(28, 9), *WORK)
    assert [state_of(incident, kind) for kind in ("internal", "public")] == ["cancelled", "cancelled"]
    world.end(incident, utc(28, 9, 30), utc(28, 10))
    view = clocks.view_of(Incident.objects.get(pk=incident.pk), at=utc(28, 10))
    assert view["internal"] == {"due_at": utc(29, 10), "state": "running"}
    assert view["public"] == {"due_at": utc(1, 9, 30, month=12), "state": "running"}
    work_off(utc(28, 10), *WORK)
    assert clocks.view_of(Incident.objects.get(pk=incident.pk), at=utc(28, 10)) == view
    assert MITIGATED < RESOLVED
