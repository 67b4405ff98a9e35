"""Quiet until: an end, by whom, why; and it comes back as a page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents import lifecycle
from incidents.models import Incident, Kind, NotAllowed
from paging import answers
from paging.models import Page
from tests.clock import work_off
from tests.factories import AT
from tests.paging.conftest import World

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def paged(world: World) -> list[str]:
    """Who was paged so far, in order."""
    return list(Page.objects.order_by("pk").values_list("person__email", flat=True))


def test_nobody_is_paged_until_the_end_and_then_from_the_first_step(world: World) -> None:
    incident = world.open()
    work_off(AT, "paging")
    until = AT + 30 * MINUTE
    lifecycle.quiet_until(incident, until=until, because="deploy runs", by=world.bob, at=AT + MINUTE)
    work_off(until - timedelta(seconds=1), "paging")
    assert paged(world) == ["alice@example.com"]
    work_off(until, "paging")
    assert paged(world) == ["alice@example.com", "alice@example.com"]
    line = incident.timeline.get(kind=Kind.QUIET)
    assert (line.by, line.text, line.data["until"]) == (world.bob, "deploy runs", until.isoformat())


def test_what_was_due_before_is_not_sent_in_the_quiet(world: World) -> None:
    incident = world.open()
    work_off(AT, "paging")
    lifecycle.quiet_until(incident, until=AT + 30 * MINUTE, because="deploy runs", by=world.bob, at=AT)
    work_off(AT, "sending")
    assert incident.pages.get().deliveries.get().state == "cancelled"


def test_whoever_had_it_has_it_no_more_when_it_comes_back(world: World) -> None:
    incident = answers.acknowledge(world.open(), by=world.alice, at=AT)
    incident = lifecycle.quiet_until(
        incident, until=AT + 30 * MINUTE, because="until the night is over", by=world.alice, at=AT
    )
    assert not incident.is_held
    work_off(AT + 30 * MINUTE, "paging")
    assert paged(world) == ["alice@example.com"]


@pytest.mark.parametrize(
    ("severity", "minutes", "fits"),
    [
        ("critical", 60, True),
        ("critical", 61, False),
        ("major", 24 * 60, True),
        ("major", 24 * 60 + 1, False),
        ("major", 0, False),
    ],
)
def test_how_long(world: World, severity: str, minutes: int, fits: bool) -> None:
    incident = world.open(severity=severity)
    if fits:
        lifecycle.quiet_until(incident, until=AT + minutes * MINUTE, because="x", by=world.bob, at=AT)
        return
    with pytest.raises(NotAllowed, match="minutes"):
        lifecycle.quiet_until(incident, until=AT + minutes * MINUTE, because="x", by=world.bob, at=AT)


def test_a_reason_is_asked_for_and_what_is_over_stays_over(world: World) -> None:
    incident = world.open()
    with pytest.raises(NotAllowed, match="why"):
        lifecycle.quiet_until(incident, until=AT + MINUTE, because=" ", by=world.bob, at=AT)
    lifecycle.resolve(incident, at=AT, by=world.bob)
    with pytest.raises(NotAllowed, match="resolved by Bob"):
        lifecycle.quiet_until(incident, until=AT + MINUTE, because="x", by=world.bob, at=AT)


def test_escalate_now_ends_the_quiet(world: World) -> None:
    incident = world.open(severity="major")
    lifecycle.quiet_until(incident, until=AT + 60 * MINUTE, because="x", by=world.bob, at=AT)
    lifecycle.escalate(incident, by=world.bob, at=AT + MINUTE)
    work_off(AT + MINUTE, "paging")
    assert paged(world) == ["alice@example.com"]


def quiet_for(world: World, hours: int, severity: str = "major") -> Incident:
    """Bob keeps an incident quiet for so many hours."""
    incident = world.open(severity=severity)
    return lifecycle.quiet_until(incident, until=AT + hours * 60 * MINUTE, because="known", by=world.bob, at=AT)


def test_a_class_that_rises_by_an_alert_ends_what_a_person_kept_quiet(world: World) -> None:
    incident = quiet_for(world, 5)
    lifecycle.change_class(incident, to="critical", at=AT + MINUTE, cause="Alertmanager am")
    work_off(AT + MINUTE, "paging")
    assert paged(world) == ["alice@example.com"]
    told = incident.timeline.filter(kind=Kind.QUIET).order_by("-pk")[0]
    assert (told.cause, told.by, "until" in told.data) == ("Alertmanager am", None, False)


def test_a_silence_of_alerts_outlives_a_rise_of_class(world: World) -> None:
    incident = world.open(severity="major")
    lifecycle.silence(incident, until=AT + 60 * MINUTE, because="planned work", at=AT)
    lifecycle.change_class(incident, to="critical", at=AT + MINUTE, cause="Alertmanager am")
    work_off(AT + MINUTE, "paging")
    assert paged(world) == []


def test_made_critical_by_hand_it_is_quiet_for_an_hour_at_most(world: World) -> None:
    incident = quiet_for(world, 5)
    incident = lifecycle.change_class(incident, to="critical", by=world.bob, at=AT + MINUTE)
    assert incident.page_due_at == incident.silenced_until == AT + 61 * MINUTE
    work_off(AT + 60 * MINUTE, "paging")
    assert paged(world) == []
    work_off(AT + 61 * MINUTE, "paging")
    assert paged(world) == ["alice@example.com"]


def test_what_is_merged_into_a_quiet_one_with_a_worse_class_is_heard(world: World) -> None:
    parent, child = quiet_for(world, 5), world.open(severity="critical")
    lifecycle.merge(child, into=parent, by=world.bob, at=AT + MINUTE)
    work_off(AT + MINUTE, "paging")
    assert paged(world) == ["alice@example.com"]
