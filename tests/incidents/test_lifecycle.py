"""The doors of an incident: stamps, states, intervals and the story that they leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from incidents import alerts_end, command, lifecycle
from incidents.declaring import declare
from incidents.lifecycle import Opening
from incidents.models import ImpactInterval, Incident, Kind, NotAllowed, State, TimelineEntry
from tests.clock import work_off
from tests.factories import AT, make_service, make_user

pytestmark = pytest.mark.django_db


def minutes(number: float) -> datetime:
    """So long after the opening."""
    return AT + timedelta(minutes=number)


def opened(severity: str = "critical", **fields: object) -> Incident:
    """An incident opened by an alert that began 20 minutes earlier."""
    service = fields.pop("service", None) or make_service()
    values: dict[str, object] = {"impact_started_at": minutes(-20), "cause": "am", **fields}
    return lifecycle.open_one(Opening("Queue stuck", service, severity, **values), at=AT)  # type: ignore[arg-type]


def kinds(incident: Incident) -> list[str]:
    """The story as kinds."""
    return list(incident.timeline.values_list("kind", flat=True))


def test_an_alert_opens_in_triage_with_its_stamps_and_an_interval() -> None:
    incident = opened()
    incident.refresh_from_db()
    assert incident.state == State.TRIAGE
    assert (incident.impact_started_at, incident.detected_at, incident.declared_at) == (minutes(-20), AT, AT)
    assert incident.stamp_sources == {"impact_started_at": "alert", "detected_at": "alert", "declared_at": "auto"}
    assert incident.page_due_at == AT
    interval = incident.impacts.get()
    assert (interval.start, interval.end, interval.kind, interval.share) == (minutes(-20), None, "outage", 1.0)
    assert kinds(incident) == ["opened"]


@pytest.mark.parametrize(
    ("severity", "kind", "share", "estimated"),
    [("critical", "outage", 1.0, False), ("major", "partial", 0.5, True), ("standard", "degraded", 0.0, False)],
)
def test_the_class_says_what_kind_of_impact_it_is(severity: str, kind: str, share: float, estimated: bool) -> None:
    interval = opened(severity).impacts.get()
    assert (interval.kind, interval.share, interval.estimated) == (kind, share, estimated)


def test_no_customers_no_impact() -> None:
    incident = opened(customer_facing=False)
    assert incident.impact_started_at is None
    assert not incident.impacts.exists()


def test_an_acknowledgement_is_stamped_once_and_held_until_its_time_out() -> None:
    incident, alice, bob = opened(), make_user("Alice"), make_user("Bob")
    lifecycle.acknowledge(incident, by=alice, at=minutes(1))
    lifecycle.acknowledge(incident, by=alice, at=minutes(2))
    lifecycle.acknowledge(incident, by=bob, at=minutes(3))
    incident.refresh_from_db()
    assert (incident.acked_by, incident.acked_at, incident.reacted_at) == (alice, minutes(1), minutes(1))
    assert (incident.held_by, incident.held_until) == (bob, minutes(33))
    assert incident.state == State.INVESTIGATING
    assert kinds(incident) == ["opened", "acknowledged", "acknowledged"]


def test_taking_back_what_nobody_has_is_refused() -> None:
    incident, alice = opened(), make_user("Alice")
    with pytest.raises(NotAllowed) as refused:
        lifecycle.unacknowledge(incident, by=alice, at=AT)
    assert refused.value.lost_race


def test_handing_over_does_not_start_paging_again() -> None:
    incident, alice, bob = opened("standard"), make_user("Alice"), make_user("Bob")
    lifecycle.acknowledge(incident, by=alice, at=minutes(1))
    lifecycle.hand_over(incident, to=bob, by=alice, at=minutes(2))
    incident.refresh_from_db()
    assert (incident.held_by, incident.page_due_at) == (bob, None)


def test_mitigating_ends_the_impact_and_goes_on() -> None:
    incident, alice = opened(), make_user("Alice")
    lifecycle.mitigate(incident, by=alice, at=minutes(10))
    incident.refresh_from_db()
    assert (incident.state, incident.mitigated_at) == (State.MONITORING, minutes(10))
    assert incident.impacts.get().end == minutes(10)
    assert incident.is_open


def test_resolving_by_hand_stamps_both_ends() -> None:
    incident, alice = opened(), make_user("Alice")
    lifecycle.resolve(incident, by=alice, at=minutes(30))
    incident.refresh_from_db()
    assert (incident.mitigated_at, incident.resolved_at, incident.page_due_at) == (minutes(30), minutes(30), None)
    assert incident.impacts.get().end == minutes(30)


def test_automatic_stamps_are_clamped_never_refused() -> None:
    """The alert says that it ended before we knew, and before somebody acknowledged."""
    incident, alice = opened(), make_user("Alice")
    lifecycle.acknowledge(incident, by=alice, at=minutes(5))
    lifecycle.resolve(incident, at=minutes(6), as_of=minutes(-10), cause="am")
    incident.refresh_from_db()
    assert incident.resolved_at == incident.mitigated_at == minutes(5)


def test_over_is_over_for_every_door() -> None:
    incident, alice = opened(), make_user("Alice")
    lifecycle.resolve(incident, by=alice, at=AT)
    doors: tuple[Callable[[], object], ...] = (
        lambda: lifecycle.acknowledge(incident, by=alice, at=AT),
        lambda: lifecycle.mitigate(incident, by=alice, at=AT),
        lambda: lifecycle.resolve(incident, by=alice, at=AT),
        lambda: lifecycle.escalate(incident, by=alice, at=AT),
        lambda: lifecycle.cancel(incident, by=alice, at=AT),
        lambda: lifecycle.silence(incident, until=minutes(5), because="x", at=AT),
    )
    for door in doors:
        with pytest.raises(NotAllowed, match="resolved"):
            door()
    assert kinds(incident) == ["opened", "resolved"]


def test_reopening_clears_the_end_counts_and_opens_a_new_interval() -> None:
    incident, alice = opened(), make_user("Alice")
    lifecycle.resolve(incident, by=alice, at=minutes(10))
    lifecycle.reopen(incident, at=minutes(20), cause="am")
    incident.refresh_from_db()
    assert (incident.resolved_at, incident.mitigated_at, incident.reopened) == (None, None, 1)
    assert (incident.state, incident.page_due_at) == (State.INVESTIGATING, minutes(20))
    assert [(i.start, i.end) for i in incident.impacts.all()] == [(minutes(-20), minutes(10)), (minutes(20), None)]


def test_cancelling_leaves_no_impact_and_pages_nobody() -> None:
    incident, alice = opened(), make_user("Alice")
    lifecycle.cancel(incident, by=alice, at=minutes(1), reason="a test")
    incident.refresh_from_db()
    assert (incident.state, incident.page_due_at) == (State.CANCELLED, None)
    assert not incident.impacts.exists()


def test_states_are_moved_by_people_only_among_the_open_ones() -> None:
    incident, alice = opened(), make_user("Alice")
    lifecycle.change_state(incident, to="mitigating", by=alice, at=minutes(1))
    incident.refresh_from_db()
    assert (incident.state, incident.reacted_at) == (State.MITIGATING, minutes(1))
    with pytest.raises(NotAllowed):
        lifecycle.change_state(incident, to="closed", by=alice, at=minutes(2))


def test_all_alerts_ended_resolves_after_the_hold_down() -> None:
    incident = opened()
    with transaction.atomic():
        alerts_end.resolve_later(Incident.objects.locked(incident.pk), as_of=minutes(3), due_at=minutes(8))
    assert work_off(minutes(7), "resolving") == 0
    assert work_off(minutes(8), "resolving") == 1
    incident.refresh_from_db()
    assert (incident.state, incident.resolved_at) == (State.RESOLVED, minutes(3))
    assert incident.timeline.last().data == {"self_resolved": True}  # type: ignore[union-attr]


def test_firing_again_within_the_hold_down_keeps_it_open() -> None:
    incident = opened()
    with transaction.atomic():
        row = Incident.objects.locked(incident.pk)
        alerts_end.resolve_later(row, as_of=minutes(3), due_at=minutes(8))
        alerts_end.fires_again(row)
        lifecycle.save(row)
    assert work_off(minutes(8), "resolving") == 0


def test_declaring_is_already_looking() -> None:
    alice = make_user("Alice")
    incident = declare(title="Checkout is slow", service=make_service(), severity="major", by=alice, at=AT)
    incident.refresh_from_db()
    assert (incident.state, incident.reacted_at, incident.page_due_at) == (State.INVESTIGATING, AT, AT)
    assert kinds(incident) == ["declared"]


def test_a_past_incident_is_entered_with_its_true_times_and_pages_nobody() -> None:
    alice = make_user("Alice")
    stamps = {"impact_started_at": minutes(-60), "detected_at": minutes(-50), "resolved_at": minutes(-10)}
    incident = declare(title="Last night", service=make_service(), severity="major", by=alice, at=AT, stamps=stamps)
    incident.refresh_from_db()
    assert (incident.state, incident.page_due_at, incident.declared_at) == (State.RESOLVED, None, AT)
    assert (incident.detected_at, incident.resolved_at, incident.mitigated_at) == (
        minutes(-50),
        minutes(-10),
        minutes(-10),
    )
    interval = incident.impacts.get()
    assert (interval.start, interval.end) == (minutes(-60), minutes(-10))


def test_a_backfill_in_an_impossible_order_leaves_nothing_behind() -> None:
    stamps = {"detected_at": minutes(-5), "resolved_at": minutes(-10)}
    with pytest.raises(NotAllowed, match="detected_at must not be later than resolved_at"):
        declare(title="x", service=make_service(), severity="major", by=make_user(), at=AT, stamps=stamps)
    assert not Incident.objects.exists()


class TestEditingStamps:
    """People correct times, with a reason, in a possible order."""

    def test_the_old_value_and_the_reason_stay_in_the_story(self) -> None:
        incident, alice = opened(), make_user("Alice")
        command.edit_stamps(
            incident, stamps={"impact_started_at": minutes(-30)}, reason="the graph says so", by=alice, at=AT
        )
        incident.refresh_from_db()
        assert incident.impact_started_at == minutes(-30)
        assert incident.stamp_sources["impact_started_at"] == "human"
        entry = incident.timeline.get(kind=Kind.EDITED)
        assert (entry.text, entry.data["old"]) == ("the graph says so", minutes(-20).isoformat())

    def test_without_a_reason_nothing_changes(self) -> None:
        incident = opened()
        with pytest.raises(NotAllowed):
            command.edit_stamps(incident, stamps={"detected_at": AT}, reason=" ", by=make_user(), at=AT)

    def test_a_broken_order_names_the_rule_and_changes_nothing(self) -> None:
        incident, alice = opened(), make_user("Alice")
        lifecycle.resolve(incident, by=alice, at=minutes(10))
        with pytest.raises(NotAllowed, match="mitigated_at must not be later than resolved_at") as refused:
            command.edit_stamps(incident, stamps={"mitigated_at": minutes(11)}, reason="x", by=alice, at=AT)
        assert "mitigated_at" in refused.value.fields
        incident.refresh_from_db()
        assert incident.mitigated_at == minutes(10)
        assert not incident.timeline.filter(kind=Kind.EDITED).exists()


def test_the_story_is_append_only() -> None:
    entry = opened().timeline.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        TimelineEntry.objects.filter(pk=entry.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        TimelineEntry.objects.filter(pk=entry.pk).update(text="it never happened")
    assert TimelineEntry.objects.filter(pk=entry.pk).update(pinned=True) == 1


def test_at_most_one_open_incident_of_a_group() -> None:
    opened(group_key="k")
    with pytest.raises(IntegrityError), transaction.atomic():
        opened(group_key="k")
    lifecycle.resolve(Incident.objects.get(), by=make_user(), at=AT)
    opened(group_key="k")


def test_impossible_states_are_refused_by_the_database() -> None:
    incident = opened()
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.filter(pk=incident.pk).update(state="resolved", resolved_at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        ImpactInterval.objects.update(end=minutes(-21))


def test_every_change_moves_the_version() -> None:
    incident, alice = opened(), make_user("Alice")
    versions = [incident.version]
    for door in (
        lambda: lifecycle.acknowledge(incident, by=alice, at=AT),
        lambda: command.note(incident, by=alice, text="looking", at=AT),
        lambda: command.take_role(incident, role="facilitator", person=alice, by=alice, at=AT),
        lambda: lifecycle.retitle(incident, title="Queue is stuck", by=alice, at=AT),
        lambda: lifecycle.change_class(incident, to="major", by=alice, at=AT),
        lambda: lifecycle.resolve(incident, by=alice, at=AT),
    ):
        door()
        incident.refresh_from_db()
        versions.append(incident.version)
    assert versions == sorted(set(versions))


def test_a_role_for_one_is_handed_on_and_its_tenure_kept() -> None:
    incident, alice, bob = opened(), make_user("Alice"), make_user("Bob")
    command.take_role(incident, role="facilitator", person=alice, by=alice, at=minutes(1))
    command.take_role(incident, role="facilitator", person=bob, by=bob, at=minutes(2))
    tenures = [(t.person.short_name, t.start, t.end) for t in incident.tenures.all()]
    assert tenures == [("Alice", minutes(1), minutes(2)), ("Bob", minutes(2), None)]


def test_who_sees_a_restricted_incident() -> None:
    open_one = opened()
    secret = opened(restricted=True)
    stranger, helper, admin = make_user("Stranger"), make_user("Helper"), make_user("Root", role="admin")
    manager = make_user("Mia")
    assert secret.service is not None
    secret.service.team.manager = manager
    secret.service.team.save()
    command.take_role(secret, role="responder", person=helper, by=admin, at=AT)
    for person, count in ((stranger, 1), (helper, 2), (admin, 2), (manager, 2)):
        assert Incident.objects.visible_to(person).count() == count, person
    assert open_one.restricted is False


class TestImpactFollowsTheStamps:
    """What was opened and closed by itself moves with the stamps; what a person wrote stays."""

    def edit(self, incident: Incident, **stamps: datetime | None) -> None:
        """Correct them at the end of the day."""
        command.edit_stamps(incident, stamps=stamps, reason="The logs say so.", by=make_user(), at=minutes(600))

    def spans(self, incident: Incident) -> list[tuple[datetime, datetime | None]]:
        """The stretches of impact."""
        return list(incident.impacts.values_list("start", "end"))

    def test_beginning_and_end(self) -> None:
        incident = opened()
        lifecycle.mitigate(incident, by=make_user(), at=minutes(60))
        self.edit(incident, impact_started_at=minutes(-40), mitigated_at=minutes(30))
        assert self.spans(incident) == [(minutes(-40), minutes(30))]

    def test_no_impact_after_all_and_then_again(self) -> None:
        incident = opened()
        self.edit(incident, impact_started_at=None)
        assert self.spans(incident) == []
        self.edit(incident, impact_started_at=AT)
        assert self.spans(incident) == [(AT, None)]

    def test_an_end_closes_what_is_open(self) -> None:
        incident = opened()
        self.edit(incident, mitigated_at=minutes(60))
        assert self.spans(incident) == [(minutes(-20), minutes(60))]

    def test_what_a_person_wrote_stays(self) -> None:
        incident = opened()
        incident.impacts.update(automatic=False)
        self.edit(incident, impact_started_at=minutes(-40), mitigated_at=minutes(60))
        assert self.spans(incident) == [(minutes(-20), None)]

    def test_a_second_stretch_is_never_turned_around(self) -> None:
        incident, by = opened(), make_user()
        lifecycle.resolve(incident, by=by, at=minutes(60))
        lifecycle.reopen(incident, by=by, at=minutes(120))
        lifecycle.mitigate(incident, by=by, at=minutes(180))
        self.edit(incident, mitigated_at=minutes(90))
        assert self.spans(incident) == [(minutes(-20), minutes(60)), (minutes(120), minutes(180))]
