"""The demo: the same each time, whole, in every state, nothing due, and nobody called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, Q

from alerts.flapping import flapping_of
from alerts.heartbeat_models import Ping
from alerts.models import Alert, Episode, Heartbeat, Silence, Source, Watched
from foundation.dispatch import registry
from incidents.changes import Change
from incidents.models import OPEN_Q, Incident, Kind, TimelineEntry
from incidents.severity import STANDARD
from oncall.interruptions import Part
from oncall.models import Schedule
from paging.models import ContactMethod, Delivery, Page
from postmortems import clocks, lifecycle, publication
from postmortems.models import Clock, Postmortem, Remediation, Reminder, UnblockRequest
from provisioning.demo import mark
from provisioning.demo.build import Built, guides
from review.collect import collect
from review.noise_rows import NoiseDecision
from review.week import Week
from status.models import Component, ComponentChange, PublicIncident
from teams.models import DEMO, Area, Notice, Organisation, Role, Service, Severity, Team, User
from tests.provisioning.demos import AT, demo

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Built]:
    with demo(django_db_blocker) as found:
        yield found


def test_the_organisation_is_as_large_as_promised_and_says_what_it_is(built: Built) -> None:
    assert User.objects.count() == 60
    assert [model.objects.count() for model in (Team, Area, Service, Schedule)] == [12, 4, 41, 19]
    assert Organisation.the().name == DEMO == "Sharp End Demo"
    assert mark.is_demo()
    assert built.over == Incident.objects.exclude(OPEN_Q).count() > 60
    assert len(built.key) >= 20


def test_most_is_harmless_and_something_is_not(built: Built) -> None:
    found = Incident.objects.values_list("severity", flat=True)
    assert set(found) == set(Severity.values)
    assert list(found).count(STANDARD) > len(found) * 0.6
    assert Incident.objects.filter(drill=False, acked_at=None, state="resolved").exists()
    assert Incident.objects.filter(recurrence_of__isnull=False).exists()
    assert Incident.objects.filter(reopened=1).exists()


def test_what_is_open_now_is_one_of_each_kind(built: Built) -> None:
    found = {(one.severity, one.state, one.is_held) for one in Incident.objects.filter(OPEN_Q)}
    assert found == {
        ("critical", "triage", False),
        ("major", "mitigating", True),
        ("major", "monitoring", True),
        ("standard", "investigating", True),
    }
    assert built.open == 4


def test_nothing_is_due(built: Built) -> None:
    rounds = {"periodic"}
    due = {work.name: work.due(AT, 100) for work in registry.every_work() if work.name not in rounds}
    assert len(due) > 8
    assert {name: keys for name, keys in due.items() if keys} == {}


def test_history_pages_nobody_and_the_living_only_later(built: Built) -> None:
    assert not Incident.objects.exclude(OPEN_Q).exclude(page_due_at=None).exists()
    assert not Incident.objects.filter(Q(page_due_at__lte=AT) | Q(resolve_due_at__isnull=False)).exists()
    assert not Delivery.objects.exclude(state=Delivery.State.SENT).exists()
    assert not Notice.objects.exclude(state=Notice.State.SENT).exists()
    assert Page.objects.filter(incident__state="resolved").exists()


def test_whatever_is_sent_reaches_nobody(built: Built) -> None:
    """Everybody who could be called has mail at a domain that is reserved; no telephone is verified."""
    usable = ContactMethod.objects.exclude(verified_at=None)
    assert set(usable.values_list("kind", flat=True)) == {"email"}
    assert all(address.endswith("@demo.example") for address in usable.values_list("address", flat=True))
    assert User.objects.exclude(email__endswith="@demo.example").count() == 0


def test_alerts_fire_only_where_something_is_open(built: Built) -> None:
    paging = Alert.objects.filter(firing=True, source__watching=False)
    assert set(paging.values_list("incident")) == set(Incident.objects.filter(OPEN_Q).values_list("pk"))
    going_on = Episode.objects.filter(closed_at=None, alert__source__watching=False)
    assert not going_on.exclude(incident__in=Incident.objects.filter(OPEN_Q)).exists()
    assert not Episode.objects.filter(ends_at__lt=F("starts_at")).exists()


def test_machines_are_there_in_every_state(built: Built) -> None:
    """So that nobody meets a page of the intake for the first time with nothing on it."""
    assert set(Heartbeat.objects.values_list("state", flat=True)) == {"up", "late", "new", "paused"}
    assert Heartbeat.objects.exclude(match={}).exists()
    assert Ping.objects.filter(word="fail").exists()
    trial = Source.objects.get(watching=True)
    assert {row.over_at is None for row in Watched.objects.filter(source=trial)} == {True, False}
    live, coming, past = Silence.objects.live(AT), Silence.objects.coming(AT), Silence.objects.past(AT)
    assert (live.exists(), coming.exists(), past.exists()) == (True, True, True)
    assert list(flapping_of(Alert.objects.filter(firing=True), AT).values()) == [5]
    assert Source.objects.get(slug="partners").bodies.exists()
    assert Change.objects.filter(service__slug="card-payments").count() == 2
    assert NoiseDecision.objects.exists()


def test_stamps_stand_in_an_order_that_people_could_have_typed(built: Built) -> None:
    over = Incident.objects.filter(resolved_at__isnull=False)
    wrong = Q(acked_at__lt=F("detected_at")) | Q(resolved_at__lt=F("mitigated_at")) | Q(resolved_at__gt=AT)
    wrong |= Q(impact_started_at__gt=F("mitigated_at")) | Q(acked_at__gt=F("resolved_at")) | Q(closed_at__gt=AT)
    assert not over.filter(wrong).exists()
    assert not TimelineEntry.objects.filter(at__gt=AT).exists()
    numbers = Incident.objects.exclude(OPEN_Q).order_by("pk").values_list("detected_at", flat=True)
    assert list(numbers) == sorted(numbers)


def test_every_state_of_the_loop_is_there(built: Built) -> None:
    assert set(Postmortem.objects.values_list("state", flat=True)) == set(Postmortem.State.values)
    assert set(Remediation.objects.values_list("state", flat=True)) == set(Remediation.State.values)
    wanted = {"running", "met", "met_extended", "missed", "waived"}
    assert wanted <= set(Clock.objects.values_list("state", flat=True))
    assert UnblockRequest.objects.filter(answered_at=None, escalated_at=None).exists()
    assert UnblockRequest.objects.filter(answered_at=None, escalated_at__isnull=False).exists()
    assert UnblockRequest.objects.filter(answered_at__isnull=False).exists()
    assert Remediation.objects.filter(state="accepted", due__lte=AT.date() - timedelta(days=7)).exists()


def test_clocks_say_what_the_rule_says(built: Built) -> None:
    """Every incident that owes has its clocks, as the pure rule computes them, and none that does not owe has any."""
    over = list(Incident.objects.filter(state__in=["resolved", "closed"]).select_related("service"))
    views = clocks.views_of(over, at=AT)
    stored: dict[int, dict[str, str]] = {}
    for clock in Clock.objects.filter(state__in=["running", "met", "met_extended", "missed", "waived"]).order_by(
        "round"
    ):
        stored.setdefault(Postmortem.objects.get(pk=clock.postmortem_id).incident_id, {})[clock.kind] = clock.state
    shown = {
        pk: {kind: said["state"] for kind, said in view.items() if said}
        for pk, view in views.items()
        if any(view.values())
    }
    assert shown == stored


def test_what_was_filed_or_published_meets_the_checks(built: Built) -> None:
    filed = list(Postmortem.objects.exclude(filed_at=None))
    assert len(filed) > 7
    unmet = [(str(one), check.key) for one in filed for check in lifecycle.checks_of(one) if not check.ok]
    assert unmet == []
    public = list(Postmortem.objects.exclude(published_at=None))
    assert len(public) > 1
    assert [
        (str(one), check.key) for one in public for check in publication.public_checks_of(one) if not check.ok
    ] == []
    assert {one.incident_id for one in public} <= set(PublicIncident.objects.values_list("incident", flat=True))


def test_reminders_of_clocks_that_run_come_later(built: Built) -> None:
    assert not Reminder.objects.filter(done_at=None, due_at__lte=AT).exists()
    assert not Reminder.objects.filter(done_at=None).exclude(clock__ended_at=None).exists()


def test_components_end_as_their_last_word_said(built: Built) -> None:
    assert ComponentChange.objects.filter(at__gte=AT - timedelta(days=90)).count() > 10
    for component in Component.objects.all():
        now = "operational"
        for change in component.changes.order_by("at", "pk"):
            assert change.old == now
            now = change.new
        assert now == ("degraded_performance" if component.slug == "product-search" else "operational")


def test_the_story_tells_of_every_page(built: Built) -> None:
    paged = TimelineEntry.objects.filter(kind=Kind.PAGED).count()
    assert paged == Page.objects.count()


def test_the_week_is_worth_reading(built: Built) -> None:
    admin = User.objects.filter(role=Role.ADMIN).get()
    facts = collect(Week.of(AT.date()), zone="Europe/London", at=AT, reader=admin)
    assert len(facts.cases) > 15
    assert any(one.part() == Part.SLEEP for one in (rung.call for rung in facts.rung))
    assert len(facts.deadlines) > 5


def test_three_people_to_sign_in_as(built: Built) -> None:
    found = guides(AT)
    assert [role for role, _person in found] == ["administrator", "manager", "engineer on call"]
    critical = Incident.objects.get(severity="critical", state="triage")
    assert Page.objects.get(incident=critical).person == found[2][1]
