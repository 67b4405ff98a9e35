"""The auditor finds the incident that nothing would ever look at again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction

from foundation.dispatch import periodic, registry
from incidents import lifecycle
from incidents.models import Incident, Kind
from oncall.models import EscalationStep
from paging import audit
from paging.models import Page
from teams.models import Role, User
from tests.clock import work_off
from tests.factories import AT, make_user
from tests.paging.conftest import World, with_mail
from tests.threads import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(world: World) -> User:
    """An administrator who can be woken."""
    person = make_user("Root", role=Role.ADMIN)
    with_mail(person)
    return person


def lose(incident: Incident, **fields: object) -> None:
    """What no path does: a hand in the database."""
    Incident.objects.filter(pk=incident.pk).update(**fields)


def paged(incident: Incident) -> list[str]:
    """Who was paged, in order."""
    return [page.person.short_name for page in incident.pages.select_related("person").order_by("pk")]


def test_without_a_next_action_the_administrators_are_paged_and_it_is_looked_at(world: World, root: User) -> None:
    incident = world.open()
    lose(incident, page_due_at=None)
    assert audit.audit(AT) == [incident.number]
    assert paged(incident) == ["Root"]
    incident.refresh_from_db()
    assert incident.page_due_at == AT
    told = incident.timeline.get(kind=Kind.NOT_PAGED)
    assert told.data["why"] == "forgotten"
    assert work_off(AT, "paging") == 1
    assert paged(incident) == ["Root", "Alice"]
    assert audit.audit(AT + audit.EVERY) == []


@pytest.mark.parametrize(("ahead", "found"), [(timedelta(hours=1), False), (timedelta(hours=1, microseconds=1), True)])
def test_a_next_action_too_far_ahead_counts_as_none(world: World, root: User, ahead: timedelta, found: bool) -> None:
    incident = world.open()
    lose(incident, page_due_at=AT + ahead)
    assert bool(audit.audit(AT)) is found


def test_a_policy_that_waits_long_is_believed(world: World, root: User) -> None:
    EscalationStep.objects.filter(policy=world.policy).update(wait=3 * 3600)
    incident = world.open()
    work_off(AT, "paging")
    assert audit.audit(AT) == []
    lose(incident, page_due_at=AT + timedelta(hours=4))
    assert audit.audit(AT) == [incident.number]


def test_what_somebody_has_what_is_quiet_and_what_is_over_is_left_alone(world: World, root: User) -> None:
    held, quiet, over = world.open(), world.open(), world.open()
    lifecycle.acknowledge(held, by=world.alice, at=AT)
    lose(held, page_due_at=None, held_until=None)
    lose(quiet, page_due_at=None, silenced_until=AT + timedelta(hours=5))
    lifecycle.resolve(over, at=AT)
    assert audit.audit(AT) == []
    assert not Page.objects.exists()


def test_quiet_that_ended_and_a_holder_whose_time_ended_are_found(world: World, root: User) -> None:
    held, quiet = world.open(), world.open()
    lifecycle.acknowledge(held, by=world.alice, at=AT)
    lose(held, page_due_at=None, held_until=AT)
    lose(quiet, page_due_at=None, silenced_until=AT)
    assert set(audit.audit(AT)) == {held.number, quiet.number}
    work_off(AT, "paging")
    assert paged(held) == ["Root", "Alice"]


def test_it_comes_round_each_minute(world: World, root: User) -> None:
    incident = world.open()
    lose(incident, page_due_at=None)
    periodic.plant(AT)
    assert registry.do("periodic", "paging.audit", AT)
    assert paged(incident) == ["Root"]


def test_the_administrators_are_not_paged_for_it_more_than_once_in_a_quarter_of_an_hour(
    world: World, root: User
) -> None:
    incident = world.open()
    for minute in range(31):
        lose(incident, page_due_at=None)
        assert audit.audit(AT + minute * audit.EVERY) == [incident.number]
        incident.refresh_from_db()
        assert incident.page_due_at is not None, "it is put right each time, whoever hears of it"
    assert paged(incident) == ["Root", "Root", "Root"]


@pytest.mark.django_db(transaction=True)
def test_somebody_who_is_at_the_incident_is_not_waited_for(world: World, root: User) -> None:
    incident = world.open()
    lose(incident, page_due_at=None)
    with transaction.atomic():
        Incident.objects.locked(incident.pk)
        assert together(lambda: audit.audit(AT)) == [[]]
    assert audit.audit(AT) == [incident.number]


def test_only_what_is_open_is_read(world: World) -> None:
    sql, values = audit.forgotten(AT).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "incident_open" in plan
