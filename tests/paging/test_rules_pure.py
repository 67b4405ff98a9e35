"""Pure rules of paging: throttle, personal rules, what may still be sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from paging.reach import Ring, Way, plan
from paging.sendable import Facts, why_not
from paging.throttle import full, next_slot, retry_at

AT = datetime(2026, 11, 21, 2, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_first_page_leaves_at_once_and_others_wait_for_their_bundle() -> None:
    assert next_slot("email", None, AT) == AT
    assert next_slot("email", AT, AT + 3 * SECOND) == AT + 10 * SECOND
    assert next_slot("email", AT, AT + 10 * SECOND) == AT + 10 * SECOND
    assert next_slot("voice", AT, AT + timedelta(hours=1)) == AT + timedelta(hours=1)


def test_by_phone_one_bundle_follows_after_ten_seconds_and_then_one_a_minute() -> None:
    assert next_slot("sms", AT, AT + SECOND) == AT + 10 * SECOND
    assert next_slot("sms", AT + 10 * SECOND, AT + 11 * SECOND, before=AT) == AT + 70 * SECOND
    assert next_slot("sms", AT + 70 * SECOND, AT + 71 * SECOND, before=AT + 10 * SECOND) == AT + 130 * SECOND
    quiet = AT + timedelta(minutes=5)
    assert next_slot("voice", quiet, quiet, before=AT) == quiet + 10 * SECOND, "the storm was over: a first page again"


@pytest.mark.parametrize(
    ("kind", "minutes", "until"),
    [
        ("voice", [0, 1], None),
        ("voice", [0, 1, 2], 15),
        ("voice", [0, 5, 15], None),
        ("sms", [0, 1, 2, 3], None),
        ("sms", [0, 1, 2, 3, 4], 15),
        ("voice", [-44, -30, -20, -10, -3, 5, 14], 16),
        ("sms", [-44, -40, -36, -30, -26, -20, -16, -10, -4, 1, 14], 16),
        ("email", list(range(15)), None),
    ],
)
def test_how_often_one_way_may_ring(kind: str, minutes: list[int], until: int | None) -> None:
    """Asked at minute 15: what is exactly as old as the span does not count any more."""
    now = AT + timedelta(minutes=15) - (SECOND if until == 15 else timedelta())
    found = full(kind, [AT + timedelta(minutes=minute) for minute in minutes], now)
    assert (found.until if found else None) == (AT + timedelta(minutes=until) if until else None)


def test_temporary_failures_are_tried_again_with_growing_waits() -> None:
    waits = [retry_at(n, AT) for n in (1, 2, 3, 4)]
    assert waits == [AT + 5 * SECOND, AT + 30 * SECOND, AT + 120 * SECOND, None]


MAIL = Way(1, "email", usable=True)
PHONE = Way(2, "voice", usable=True)


def ruled(way: Way, severity: str, after: int, position: int = 0, *, usable: bool = True) -> Way:
    """A way with a rule."""
    return Way(way.method_id, way.kind, usable, severity, position, after)


def test_without_rules_every_usable_method_rings_at_once() -> None:
    assert plan([MAIL, PHONE, Way(3, "sms", usable=False)], "critical") == [Ring(1, "email", 0), Ring(2, "voice", 0)]


def test_the_rules_of_the_class_come_before_the_default_ones() -> None:
    ways = [ruled(MAIL, "default", 0), ruled(MAIL, "critical", 0), ruled(PHONE, "critical", 120, 1)]
    assert plan(ways, "critical") == [Ring(1, "email", 0), Ring(2, "voice", 120)]
    assert plan(ways, "major") == [Ring(1, "email", 0)]


def test_a_first_method_that_cannot_be_used_leaves_no_hole() -> None:
    ways = [ruled(MAIL, "critical", 0, usable=False), ruled(PHONE, "critical", 120, 1)]
    assert plan(ways, "critical") == [Ring(2, "voice", 0)]


def test_rules_that_name_only_unusable_methods_ring_everything_else() -> None:
    ways = [ruled(MAIL, "critical", 0, usable=False), PHONE]
    assert plan(ways, "critical") == [Ring(2, "voice", 0)]
    assert plan([ruled(MAIL, "critical", 0, usable=False)], "critical") == []


def facts(**changes: object) -> Facts:
    """A page that may be sent."""
    base: dict[str, object] = {
        "reason": "first",
        "page_fence": 3,
        "acked": False,
        "person_active": True,
        "method_usable": True,
        "incident_open": True,
        "incident_fence": 3,
    }
    return Facts(**{**base, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"person_active": False}, "person_inactive"),
        ({"method_usable": False}, "method_unusable"),
        ({"incident_open": False}, "over"),
        ({"held": True}, "answered"),
        ({"incident_fence": 4}, "anew"),
        ({"incident_fence": 4, "held": True}, "answered"),
        ({"incident_fence": 4, "acked": True}, "answered"),
        ({"silenced_until": AT + SECOND}, "silenced"),
        ({"silenced_until": AT}, ""),
        ({"reason": "asked_for_help", "held": True, "incident_fence": 9}, ""),
        ({"reason": "asked_for_help", "acked": True}, "answered"),
        ({"reason": "asked_for_help", "incident_open": False}, "over"),
        ({"reason": "test", "incident_open": False}, ""),
        ({"reason": "test", "person_active": False}, "person_inactive"),
    ],
)
def test_what_may_still_be_sent(changes: dict[str, object], reason: str) -> None:
    assert why_not(facts(**changes), AT) == reason
