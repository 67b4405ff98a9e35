"""What a silence does not cover is heard, whatever the incident was before: worse, back again, or in somebody's hands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.models import Silence
from incidents import lifecycle
from incidents.models import Incident
from tests.alerts.posting import AT, accepted, fire, group, make_am, minutes, only, post
from tests.factories import make_service, make_source, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BY_LABEL = {"label": "severity", "map": {"page": "critical"}, "default": "major"}


def silenced(days: int = 3, **match: str) -> Silence:
    """A silence from now on."""
    return Silence.objects.create(
        match=match, starts_at=AT - DAY, ends_at=AT + days * DAY, reason="known", begun_at=AT - DAY
    )


def test_what_rises_under_a_silence_is_quiet_for_as_long_as_its_class_may_be() -> None:
    make_am(class_from=BY_LABEL)
    silenced(alertname="Down")
    accepted(group(fire("a")))
    assert only().silenced_until == AT + 3 * DAY
    accepted(group(fire("a"), fire("b", severity="page")), at=minutes(1))
    assert (only().severity, only().silenced_until, only().page_due_at) == ("critical", minutes(61), minutes(61))


def test_what_is_no_longer_covered_when_it_gets_worse_pages_at_once() -> None:
    make_am(class_from=BY_LABEL)
    silenced(severity="warning")
    accepted(group(fire("a", severity="warning")))
    assert only().silenced_until == AT + 3 * DAY
    accepted(group(fire("a", severity="page")), at=minutes(1))
    assert (only().severity, only().silenced_until, only().page_due_at) == ("critical", None, minutes(1))


def test_a_loud_alert_that_brings_a_silent_incident_back_pages() -> None:
    make_am()
    silenced(instance="a")
    accepted(group(fire("a")))
    accepted(group(fire("a", ends=minutes(5))), at=minutes(5))
    assert not only().is_open
    accepted(group(fire("b", starts=minutes(9))), at=minutes(9))
    assert (only().is_open, only().silenced_until, only().page_due_at) == (True, None, minutes(9))


def test_a_loud_alert_ends_the_silence_of_what_somebody_has() -> None:
    make_am(class_from=BY_LABEL)
    silenced(instance="a")
    accepted(group(fire("a", severity="page")))
    held = lifecycle.acknowledge(only(), by=make_user(), at=minutes(1))
    accepted(group(fire("a", severity="page"), fire("b")), at=minutes(2))
    assert (only().is_held, only().silenced_until, only().page_due_at) == (True, None, held.held_until)


def test_a_sender_without_beginnings_is_heard_again_after_people_ended_it() -> None:
    make_source("ci", kind="generic", key="a-long-random-key-0031", service=make_service("ci"))
    path = "/api/in/generic/a-long-random-key-0031"
    event = {"title": "Nightly failed", "dedup_key": "nightly"}
    post(event, path=path)
    lifecycle.resolve(only(), by=make_user(), at=minutes(1))
    post(event, path=path, at=minutes(20))  # it may only repeat itself
    assert Incident.objects.count() == 1
    assert not only().is_open
    post(event, path=path, at=AT + DAY)
    assert [one.is_open for one in Incident.objects.order_by("pk")] == [False, True]
    post(event, path=path, at=AT + DAY + timedelta(minutes=1))
    assert Incident.objects.count() == 2
