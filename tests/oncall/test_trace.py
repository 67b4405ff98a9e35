"""Why somebody is on call: the facts and their order."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from oncall.rotation import Cover, Layer, Override, Roster, Unit, Window
from oncall.trace import Step, why

local = datetime.fromisoformat
AT = datetime(2026, 11, 21, 10, tzinfo=UTC)  # a Saturday


def z(text: str) -> datetime:
    return local(text).replace(tzinfo=UTC)


def layer(name: str, members: str = "ABC", starts: str = "2026-11-16 09:00", **changes: Any) -> Layer:
    return Layer(name, tuple(members), 1, Unit.WEEK, local(starts), "UTC", **changes)


def steps(roster: Roster, at: datetime = AT) -> list[tuple[Any, ...]]:
    """What each reason says, without its instants."""
    return [
        tuple(fact for fact in (r.step, r.layer, r.person, r.for_person) if fact is not None) for r in why(roster, at)
    ]


def test_layers_are_told_from_the_last_to_the_one_that_decides() -> None:
    hours = (Window(frozenset(range(7)), time(9), time(17)),)
    roster = Roster(
        (
            layer("never asked"),
            layer("base", windows=hours),
            layer("nights", windows=(Window(frozenset(range(7)), time(22), time(6)),)),
            layer("later", starts="2027-01-04 09:00"),
            layer("empty", ""),
        )
    )
    assert steps(roster) == [
        (Step.NO_MEMBERS, "empty"),
        (Step.NOT_STARTED, "later"),
        (Step.CLOSED, "nights"),
        (Step.LAYER, "base"),
        (Step.WINDOW, "base"),
        (Step.TURN, "base", "A"),
    ]
    reasons = why(roster, AT)
    assert reasons[1].start == z("2027-01-04 09:00")
    assert (reasons[4].start, reasons[4].end) == (z("2026-11-21 09:00"), z("2026-11-21 17:00"))
    assert (reasons[5].turn, reasons[5].start, reasons[5].end) == (0, z("2026-11-16 09:00"), z("2026-11-23 09:00"))


def test_an_override_and_a_cover_follow_the_layer_that_they_overrule() -> None:
    day = (z("2026-11-21 00:00"), z("2026-11-22 00:00"))
    roster = Roster(
        (layer("base"),),
        (Override("X", *day, order=1, key=7), Override("Y", *day, order=0)),
        (Cover("Z", "X", *day, key=8), Cover("B", "A", *day)),
    )
    assert steps(roster) == [
        (Step.LAYER, "base"),
        (Step.TURN, "base", "A"),
        (Step.OVERRIDE, "X"),
        (Step.COVER, "Z", "X"),
    ]
    assert [reason.key for reason in why(roster, AT)] == [None, None, 7, 8]


def test_who_left_is_named_once_and_who_stands_in() -> None:
    roster = Roster((layer("base", "AABC"),), inactive={"A": z("2026-11-01 00:00"), "B": z("2026-11-20 00:00")})
    assert steps(roster) == [
        (Step.LAYER, "base"),
        (Step.TURN, "base", "A"),
        (Step.SKIPPED, "base", "A"),
        (Step.SKIPPED, "base", "B"),
        (Step.TAKEN, "base", "C"),
    ]
    everybody = Roster((layer("base"),), inactive=dict.fromkeys("ABC", AT))
    assert steps(everybody) == [(Step.ALL_LEFT, "base"), (Step.NOBODY,)]


def test_a_gap_says_so() -> None:
    assert steps(Roster(())) == [(Step.NOBODY,)]


def test_who_is_away_is_skipped_until_they_are_back() -> None:
    back = z("2026-11-25 00:00")
    roster = Roster((layer("base", "AB"),), absent={"A": ((z("2026-11-20 00:00"), back),)})
    skipped = next(reason for reason in why(roster, AT) if reason.step == Step.SKIPPED)
    assert (skipped.person, skipped.start, skipped.end) == ("A", z("2026-11-20 00:00"), back)
    assert why(roster, AT)[-1].person == "B"
    assert Step.SKIPPED not in {reason.step for reason in why(roster, back)}
