"""C12: the child's clocks end, the parent inherits the stricter duty and what was written; filed parents need an update."""

from __future__ import annotations

import pytest

from incidents import lifecycle as incidents
from incidents.models import Incident
from postmortems import clocks, lifecycle
from postmortems.models import Clock, Postmortem
from tests.clock import work_off
from tests.postmortems.written import RESOLVED, SUMMARY, WORK, World, fresh, utc

LATER = utc(27, 20)


@pytest.fixture
def world(db: None) -> World:
    """People and a service."""
    return World()


def shown(incident: Incident, kind: str = "internal") -> object:
    """As the API shows it; the same before and after the clocks are brought in line."""
    before = clocks.view_of(Incident.objects.get(pk=incident.pk), at=LATER)[kind]
    work_off(LATER, *WORK)
    assert clocks.view_of(Incident.objects.get(pk=incident.pk), at=LATER)[kind] == before
    return before


def states(incident: Incident) -> list[str]:
    """Of its internal clocks, round by round."""
    rows = Clock.objects.filter(postmortem__incident=incident, kind="internal")
    return list(rows.values_list("state", flat=True))


def test_the_beginning_is_the_later_end_of_both(world: World) -> None:
    parent, child = world.over(), world.over(resolved=utc(27, 19))
    incidents.merge(child, into=parent, by=world.alice, at=LATER)
    assert shown(parent) == {"due_at": utc(28, 19), "state": "running"}
    assert shown(child) is None
    assert (states(parent), states(child)) == (["running"], ["cancelled"])


def test_the_stricter_duty_goes_over_with_the_class(world: World) -> None:
    parent = world.over("standard", mitigated=utc(27, 17, 1))
    child = world.over("major", mitigated=utc(27, 17, 2))
    incidents.merge(child, into=parent, by=world.alice, at=LATER)
    assert shown(parent) == {"due_at": utc(28, 18, 40), "state": "running"}


def test_filed_into_unfiled(world: World) -> None:
    parent, child = world.over(), world.over()
    written = world.write(child, RESOLVED)
    lifecycle.file(written, world.alice, RESOLVED)
    incidents.merge(child, into=parent, by=world.alice, at=LATER)
    assert shown(parent) == {"due_at": utc(28, 18, 40), "state": "running"}
    assert states(child) == ["met"]
    heir = Postmortem.objects.get(incident=parent)
    assert heir.state == "draft"
    assert heir.summary == f"{child}: {SUMMARY}"
    assert (heir.factors.count(), heir.items.count()) == (2, 1)
    assert heir.rows.filter(text="The queue grew.").count() == 5


def test_unfiled_into_filed_needs_an_update_within_a_day(world: World) -> None:
    parent, child = world.over(), world.over()
    written = world.write(parent, RESOLVED)
    lifecycle.file(written, world.alice, utc(27, 19))
    incidents.merge(child, into=parent, by=world.alice, at=LATER)
    assert shown(parent) == {"due_at": utc(28, 20), "state": "running"}
    assert (fresh(written).state, states(parent)) == ("needs_update", ["met", "running"])
    lifecycle.file(written, world.alice, utc(28, 20))
    assert (fresh(written).state, states(parent)) == ("filed", ["met", "met"])
    incidents.change_class(parent, to="major", by=world.alice, at=utc(28, 21))
    work_off(utc(28, 21), *WORK)
    assert (fresh(written).state, states(parent)) == ("filed", ["met", "met"])


def test_what_was_written_goes_over_once(world: World) -> None:
    parent, child = world.over(), world.over()
    world.write(child, RESOLVED)
    incidents.merge(child, into=parent, by=world.alice, at=LATER)
    work_off(LATER, *WORK)
    heir = Postmortem.objects.get(incident=parent)
    lifecycle.edit(heir, values={"summary": "Shorter."}, by=world.alice, at=LATER)
    incidents.change_class(parent, to="major", by=world.alice, at=LATER)
    work_off(LATER, *WORK)
    assert fresh(heir).summary == "Shorter."
