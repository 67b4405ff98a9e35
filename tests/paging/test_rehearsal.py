"""The dry run of paging: the same as what then really happens, and nothing of it stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps

from incidents.lifecycle import Opening
from incidents.models import Incident
from oncall.models import Override, Schedule
from paging import escalation
from paging.models import Delivery, Page, PersonalRule
from paging.rehearsal import Rehearsal, rehearse
from teams.models import Service, User
from tests.factories import AT, make_incident, make_method, make_user
from tests.paging.conftest import World

pytestmark = pytest.mark.django_db
Call = tuple[str, timedelta, str, timedelta]


def _rows() -> dict[str, int]:
    models = [*apps.get_app_config("paging").get_models(), *apps.get_app_config("incidents").get_models()]
    models += [*apps.get_app_config("alerts").get_models(), apps.get_model("teams", "Notice")]
    return {model._meta.label: model._base_manager.count() for model in models}


def _opening(world: World, severity: str = "critical", **more: object) -> Opening:
    return Opening("What if", world.service, severity, **more)  # type: ignore[arg-type]


def _said(found: Rehearsal) -> list[Call]:
    return sorted(
        (one.person.email, look.at - AT, ring.medium, ring.after)
        for look in found.looks
        for one in look.called
        for ring in one.rings
    )


def _happened(incident: Incident, looks: int) -> list[Call]:
    for _number in range(looks):
        incident.refresh_from_db()
        assert incident.page_due_at
        escalation.escalate_one(incident.pk, incident.page_due_at)
    rows = Delivery.objects.filter(page__incident=incident).select_related("page__person")
    return sorted(
        (row.page.person.email, row.page.created_at - AT, row.get_kind_display(), row.due_at - row.page.created_at)
        for row in rows
    )


def test_it_is_what_then_happens(world: World) -> None:
    second = make_method(world.alice, slug="second", address="two@example.com")
    PersonalRule.objects.create(user=world.alice, severity="critical", position=0, method=second)
    first = world.alice.contact_methods.earliest("pk")
    PersonalRule.objects.create(user=world.alice, severity="critical", position=1, method=first, after=120)
    found = rehearse(_opening(world), at=AT)
    assert _said(found) == _happened(make_incident(service=world.service), len(found.looks))
    assert not found.unfinished
    assert (found.policy, found.rounds, found.steps) == ("payments", 2, 2)
    assert [look.at - AT for look in found.looks][:2] == [timedelta(), timedelta(minutes=5)]
    assert found.looks[-1].called[0].person == world.mia


def test_nothing_stays_and_no_number_is_used(world: World) -> None:
    first = make_incident()
    before = _rows()
    rehearse(_opening(world), at=AT)
    rehearse(_opening(world, silenced_until=AT + timedelta(hours=1)), at=AT)
    assert _rows() == before
    assert not Incident.objects.filter(pk=0).exists()
    assert make_incident().pk == first.pk + 1


def test_who_would_not_be_paged_and_why(world: World) -> None:
    world.alice.contact_methods.all().delete()
    first = rehearse(_opening(world), at=AT).looks[0]
    assert [(one.step, one.why, one.who) for one in first.passed] == [("step 1", "no_method", "Alice")]
    User.objects.filter(pk=world.alice.pk).update(is_active=False)
    first = rehearse(_opening(world), at=AT).looks[0]
    assert [one.why for one in first.passed] == ["nobody_on_call"]
    assert [one.person for one in first.called] == [world.bob]


def test_a_silence_holds_it(world: World) -> None:
    until = AT + timedelta(hours=2)
    found = rehearse(_opening(world, silenced_until=until, silenced_because="Release"), at=AT)
    assert found.silenced_until == until
    assert found.looks[0].at == until


def test_each_look_asks_who_has_the_pager_then(world: World) -> None:
    other = make_user("Carol")
    make_method(other)
    schedule = world.policy.steps.get(position=0).notify[0].partition(":")[2]
    begins = AT.replace(tzinfo=None) + timedelta(minutes=10)
    Override.objects.create(
        schedule=Schedule.objects.get(slug=schedule),
        person=other,
        starts=begins,
        ends=begins + timedelta(days=1),
        created_at=AT,
    )
    looks = [look for look in rehearse(_opening(world), at=AT).looks if "1" in look.label]
    assert [(look.called[0].person, look.round) for look in looks] == [(world.alice, 1), (other, 2)]


def test_what_is_passed_has_a_step_of_its_own_and_is_said_once(world: World) -> None:
    world.policy.steps.create(position=2, wait=60, notify=["user:gone@example.com"])
    looks = rehearse(_opening(world), at=AT).looks
    assert [(look.label, look.round) for look in looks] == [
        ("step 1", 1),
        ("step 2", 1),
        ("step 1", 2),
        ("step 2", 2),
        ("catch-all", 0),
    ]
    assert [[one.step for one in look.passed] for look in looks] == [[], [], ["step 3"], [], ["step 3"]]
    world.policy.steps.exclude(position=2).delete()
    (look,) = rehearse(_opening(world), at=AT).looks
    assert [(one.step, one.who) for one in look.passed] == [("step 1", "user:gone@example.com")], "in both rounds"
    assert (look.label, look.called[0].person) == ("catch-all", world.mia)
    assert not look.notes, "nobody was asked, so nobody can have left it unanswered"


def test_held_to_the_morning_is_a_note_and_not_a_person_who_is_missing(world: World) -> None:
    world.service.covered = Service.Covered.WORKING_HOURS
    world.service.save()
    held, first = rehearse(_opening(world, "standard"), at=AT).looks[:2]
    assert (held.at, held.label, held.passed, held.called) == (AT, "", [], [])
    assert [note.data["why"] for note in held.notes] == ["held"]
    assert (first.at, first.label) == (datetime(2026, 11, 23, 9, tzinfo=UTC), "step 1")


def test_without_a_policy_the_administrators(world: World) -> None:
    ada = make_user("Ada", role="admin")
    make_method(ada)
    found = rehearse(Opening("What if", None, "major"), at=AT)
    assert (found.policy, found.steps) == ("", 0)
    assert [one.person for one in found.looks[0].called] == [ada]
    assert not found.looks[0].notes, "nobody was asked before"


def test_a_policy_that_goes_round_for_long_is_cut(world: World) -> None:
    world.policy.repeat = 19
    world.policy.save()
    found = rehearse(_opening(world), at=AT, looks=4)
    assert found.unfinished
    assert len(found.looks) == 4
    assert not Page.objects.exists()
