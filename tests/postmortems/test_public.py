"""The text for customers: what it must say and must not, whose signature, and when its clock stops (C5, C6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents.models import NotAllowed
from postmortems import lifecycle, public_checks
from postmortems.models import Clock, Postmortem
from tests.clock import work_off
from tests.postmortems.written import PUBLIC, RESOLVED, WORK, World, fresh, state_of, utc

SECOND = timedelta(seconds=1)
DUE = utc(30, 18, 5)
STAFF = ["Alice Ames", "alice@example.com", "Bob Bell"]


def unmet(text: str) -> set[str]:
    """Keys of the checks that a signed text does not meet."""
    return {check.key for check in public_checks.checks(text, people=STAFF, signed=True) if not check.ok}


@pytest.mark.parametrize(
    ("added", "found"),
    [
        ("Bob Bell found it.", {"names"}),
        ("Thanks to Alice.", {"names"}),
        ("Write to alice@example.com.", {"names"}),
        ("It ran on db-prod-03.", {"hosts"}),
        ("See http://grafana.corp.internal/d/1.", {"hosts"}),
        ("It ran on queue.payments.svc.", {"hosts"}),
        ("It was 10.0.3.17.", {"addresses"}),
        ("It was 192.168.1.1:8080.", {"addresses"}),
        ("It was fd00::1 all along.", {"addresses"}),
        ("It was 203.0.113.9.", {"addresses"}),
        ("Tracked as PAY-1234.", {"tickets"}),
        ("This was INC-12.", {"tickets"}),
        ("At 19:05 CET it was over.", {"utc"}),
        ("We use UTF-8, TLS-1 and CVE-2026-1234 was not it. It was 1.1.1.1 and 8.8.8.8.", set()),
        ("Version 10.2.1 is out, at a ratio of 16:9.", set()),
    ],
)
def test_what_it_must_not_hold(added: str, found: set[str]) -> None:
    assert unmet(f"{PUBLIC} {added}") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PUBLIC.replace("for 65 minutes", "for a while"), {"duration"}),
        (PUBLIC.replace("could not pay", "waited"), {"function"}),
        (PUBLIC.replace("We will limit", "Somebody limits"), {"next"}),
        (PUBLIC.replace("We are sorry: paying is what you need us for.", ""), {"apology"}),
        (PUBLIC.replace("We are sorry: paying", "We apologise for any inconvenience. Paying"), {"apology"}),
        (PUBLIC.replace(" UTC", ""), {"utc"}),
        ("", {"text", "duration", "function", "next", "apology"}),
    ],
)
def test_what_it_must_say(text: str, found: set[str]) -> None:
    assert unmet(PUBLIC) == set()
    assert unmet(text) == found


@pytest.fixture
def world(db: None) -> World:
    """People and a service."""
    return World()


@pytest.fixture
def signed(world: World) -> Postmortem:
    """Signed, not published."""
    return world.sign(world.over(), RESOLVED)


def test_only_what_is_signed_is_published(world: World, signed: Postmortem) -> None:
    lifecycle.edit(signed, values={"public_text": f"{PUBLIC} And more."}, by=world.alice, at=RESOLVED)
    assert fresh(signed).public_signed_at is None
    with pytest.raises(NotAllowed) as refused:
        lifecycle.publish(signed, world.alice, RESOLVED)
    assert [check["check"] for check in refused.value.fields["checks"]] == ["signed"]


def test_the_same_text_stays_signed(world: World, signed: Postmortem) -> None:
    lifecycle.edit(signed, values={"public_text": f" {PUBLIC}\n", "summary": "x"}, by=world.alice, at=RESOLVED)
    assert fresh(signed).public_signed_by == world.bob


def test_a_text_that_breaks_a_check_is_not_signed(world: World, signed: Postmortem) -> None:
    lifecycle.edit(signed, values={"public_text": f"{PUBLIC} See PAY-7."}, by=world.alice, at=RESOLVED)
    with pytest.raises(NotAllowed, match="PAY-7"):
        lifecycle.sign(signed, world.bob, RESOLVED)


@pytest.mark.parametrize(("seen_at", "state"), [(DUE - SECOND, "met"), (DUE, "met"), (DUE + SECOND, "missed")])
@pytest.mark.parametrize("swept", [True, False])
def test_the_clock_stops_when_a_visitor_could_read_it(
    world: World, signed: Postmortem, seen_at: object, state: str, *, swept: bool
) -> None:
    assert isinstance(seen_at, type(DUE))
    published = lifecycle.publish(signed, world.bob, utc(28, 9))
    assert (published.check_due_at, state_of(signed.incident, "public")) == (utc(28, 9), "running")
    if swept:
        work_off(seen_at, *WORK)
    lifecycle.seen(signed, seen_at)
    clock = Clock.objects.get(kind="public")
    assert (clock.state, clock.ended_at) == (state, seen_at)
    assert fresh(signed).check_due_at is None
    lifecycle.seen(signed, seen_at + SECOND)
    assert fresh(signed).seen_at == seen_at


def test_nothing_is_seen_that_is_not_published(signed: Postmortem) -> None:
    lifecycle.seen(signed, RESOLVED)
    assert (fresh(signed).seen_at, state_of(signed.incident, "public")) == (None, "running")


def test_taking_it_back_restarts_the_clock_with_its_due_time(world: World, signed: Postmortem) -> None:
    lifecycle.publish(signed, world.bob, utc(28, 9))
    lifecycle.seen(signed, utc(28, 9))
    lifecycle.unpublish(signed, world.bob, utc(28, 10))
    clock = Clock.objects.get(kind="public")
    assert (clock.state, clock.due_at, clock.ended_at) == ("running", DUE, None)
    assert clock.reminders.filter(done_at=None).exists()
    with pytest.raises(NotAllowed, match="not published"):
        lifecycle.unpublish(signed, world.bob, utc(28, 10))
    lifecycle.publish(signed, world.bob, utc(29, 9))
    lifecycle.seen(signed, utc(29, 9))
    assert state_of(signed.incident, "public") == "met"


def test_taken_back_after_its_time_it_is_missed(world: World, signed: Postmortem) -> None:
    lifecycle.publish(signed, world.bob, utc(28, 9))
    lifecycle.seen(signed, utc(28, 9))
    lifecycle.unpublish(signed, world.bob, DUE + SECOND)
    work_off(DUE + SECOND, *WORK)
    assert state_of(signed.incident, "public") == "missed"
