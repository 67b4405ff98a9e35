"""C11: what was open is cancelled, what was missed stays missed, what was filed or published needs an update."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from incidents import lifecycle as incidents
from incidents.models import Incident
from postmortems import clocks, lifecycle
from postmortems.models import Clock, Postmortem
from tests.clock import work_off
from tests.postmortems.written import RESOLVED, WORK, World, fresh, utc

SECOND = timedelta(seconds=1)


@pytest.fixture
def world(db: None) -> World:
    """People and a service."""
    return World()


def states(incident: Incident, kind: str = "internal") -> list[str]:
    """The states of its clocks, round by round."""
    return list(Clock.objects.filter(postmortem__incident=incident, kind=kind).values_list("state", flat=True))


def view(incident: Incident, at: datetime) -> clocks.View:
    """As the API shows it."""
    return clocks.view_of(Incident.objects.get(pk=incident.pk), at=at)


@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize(("late", "state"), [(-SECOND, "cancelled"), (timedelta(0), "cancelled"), (SECOND, "missed")])
def test_just_before_at_and_just_after_the_deadline(world: World, late: timedelta, state: str, *, swept: bool) -> None:
    incident, at = world.over(), utc(28, 18, 40) + late
    if swept:
        work_off(at, *WORK)
    incidents.reopen(incident, at=at)
    shown = view(incident, at + timedelta(hours=1))["internal"]
    assert shown == {"due_at": utc(28, 18, 40), "state": state}
    work_off(at + timedelta(hours=2), *WORK)
    assert view(incident, at + timedelta(hours=2))["internal"] == shown
    assert states(incident) == [state]


@pytest.mark.parametrize("look", [True, False])
def test_filed_and_reopened_needs_an_update_within_a_day_of_the_next_end(world: World, *, look: bool) -> None:
    incident = world.over()
    written = world.write(incident, RESOLVED)
    lifecycle.file(written, world.alice, utc(27, 20))
    incidents.reopen(incident, at=utc(28, 9))
    if look:
        work_off(utc(28, 9), *WORK)
        assert fresh(written).state == "needs_update"
    world.end(incident, utc(28, 9, 30), utc(28, 10))
    assert view(incident, utc(28, 10))["internal"] == {"due_at": utc(29, 10), "state": "running"}
    work_off(utc(28, 10), *WORK)
    assert (fresh(written).state, states(incident)) == ("needs_update", ["met", "running"])
    lifecycle.file(written, world.alice, utc(28, 12))
    assert states(incident) == ["met", "met"]
    assert fresh(written).filed_at == utc(27, 20)
    assert fresh(written).rows.filter(entry__kind="reopened").exists()


@pytest.mark.parametrize("look", [True, False])
def test_published_and_reopened_is_brought_up_to_date_within_a_day(world: World, *, look: bool) -> None:
    incident = world.over()
    written = world.sign(incident, utc(27, 20))
    lifecycle.publish(written, world.bob, utc(27, 20))
    lifecycle.seen(written, utc(27, 20))
    incidents.reopen(incident, at=utc(28, 9))
    if look:
        work_off(utc(28, 9), *WORK)
    world.end(incident, utc(28, 9, 30), utc(28, 10))
    shown = {"due_at": utc(29, 9, 30), "state": "running"}
    assert view(incident, utc(28, 10))["public"] == shown
    work_off(utc(28, 10), *WORK)
    assert view(incident, utc(28, 10))["public"] == shown
    text = fresh(written).public_text + "\n\nUpdate of 28 November: it came back for 30 minutes."
    lifecycle.edit(written, values={"public_text": text}, by=world.bob, at=utc(28, 11))
    assert "Update" not in fresh(written).published_text
    lifecycle.sign(written, world.bob, utc(28, 11))
    lifecycle.publish(written, world.bob, utc(28, 11))
    lifecycle.seen(written, utc(28, 11))
    assert "Update" in fresh(written).published_text
    assert states(incident, "public") == ["met", "met"]


def test_reopened_twice_before_anybody_looked(world: World) -> None:
    incident = world.over()
    for hour in (9, 11):
        incidents.reopen(incident, at=utc(28, hour))
        world.end(incident, utc(28, hour, 30), utc(28, hour + 1))
    assert view(incident, utc(28, 12))["internal"] == {"due_at": utc(29, 12), "state": "running"}
    work_off(utc(28, 12), *WORK)
    assert states(incident) == ["cancelled", "running"]
    assert Clock.objects.get(kind="internal", state="running").round == 3


def test_minutes_add_up_over_the_stretches(world: World) -> None:
    """Twice six minutes are more than the ten that are tolerable."""
    incident = world.end(world.open("standard"), utc(27, 17, 6), utc(27, 17, 10))
    work_off(RESOLVED, *WORK)
    assert not Postmortem.objects.exists()
    incidents.reopen(incident, at=utc(27, 18))
    world.end(incident, utc(27, 18, 6), utc(27, 18, 10))
    assert view(incident, utc(27, 19)) == {
        "internal": {"due_at": utc(28, 18, 10), "state": "running"},
        "public": {"due_at": utc(30, 18, 6), "state": "running"},
    }
