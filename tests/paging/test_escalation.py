"""Who is paged, when, and why: the escalation engine against its rules."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from incidents import lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident, Kind
from oncall.models import Coverage, EscalationStep, LayerMember
from paging import answers, escalation
from paging.models import Escalation, Page
from teams.models import Area, Notice, Role, Team
from tests.clock import work_off
from tests.factories import AT, make_service, make_user
from tests.paging.conftest import World, with_mail

pytestmark = pytest.mark.django_db


def look(at: datetime) -> int:
    """Run due looks only; what is sent is the business of other tests."""
    return work_off(at, "paging")


def paged(incident: Incident) -> list[tuple[str, int, int, str]]:
    """(person, round, step, reason) of every page, in order."""
    return [
        (p.person.short_name, p.round, p.step, p.reason) for p in incident.pages.select_related("person").order_by("pk")
    ]


def minutes(number: float) -> datetime:
    """The instant so many minutes after the opening."""
    return AT + timedelta(minutes=number)


def test_the_person_with_the_pager_comes_first(world: World) -> None:
    incident = world.open()
    assert look(AT) == 1
    assert paged(incident) == [("Alice", 0, 0, "first")]
    page = incident.pages.get()
    assert "payments-primary" in page.because
    incident.refresh_from_db()
    assert incident.page_due_at == minutes(5)


def test_a_look_before_its_time_does_nothing(world: World) -> None:
    incident = world.open()
    look(AT)
    assert look(minutes(5) - timedelta(microseconds=1)) == 0
    assert escalation.escalate_one(incident.pk, minutes(4)) is False
    assert len(paged(incident)) == 1


def test_the_lead_of_an_area_is_whoever_it_is_when_the_step_begins(world: World) -> None:
    lena, noor = make_user("Lena"), make_user("Noor", is_active=False)
    for lead in (lena, noor):
        with_mail(lead)
    area = Area.objects.create(slug="shop", name="Shop", lead=lena)
    EscalationStep.objects.filter(position=0).update(notify=["area:shop", "area:gone"])
    first = world.open()
    look(AT)
    assert [(p.person.short_name, p.because) for p in first.pages.all()] == [("Lena", "lead of Shop, step 1")]
    assert first.timeline.get(kind=Kind.NOT_PAGED).data["target"] == "area:gone"
    area.lead = noor
    area.save()
    second = world.open()
    look(AT)
    assert ("Lena", 0, 0, "first") not in paged(second)
    assert paged(second)[0][2] == 1, "a lead who has left is nobody, and the next step comes at once"


def test_rounds_then_the_catch_all_every_quarter_of_an_hour(world: World) -> None:
    incident = world.open()
    for at in (0, 5, 15, 20, 30, 45, 60):
        assert look(minutes(at)) == 1, at
    assert paged(incident) == [
        ("Alice", 0, 0, "first"),
        ("Bob", 0, 1, "escalated"),
        ("Alice", 1, 0, "repeat"),
        ("Bob", 1, 1, "repeat"),
        ("Mia", 2, 0, "escalated"),
        ("Mia", 3, 0, "escalated"),
        ("Mia", 4, 0, "escalated"),
    ]
    assert incident.escalations.get().state == Escalation.State.EXHAUSTED
    assert incident.timeline.filter(kind=Kind.EXHAUSTED).count() == 1
    incident.refresh_from_db()
    assert incident.page_due_at == minutes(75)


def test_an_acknowledgement_ends_it(world: World) -> None:
    incident = world.open()
    look(AT)
    answers.acknowledge(incident, by=world.alice, at=minutes(1))
    assert look(minutes(5)) == 0
    assert len(paged(incident)) == 1
    incident.refresh_from_db()
    assert (incident.held_by, incident.page_due_at) == (world.alice, minutes(31))


def test_the_acknowledgement_times_out_and_paging_starts_again(world: World) -> None:
    incident = world.open()
    look(AT)
    answers.acknowledge(incident, by=world.alice, at=minutes(1))
    look(minutes(31))
    assert paged(incident) == [("Alice", 0, 0, "first"), ("Alice", 0, 0, "first")]
    incident.refresh_from_db()
    assert incident.held_by is None
    assert incident.acked_at == minutes(1), "the first acknowledgement is never cleared"
    assert incident.timeline.filter(kind=Kind.ACK_EXPIRED).count() == 1


def test_a_standard_incident_is_held_without_an_end(world: World) -> None:
    incident = world.open(severity="standard")
    look(AT)
    answers.acknowledge(incident, by=world.alice, at=minutes(1))
    incident.refresh_from_db()
    assert (incident.page_due_at, incident.held_until) == (None, None)


def test_taking_it_back_pages_again_at_once(world: World) -> None:
    incident = world.open()
    look(AT)
    answers.acknowledge(incident, by=world.alice, at=minutes(1))
    lifecycle.unacknowledge(incident, by=world.alice, at=minutes(2))
    assert look(minutes(2)) == 1
    assert [name for name, *_rest in paged(incident)] == ["Alice", "Alice"]


def test_escalate_now_goes_to_the_next_step(world: World) -> None:
    incident = world.open()
    look(AT)
    lifecycle.escalate(incident, by=world.alice, at=minutes(1))
    look(minutes(1))
    assert paged(incident)[-1] == ("Bob", 0, 1, "escalated")
    incident.refresh_from_db()
    assert incident.page_due_at == minutes(11)


def test_a_step_with_nobody_is_passed_at_once_and_told(world: World) -> None:
    LayerMember.objects.all().delete()
    incident = world.open()
    look(AT)
    assert paged(incident) == [("Bob", 0, 1, "escalated")]
    entry = incident.timeline.get(kind=Kind.NOT_PAGED)
    assert entry.data == {"why": "nobody_on_call", "target": "schedule:payments-primary"}


def test_the_lead_hears_once_of_a_step_with_nobody(world: World) -> None:
    LayerMember.objects.all().delete()
    lead = make_user("Lena")
    Area.objects.create(slug="shop", name="Shop", lead=lead)
    Team.objects.update(area=Area.objects.get())
    incident = world.open()
    for at in (0, 10, 20):  # Bob, the next round, Bob again
        look(minutes(at))
    notice = Notice.objects.get()
    assert notice.person == lead
    assert notice.subject == f"Nobody has the pager: {incident.number} passed step 1"
    assert "schedule:payments-primary" in notice.body
    assert not incident.pages.filter(person=lead).exists(), "information, never a page"


def test_a_person_without_a_method_does_not_hold_the_step(world: World) -> None:
    world.alice.contact_methods.update(verified_at=None)
    incident = world.open()
    look(AT)
    assert paged(incident) == [("Alice", 0, 0, "first"), ("Bob", 0, 1, "escalated")]
    assert incident.timeline.get(kind=Kind.NOT_PAGED).data == {"why": "no_method", "person": "alice@example.com"}


def test_inactive_people_are_not_paged(world: World) -> None:
    world.bob.is_active = False
    world.bob.save()
    incident = world.open()
    look(AT)
    look(minutes(5))
    assert [name for name, *_rest in paged(incident)] == ["Alice", "Alice"], (
        "Bob's step names nobody: on to the next round"
    )


def test_without_a_policy_the_administrators_are_paged(world: World) -> None:
    with_mail(make_user("Root", role=Role.ADMIN))
    world.service = make_service("orphan")
    incident = world.open()
    look(AT)
    assert paged(incident) == [("Root", 0, 0, "first")]
    world.service = None  # type: ignore[assignment]
    nowhere = world.open()
    look(AT)
    assert paged(nowhere) == [("Root", 0, 0, "first")]


def test_a_catch_all_that_names_nobody_falls_back_to_the_administrators(world: World) -> None:
    with_mail(make_user("Root", role=Role.ADMIN))
    EscalationStep.objects.all().delete()
    world.mia.is_active = False
    world.mia.save()
    Coverage.objects.all().delete()
    incident = world.open()
    look(AT)
    assert paged(incident)[-1][0] == "Root"


def test_an_edited_policy_does_not_change_a_live_incident(world: World) -> None:
    incident = world.open()
    look(AT)
    EscalationStep.objects.filter(position=1).update(notify=["user:mia@example.com"])
    look(minutes(5))
    assert paged(incident)[-1] == ("Bob", 0, 1, "escalated")


def test_quiet_until_an_end_then_a_page(world: World) -> None:
    incident = world.open()
    lifecycle.silence(incident, until=minutes(60), because="planned work", at=AT)
    assert look(minutes(59)) == 0
    assert look(minutes(60)) == 1
    assert paged(incident) == [("Alice", 0, 0, "first")]


def test_a_rise_of_class_by_an_alert_pages_again(world: World) -> None:
    incident = world.open(severity="major")
    look(AT)
    answers.acknowledge(incident, by=world.alice, at=minutes(1))
    lifecycle.change_class(incident, to="critical", at=minutes(2), cause="Alertmanager am")
    look(minutes(2))
    assert len(paged(incident)) == 2
    assert Page.objects.order_by("-pk")[0].severity == "critical"


def test_resolving_ends_it_and_reopening_starts_again(world: World) -> None:
    incident = world.open()
    look(AT)
    lifecycle.resolve(incident, by=world.alice, at=minutes(1))
    assert look(minutes(10)) == 0
    lifecycle.reopen(incident, at=minutes(20), cause="Alertmanager am")
    assert look(minutes(20)) == 1
    assert paged(incident)[-1][:3] == ("Alice", 0, 0)


def test_the_recipients_are_those_of_the_steps_instant(world: World) -> None:
    """Alice hands over to Bob at 09:00 on Monday; a step after it pages Bob."""
    LayerMember.objects.create(layer=LayerMember.objects.get().layer, position=1, user=world.bob)
    before = datetime.fromisoformat("2026-11-23T08:58:00+00:00")
    incident = world.open(at=before)
    look(before)
    first = Page.objects.get(incident=incident).person
    second_round = before + timedelta(minutes=15)
    look(before + timedelta(minutes=5))
    look(second_round)
    page = Page.objects.get(incident=incident, round=1, step=0)
    assert {first.short_name, page.person.short_name} == {"Alice", "Bob"}


def test_the_worst_class_is_looked_at_first(world: World) -> None:
    minor = world.open(severity="standard")
    worst = world.open(at=AT + timedelta(seconds=1), severity="critical")
    assert escalation.due(AT + timedelta(seconds=2), 10) == [worst.pk, minor.pk]


def test_one_of_each_service_comes_before_the_others_of_any(world: World) -> None:
    worst, second = world.open(), world.open()
    elsewhere = lifecycle.open_one(Opening("Slow", make_service("search"), "standard", impact_started_at=AT), at=AT)
    assert escalation.due(AT, 10) == [worst.pk, elsewhere.pk, second.pk]


def test_a_poisonous_incident_pages_the_administrators_and_waits(world: World) -> None:
    with_mail(make_user("Root", role=Role.ADMIN))
    incident = world.open()
    escalation.put_aside(incident.pk, AT, ValueError("boom"))
    assert paged(incident)[0][0] == "Root"
    incident.refresh_from_db()
    assert incident.page_due_at == minutes(5)
