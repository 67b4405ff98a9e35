"""What a silence does not cover is heard, whatever the incident was before: worse, back again, or in somebody's hands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alerts import silencing
from alerts.models import Silence
from alerts.silencing import Wish
from incidents import lifecycle
from incidents.models import Incident
from tests.alerts.posting import AT, KEY, accepted, fire, group, make_am, minutes, only, post
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


def pagerduty(action: str, key: str, *, at: datetime, severity: str = "warning") -> None:
    body = {"routing_key": KEY, "event_action": action, "dedup_key": key}
    said = {"summary": f"Down on {key}", "source": "s", "severity": severity, "component": key}
    assert post(body | {"payload": said}, path="/v2/enqueue", at=at).status_code == 202


@pytest.mark.parametrize("how", ["its time is over", "ended", "another one covers it", "acknowledged there too"])
def test_a_silenced_alert_that_joined_what_the_sender_has_is_heard_when_its_silence_is_over(how: str) -> None:
    """A standard incident is held without an end, so nothing else would ever page for it."""
    ana = make_user()
    make_am(kind="pagerduty", grouping="service")
    wish = Wish("silence", {"component": "b"}, [], AT, minutes(30), "known")
    made = silencing.make(wish, by=ana, at=AT)
    pagerduty("trigger", "a", at=AT)
    pagerduty("acknowledge", "a", at=minutes(1))
    pagerduty("trigger", "b", at=minutes(2))
    assert (only().severity, only().is_held, only().held_until) == ("standard", True, None)
    if how == "another one covers it":
        silencing.make(replace(wish, ends_at=minutes(60)), by=ana, at=minutes(3))
    if how == "acknowledged there too":
        pagerduty("acknowledge", "b", at=minutes(3))
    if how == "ended":
        silencing.end(made, by=ana, at=minutes(20))
    else:
        assert silencing.due(minutes(30), 5) == [made.pk]
        assert silencing.look(made.pk, minutes(30))
    pages = how in ("its time is over", "ended")
    due_at = minutes(20 if how == "ended" else 30) if pages else None
    assert (only().is_held, only().page_due_at) == (not pages, due_at)


def test_what_a_person_of_ours_has_stays_with_them_when_a_silence_is_over() -> None:
    ana = make_user()
    make_am(kind="pagerduty", grouping="service")
    made = silencing.make(Wish("silence", {"component": "b"}, [], AT, minutes(30), "known"), by=ana, at=AT)
    pagerduty("trigger", "a", at=AT)
    lifecycle.acknowledge(only(), by=ana, at=minutes(1))
    pagerduty("trigger", "b", at=minutes(2))
    assert silencing.look(made.pk, minutes(30))
    assert only().held_by == ana
