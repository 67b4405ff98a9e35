"""Alerts that begin and end again and again: one incident, one call, and an end only after stillness."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.flap_rules import CHANGES, WINDOW, flaps, hold_of
from alerts.flapping import flapping_of
from alerts.models import Alert, Source
from incidents import lifecycle
from incidents.models import Incident, Kind
from paging.models import Escalation
from tests.alerts.posting import accepted, fire, group, make_am, minutes, only
from tests.factories import make_service, make_user

MINUTE = timedelta(minutes=1)


@pytest.fixture
def am(db: None) -> Source:
    """Alertmanager of checkout; critical when its label says so. Its incidents end at once."""
    return make_am(
        make_service("checkout"),
        class_from={"label": "severity", "map": {"critical": "critical"}, "default": "major"},
    )


def beat(times: int, *, start: float = 0, gap: float = 2) -> float:
    """Fire and resolve alert a so often; the minute of the last end."""
    at = start
    for turn in range(times):
        at = start + 2 * turn * gap
        accepted(group(fire("a", starts=minutes(at))), at=minutes(at))
        at += gap
        accepted(group(fire("a", starts=minutes(at - gap), ends=minutes(at))), at=minutes(at))
    return at


def test_the_rule() -> None:
    assert [flaps(count) for count in (CHANGES - 1, CHANGES)] == [False, True]
    assert hold_of(5 * MINUTE, flapping=False) == 5 * MINUTE
    assert hold_of(5 * MINUTE, flapping=True) == WINDOW
    assert hold_of(60 * MINUTE, flapping=True) == 60 * MINUTE


def test_a_third_beginning_keeps_it_open_until_it_was_still(am: Source) -> None:
    beat(2)
    assert not only().is_open
    last = beat(1, start=8)
    incident = only()
    assert (incident.is_open, incident.resolve_due_at) == (True, minutes(last) + WINDOW)
    paged = incident.page_fence
    beat(2, start=14)
    incident = only()
    assert (incident.is_open, incident.page_fence) == (True, paged)
    assert flapping_of(Alert.objects.all(), minutes(22))
    assert not flapping_of(Alert.objects.all(), minutes(22) + WINDOW)


def test_two_slow_failures_are_none(am: Source) -> None:
    beat(3, gap=16)
    assert Incident.objects.filter(state="resolved").count() == Incident.objects.count()


def test_flapping_after_everybody_was_asked_does_not_begin_anew_but_a_worse_class_does(am: Source) -> None:
    beat(3)
    incident = only()
    Escalation.objects.create(
        incident=incident, fence=incident.page_fence, policy={}, state=Escalation.State.EXHAUSTED, started_at=minutes(9)
    )
    accepted(group(fire("a", starts=minutes(12))), at=minutes(12))
    assert not only().timeline.filter(kind=Kind.ESCALATE).exists()
    accepted(group(fire("b", starts=minutes(13))), at=minutes(13))
    assert only().timeline.filter(kind=Kind.ESCALATE).exists()
    fence = only().page_fence
    accepted(group(fire("a", starts=minutes(14), severity="critical")), at=minutes(14))
    incident = only()
    assert (incident.severity, incident.page_fence) == ("critical", fence + 1)


def test_who_acknowledged_keeps_it(am: Source) -> None:
    beat(2)
    accepted(group(fire("a", starts=minutes(8))), at=minutes(8))
    lifecycle.acknowledge(only(), by=make_user("Ana"), at=minutes(9))
    beat(2, start=10)
    assert only().is_held
