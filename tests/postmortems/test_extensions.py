"""More time, and waivers: limits, reasons, and the last second (C9, C10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents import command
from incidents.models import Incident, NotAllowed
from postmortems import clocks, lifecycle
from postmortems.models import Clock, Postmortem
from teams.models import Notice
from tests.clock import work_off
from tests.postmortems.written import RESOLVED, WORK, World, state_of, utc

SECOND = timedelta(seconds=1)
DUE, PUBLIC_DUE = utc(28, 18, 40), utc(30, 18, 5)
REASON = "Half of the people are away until Monday."


@pytest.fixture
def world(db: None) -> World:
    """People and a service."""
    return World()


@pytest.fixture
def written(world: World) -> Postmortem:
    """Of an incident that owes both, complete but not filed."""
    return world.write(world.over(), RESOLVED)


def extend(
    world: World, written: Postmortem, at: datetime, kind: str = "internal", to: datetime | int | None = None
) -> Clock:
    """The manager grants more time."""
    return lifecycle.extend(written, kind, to, REASON, world.mia, at)


def shown(written: Postmortem, at: datetime, kind: str = "internal") -> object:
    """As the API shows it."""
    return clocks.view_of(Incident.objects.get(pk=written.incident_id), at=at)[kind]


@pytest.mark.parametrize("swept", [True, False])
def test_an_extension_at_the_last_second(world: World, written: Postmortem, *, swept: bool) -> None:
    extend(world, written, DUE)
    if swept:
        work_off(DUE + SECOND, *WORK)
    assert shown(written, DUE + SECOND) == {"due_at": utc(29, 18, 40), "state": "running"}
    lifecycle.file(written, world.alice, utc(29, 18, 40))
    assert state_of(written.incident, "internal") == "met_extended"


@pytest.mark.parametrize("swept", [True, False])
def test_an_extension_a_second_too_late_is_refused(world: World, written: Postmortem, *, swept: bool) -> None:
    if swept:
        work_off(DUE + SECOND, *WORK)
    with pytest.raises(NotAllowed, match="The deadline passed on 2026-11-28 18:40 UTC"):
        extend(world, written, DUE + SECOND)
    assert shown(written, DUE + SECOND) == {"due_at": DUE, "state": "missed"}


def test_met_within_the_first_time_is_met(world: World, written: Postmortem) -> None:
    extend(world, written, RESOLVED)
    lifecycle.file(written, world.alice, DUE)
    assert state_of(written.incident, "internal") == "met"


def test_a_second_after_the_first_time_is_met_extended(world: World, written: Postmortem) -> None:
    extend(world, written, RESOLVED)
    lifecycle.file(written, world.alice, DUE + SECOND)
    assert state_of(written.incident, "internal") == "met_extended"


def test_a_second_after_the_extension_is_missed(world: World, written: Postmortem) -> None:
    extend(world, written, RESOLVED)
    lifecycle.file(written, world.alice, utc(29, 18, 40) + SECOND)
    assert state_of(written.incident, "internal") == "missed"


def test_internal_twice_by_a_day_and_no_third_time(world: World, written: Postmortem) -> None:
    assert extend(world, written, RESOLVED).due_at == utc(29, 18, 40)
    assert extend(world, written, RESOLVED).due_at == utc(30, 18, 40)
    with pytest.raises(NotAllowed, match="twice"):
        extend(world, written, RESOLVED)


def test_public_once_by_a_week(world: World, written: Postmortem) -> None:
    clock = extend(world, written, RESOLVED, "public")
    assert (clock.due_at, clock.extended_to) == (utc(7, 18, 5, month=12), utc(7, 18, 5, month=12))
    with pytest.raises(NotAllowed, match="once"):
        extend(world, written, RESOLVED, "public")


@pytest.mark.parametrize("to", [utc(29, 18, 40) + SECOND, DUE, utc(27, 20), 25, 0, -3])
def test_not_beyond_what_one_extension_gives(world: World, written: Postmortem, to: datetime | int) -> None:
    with pytest.raises(NotAllowed, match="not after 2026-11-29 18:40 UTC"):
        extend(world, written, RESOLVED, to=to)


def test_by_hours_or_until(world: World, written: Postmortem) -> None:
    assert extend(world, written, RESOLVED, to=12).due_at == utc(29, 6, 40)
    assert extend(world, written, RESOLVED, to=utc(29, 12)).due_at == utc(29, 12)
    lifecycle.file(written, world.alice, DUE)
    assert state_of(written.incident, "internal") == "met"


@pytest.mark.parametrize(
    ("reason", "good"), [("x" * 19, False), ("x" * 20, True), ("  x  " * 19, True), (" " * 30, False)]
)
def test_a_reason_of_twenty_characters(world: World, written: Postmortem, reason: str, *, good: bool) -> None:
    if good:
        lifecycle.extend(written, "internal", None, reason, world.mia, RESOLVED)
    else:
        with pytest.raises(NotAllowed, match="20 characters"):
            lifecycle.extend(written, "internal", None, reason, world.mia, RESOLVED)


def test_the_owner_asks_and_those_who_may_grant_hear_of_it(world: World, written: Postmortem) -> None:
    with pytest.raises(NotAllowed, match="The owner asks"):
        lifecycle.ask_extension(written, "internal", REASON, world.bob, RESOLVED)
    clock = lifecycle.ask_extension(written, "internal", REASON, world.alice, RESOLVED)
    assert (clock.extension_asked_at, clock.due_at) == (RESOLVED, DUE)
    asked = Notice.objects.filter(subject__startswith="Alice Ames asks for more time")
    assert {notice.person for notice in asked} == {world.mia, world.bob}
    assert REASON in asked[0].body


def test_an_edited_stamp_does_not_take_an_extension_away(world: World, written: Postmortem) -> None:
    extend(world, written, RESOLVED)
    stamps: dict[str, datetime | None] = {"resolved_at": utc(27, 18, 10)}
    command.edit_stamps(written.incident, stamps=stamps, reason="The log says so.", by=world.bob, at=utc(28, 9))
    assert shown(written, utc(28, 9)) == {"due_at": utc(29, 18, 40), "state": "running"}
    work_off(utc(28, 9), *WORK)
    assert shown(written, utc(28, 9)) == {"due_at": utc(29, 18, 40), "state": "running"}


def waive(world: World, written: Postmortem, at: datetime = RESOLVED, **changed: Any) -> Clock:
    """The manager waives the public duty."""
    words: dict[str, Any] = {
        "kind": "public",
        "code": "internal_only",
        "text": "Only our own tools were slow.",
        "link": "",
        **changed,
    }
    return lifecycle.waive(written, **words, by=world.mia, at=at)


def test_a_waiver_says_why_and_lets_the_incident_close(world: World, written: Postmortem) -> None:
    lifecycle.file(written, world.alice, RESOLVED)
    with pytest.raises(NotAllowed, match="public postmortem first") as refused:
        lifecycle.close_incident(written.incident, world.alice, RESOLVED)
    assert set(refused.value.fields) == {"public"}
    clock = waive(world, written)
    assert (clock.state, clock.waived_by, clock.ended_at) == ("waived", world.mia, RESOLVED)
    assert shown(written, utc(9, 9, month=12), "public") == {"due_at": PUBLIC_DUE, "state": "waived"}
    assert lifecycle.close_incident(written.incident, world.alice, RESOLVED).state == "closed"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"code": "because"}, "Known reasons"),
        ({"code": ""}, "Known reasons"),
        ({"text": "  "}, "Say why"),
        ({"code": "upstream_report"}, "provider's report"),
        ({"code": "upstream_report", "link": "javascript:alert(1)"}, "begins with https"),
        ({"link": f"https://example.com/{'x' * 500}"}, "at most 500"),
        ({"text": "\x00"}, "Say why"),
        ({"kind": "secret"}, "internal or public"),
    ],
)
def test_a_waiver_without_its_words_is_refused(
    world: World, written: Postmortem, changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        waive(world, written, **changed)
    assert state_of(written.incident, "public") == "running"


def test_what_was_missed_stays_missed_when_it_is_waived(world: World, written: Postmortem) -> None:
    lifecycle.file(written, world.alice, RESOLVED)
    waive(world, written, at=PUBLIC_DUE + SECOND)
    assert state_of(written.incident, "public") == "missed"
    assert lifecycle.close_incident(written.incident, world.alice, PUBLIC_DUE + SECOND).state == "closed"


def test_waived_twice_is_refused(world: World, written: Postmortem) -> None:
    waive(world, written)
    with pytest.raises(NotAllowed, match="No such deadline"):
        waive(world, written)
