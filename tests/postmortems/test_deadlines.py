"""The clocks against the worked case and their rules, just before, at and just after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postmortems.deadlines import (
    Facts,
    after_edit,
    internal_due,
    is_extended,
    owes_internal,
    owes_public,
    public_due,
    tolerable_minutes,
)


def utc(day: int, hour: int, minute: int, month: int = 11) -> datetime:
    """An instant of late 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


CASE = Facts("critical", resolved_at=utc(27, 18, 40), mitigated_at=utc(27, 18, 5), customer_minutes=95, targets=(99.9,))


def test_the_worked_case() -> None:
    assert (internal_due(CASE), public_due(CASE)) == (utc(28, 18, 40), utc(30, 18, 5))
    again = replace(CASE, mitigated_at=utc(28, 9, 30), resolved_at=utc(28, 10, 0))
    assert (internal_due(again), public_due(again)) == (utc(29, 10, 0), utc(1, 9, 30, month=12))


@pytest.mark.parametrize(
    ("target", "minutes"), [(99.99, 1.0), (99.9, 10.08), (99.5, 50.4), (99.0, 100.8), (95.0, 504.0), (None, 30.0)]
)
def test_tolerable_minutes_of_a_week(target: float | None, minutes: float) -> None:
    assert tolerable_minutes(target) == pytest.approx(minutes, abs=0.01)


def test_extended_begins_just_after_the_limit_of_the_strictest_service() -> None:
    limit = tolerable_minutes(99.9)
    base = Facts("standard", resolved_at=utc(27, 18, 40), targets=(95.0, 99.9))
    assert not is_extended(replace(base, customer_minutes=limit))
    assert is_extended(replace(base, customer_minutes=limit + 0.001))


def test_who_owes_what() -> None:
    quiet = Facts("standard", resolved_at=utc(27, 18, 40))
    assert not owes_internal(quiet)
    assert internal_due(quiet) is None
    for change in (
        {"severity": "major"},
        {"acknowledged": False},
        {"data_loss": True},
        {"security": True},
        {"requested": True},
    ):
        assert owes_internal(replace(quiet, **change)), change
    assert owes_public(replace(quiet, data_loss=True))
    assert not owes_public(replace(CASE, public_by_hand=False))
    assert owes_public(replace(quiet, public_by_hand=True))
    for change in ({"drill": True}, {"cancelled": True}):
        assert not owes_internal(replace(CASE, **change))  # type: ignore[arg-type]
        assert public_due(replace(CASE, **change)) is None  # type: ignore[arg-type]


def test_a_past_incident_counts_from_its_entry() -> None:
    entered = utc(29, 8, 0)
    assert internal_due(replace(CASE, entered_at=entered)) == entered + timedelta(hours=24)


def test_an_edit_leaves_at_least_four_hours() -> None:
    due = utc(28, 18, 40)
    assert after_edit(due, edited_at=due - timedelta(hours=4)) == due
    assert after_edit(due, edited_at=due - timedelta(hours=4) + timedelta(seconds=1)) == due + timedelta(seconds=1)
