"""Each row of the rules' table of what a real Alertmanager does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.models import Alert, Body, Episode
from incidents import lifecycle
from incidents.models import Incident, Kind, State, TimelineEntry
from tests.alerts.posting import (
    AT,
    accepted,
    captured,
    fire,
    group,
    make_am,
    minutes,
    only,
    post,
    recorded,
    statuses,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def lines(kind: Kind) -> int:
    return TimelineEntry.objects.filter(kind=kind).count()


def test_captured_sequence_is_one_incident_with_two_alerts() -> None:
    make_am()
    assert accepted(captured(1)) == [f"INC-{only().pk}"]
    assert only().state == State.TRIAGE
    assert only().title == "InstanceDown: web1:9100, web2:9100"
    assert accepted(captured(2), at=minutes(1)) == [f"INC-{only().pk}"]
    assert sorted(statuses().values()) == ["firing", "resolved"]
    assert only().is_open
    accepted(captured(3), at=minutes(2))
    assert only().state == State.RESOLVED
    assert Episode.objects.count() == Alert.objects.count() == 2
    assert only().resolved_at == AT  # the alerts ended before they were first heard of: never before detection
    assert lines(Kind.OPENED) == lines(Kind.RESOLVED) == 1
    assert lines(Kind.ALERT_RESOLVED) == 2
    assert Body.objects.count() == 3


def test_recorded_lifecycle_joins_the_second_alert() -> None:
    make_am()
    for number, body in enumerate(recorded("01-group-lifecycle.json")):
        accepted(body, at=minutes(number))
    assert only().state == State.RESOLVED
    assert [entry.kind for entry in only().timeline.all()] == [
        Kind.OPENED,
        Kind.ALERT,
        Kind.ALERT_RESOLVED,
        Kind.ALERT_RESOLVED,
        Kind.RESOLVED,
    ]


def test_impact_begins_with_the_earliest_alert() -> None:
    make_am()
    accepted(group(fire("a", starts=minutes(-20)), fire("b", starts=minutes(-10))))
    assert only().impact_started_at == minutes(-20)
    assert only().detected_at == AT
    accepted(group(fire("c", starts=minutes(-30))), at=minutes(1))
    assert only().impact_started_at == only().impacts.get().start == minutes(-30)


def test_impact_is_not_moved_over_a_persons_word() -> None:
    make_am()
    accepted(group(fire("a", starts=minutes(-20))))
    incident = only()
    incident.stamp("human", impact_started_at=minutes(-5))
    incident.save()
    accepted(group(fire("c", starts=minutes(-30))), at=minutes(1))
    assert only().impact_started_at == minutes(-5)


@pytest.mark.parametrize("label", ["false", "true"])
def test_an_alert_says_itself_whether_customers_notice(label: str) -> None:
    source = make_am()
    assert source.service
    source.service.customer_facing = label == "false"
    source.service.save()
    accepted(group(fire("a", customer_facing=label)))
    assert (only().impact_started_at is not None) is (label == "true")


def test_a_start_in_the_future_is_clamped_for_figures_and_kept_raw() -> None:
    make_am()
    body = group(fire("a", starts=minutes(90)))
    accepted(body)
    assert only().impact_started_at == AT
    assert Episode.objects.get().raw_starts_at == minutes(90).isoformat()
    accepted(body, at=minutes(5))
    assert Episode.objects.count() == 1


def test_a_truncated_delivery_never_resolves() -> None:
    make_am()
    bodies = recorded("02-max-alerts-truncated.json")
    for number, body in enumerate(bodies[:2]):
        accepted(body, at=minutes(number))
    incident = only()
    assert incident.is_open
    assert incident.resolve_due_at is None
    cut = [entry for entry in incident.timeline.all() if "truncated" in entry.data]
    assert len(cut) == 1
    assert "max_alerts" in cut[0].text
    for number, body in enumerate(bodies[2:]):
        accepted(body, at=minutes(2 + number))
    assert only().is_open


def test_a_truncated_delivery_stops_a_pending_end() -> None:
    make_am(resolve_hold=timedelta(minutes=5))
    accepted(group(fire("a")))
    accepted(group(fire("a", ends=minutes(1))), at=minutes(1))
    assert only().resolve_due_at == minutes(6)
    accepted(group(fire("b", ends=minutes(1)), fire("c"), truncatedAlerts=3), at=minutes(2))
    assert only().resolve_due_at is None


def test_repeats_touch_nothing_but_last_seen() -> None:
    make_am()
    accepted(group(fire("a")))
    before = only()
    numbers = accepted(group(fire("a")), at=minutes(240))
    assert numbers == [before.number]
    after = only()
    assert (after.version, after.page_due_at, after.page_fence) == (
        before.version,
        before.page_due_at,
        before.page_fence,
    )
    assert after.timeline.count() == 1
    assert Alert.objects.get().last_seen_at == minutes(240)


def test_a_new_start_without_a_resolve_is_a_flap_without_a_second_page() -> None:
    make_am()
    accepted(group(fire("a")))
    lifecycle.acknowledge(only(), by=make_user("Ana"), at=minutes(1))
    held = only()
    accepted(group(fire("a", starts=minutes(2))), at=minutes(3))
    first, second = Episode.objects.order_by("starts_at")
    assert (first.ends_at, first.closed_at) == (minutes(2), minutes(3))
    assert second.closed_at is None
    assert first.incident == second.incident == only()
    assert Alert.objects.get().flaps == 1
    assert (only().page_due_at, only().page_fence, only().held_by) == (held.page_due_at, held.page_fence, held.held_by)


def test_an_old_resolve_is_stored_and_ignored() -> None:
    make_am()
    accepted(group(fire("a", starts=minutes(-5))))
    accepted(group(fire("a", starts=minutes(-30), ends=minutes(-20))), at=minutes(1))
    assert statuses() == {"fp-a": "firing"}
    assert only().is_open
    assert Episode.objects.count() == 2
    assert Alert.objects.get().starts_at == minutes(-5)


def test_a_resolve_of_a_later_episode_ends_the_open_one() -> None:
    make_am()
    accepted(group(fire("a")))
    accepted(group(fire("a", starts=minutes(3), ends=minutes(4))), at=minutes(5))
    assert statuses() == {"fp-a": "resolved"}
    assert only().state == State.RESOLVED
    assert set(Episode.objects.values_list("ends_at", flat=True)) == {minutes(3), minutes(4)}


def test_a_late_word_of_an_older_episode_changes_nothing() -> None:
    make_am()
    accepted(group(fire("a")))
    accepted(group(fire("a", starts=minutes(-60))), at=minutes(1))
    assert only().timeline.count() == 1
    assert Alert.objects.get().starts_at == AT
    assert Episode.objects.filter(closed_at=None).count() == 1


def test_the_same_body_again_after_the_end_is_a_duplicate() -> None:
    make_am()
    body = group(fire("a"))
    accepted(body)
    accepted(group(fire("a", ends=minutes(1))), at=minutes(1))
    accepted(body, at=minutes(2))
    assert only().state == State.RESOLVED
    accepted(body | {"externalURL": "http://am2:9093"}, at=minutes(3))  # the other of a pair, late
    assert only().state == State.RESOLVED
    assert Body.objects.latest("pk").outcome["alerts"] == {"fp-a": "duplicate"}


def test_another_body_with_the_start_of_a_closed_episode_fires_again() -> None:
    make_am()
    accepted(group(fire("a")))
    accepted(group(fire("a", ends=minutes(1))), at=minutes(1))
    accepted(group(fire("a"), fire("b")), at=minutes(2))
    assert only().is_open
    assert only().reopened == 1
    assert statuses() == {"fp-a": "firing", "fp-b": "firing"}
    assert Episode.objects.count() == 2


def test_a_resolve_of_an_unknown_alert_opens_nothing() -> None:
    make_am()
    assert accepted(group(fire("a", ends=minutes(-1), starts=minutes(-9)))) == []
    assert not Incident.objects.exists()
    assert statuses() == {"fp-a": "resolved"}


def test_twice_in_one_body_ends_as_the_last_word() -> None:
    make_am()
    accepted(group(fire("a", starts=minutes(-9), ends=minutes(-5)), fire("a", starts=minutes(-2))))
    assert statuses() == {"fp-a": "firing"}
    assert Episode.objects.count() == 2
    assert only().is_open
    accepted(group(fire("b"), fire("b", ends=AT)), at=minutes(1))
    assert statuses()["fp-b"] == "resolved"
    assert Incident.objects.count() == 1


def test_a_changed_group_key_is_only_an_attribute() -> None:
    make_am()
    accepted(group(fire("a")))
    accepted(group(fire("a"), groupKey="other", groupLabels={"cluster": "x"}), at=minutes(1))
    assert Incident.objects.count() == 1


def test_repeats_do_not_reopen_what_a_person_resolved_but_a_new_episode_does() -> None:
    make_am()
    accepted(group(fire("a")))
    lifecycle.resolve(only(), by=make_user("Ana"), at=minutes(1))
    accepted(group(fire("a")), at=minutes(2))
    assert only().state == State.RESOLVED
    accepted(group(fire("a", starts=minutes(3))), at=minutes(4))
    assert only().is_open
    assert only().page_due_at == minutes(4)


def test_empty_is_nothing() -> None:
    make_am()
    response = post(group())
    assert (response.status_code, response.json()) == (202, {"accepted": 0, "incidents": []})
    assert Body.objects.get().outcome["decision"] == "nothing"
