"""Two at once, with real threads and locks: everything is made once, said once, and the lock decides who was in time."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from incidents import lifecycle as incidents
from incidents.models import Incident
from postmortems import clocks, lifecycle, reminders
from postmortems.models import Clock, Postmortem, Reminder, Row
from teams.models import Notice
from tests.clock import work_off
from tests.postmortems.written import RESOLVED, WORK, World, fresh, state_of, utc
from tests.threads import raised, together

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = timedelta(seconds=1)
DUE, MORNING = utc(28, 18, 40), utc(28, 9)
REASON = "Half of the people are away until Monday."


def test_two_workers_make_one_draft(transactional_db: None) -> None:
    world = World()
    for _round in range(10):
        incident = world.over(look=False)
        look = partial(clocks.reconcile, incident.pk, RESOLVED)
        results = together(look, look, look)
        assert raised(results) == []
        assert results.count(True) == 1
        written = Postmortem.objects.get(incident=incident)
        assert written.clocks.count() == 2
        assert Reminder.objects.filter(clock__postmortem=written, step__startswith="start.").count() == 2
        entries = list(Row.objects.filter(postmortem=written).values_list("entry", flat=True))
        assert len(entries) == len(set(entries))


def test_two_workers_send_each_reminder_once(transactional_db: None) -> None:
    world = World()
    for _round in range(10):
        incident = world.over(look=False)
        clocks.reconcile(incident.pk, RESOLVED)
        keys = [int(clock.pk) for clock in Clock.objects.filter(postmortem__incident=incident)]
        looks = [partial(reminders.remind, key, MORNING) for key in keys]
        assert raised(together(*looks, *looks)) == []
        work_off(MORNING, *WORK)
        assert Notice.objects.filter(person=world.alice, thread=incident.number).count() == 2


def test_filing_at_the_last_second_against_the_sweep(transactional_db: None) -> None:
    world = World()
    for _round in range(5):
        written = world.write(world.over(), RESOLVED)
        clock = Clock.objects.get(postmortem=written, kind="internal")
        results = together(
            partial(lifecycle.file, written, world.alice, DUE),
            partial(clocks.miss, clock.pk, DUE + SECOND),
        )
        assert raised(results) == []
        clock.refresh_from_db()
        assert (fresh(written).state, clock.ended_at) == ("filed", DUE)
        assert (clock.state, clock.missed_at) == ("met", None)


def test_an_extension_against_the_sweep(transactional_db: None) -> None:
    world = World()
    for _round in range(5):
        written = world.write(world.over(), RESOLVED)
        clock = Clock.objects.get(postmortem=written, kind="internal")
        results = together(
            partial(lifecycle.extend, written, "internal", None, REASON, world.mia, DUE),
            partial(clocks.miss, clock.pk, DUE + SECOND),
        )
        clock.refresh_from_db()
        assert raised(results) == []
        assert (clock.state, clock.extensions, clock.missed_at) == ("running", 1, None)


def test_two_people_file_and_one_is_told(transactional_db: None) -> None:
    world = World()
    for _round in range(5):
        written = world.write(world.over(), RESOLVED)
        results = together(
            partial(lifecycle.file, written, world.alice, DUE),
            partial(lifecycle.file, written, world.bob, DUE),
        )
        errors = raised(results)
        assert [getattr(error, "status_code", error) for error in errors] == [409]
        assert state_of(written.incident, "internal") == "met"


def test_reopening_against_filing(transactional_db: None) -> None:
    """Filed first, then reopened: an update is needed. Reopened first: it cannot be filed."""
    world = World()
    for _round in range(5):
        written = world.write(world.over(), RESOLVED)
        results = together(
            partial(lifecycle.file, written, world.alice, MORNING),
            partial(incidents.reopen, written.incident, at=MORNING + SECOND),
        )
        work_off(MORNING + SECOND, *WORK)
        state = fresh(written).state
        assert state == ("draft" if raised(results) else "needs_update")
        assert Incident.objects.get(pk=written.incident_id).is_open
