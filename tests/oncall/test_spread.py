"""How evenly incidents are led, and who leads next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.spread import Led, spread

THEN = datetime(2026, 6, 1, tzinfo=UTC)


def led(*people: int) -> list[Led]:
    """One incident each, a day apart."""
    return [Led(number, person, THEN + timedelta(days=number)) for number, person in enumerate(people)]


@pytest.mark.parametrize(
    ("people", "trained", "index"),
    [
        ([], [1, 2], None),
        ([1, 2], [], None),
        ([1, 2, 3], [1, 2, 3], 1.0),
        ([1, 1, 1], [1, 2, 3], 1 / 3),
        ([1, 1, 2, 2], [1, 2, 3, 4], 0.5),
        ([9, 9], [1, 2], 1 / 3),  # a hero whom nobody wrote down
        ([1], [1], 1.0),
    ],
)
def test_the_index(people: list[int], trained: list[int], index: float | None) -> None:
    assert spread(led(*people), trained).index == (None if index is None else pytest.approx(index))


def test_below_the_target_it_is_narrow() -> None:
    assert spread(led(1, 1, 1), [1, 2]).narrow
    assert not spread(led(1, 1, 2), [1, 2]).narrow
    assert not spread([], [1, 2]).narrow


def test_few_incidents_cannot_be_spread_further() -> None:
    assert not spread(led(1), [1, 2, 3]).narrow
    assert not spread(led(1, 2), [1, 2, 3, 4, 5]).narrow
    assert spread(led(1, 1), [1, 2, 3, 4, 5]).narrow
    assert spread(led(1, 1, 1), [1, 2, 3]).narrow


def test_who_leads_twice_in_one_incident_counts_once() -> None:
    twice = [Led(7, 1, THEN), Led(7, 1, THEN), Led(7, 2, THEN)]
    assert spread(twice, [1, 2]).index == pytest.approx(1)


def test_the_next_lead_has_led_least_and_then_longest_ago() -> None:
    assert spread(led(1, 1, 2), [1, 2, 3]).next_lead == 3
    assert spread(led(1, 2, 3, 1), [1, 2, 3]).next_lead == 2
    assert spread(led(2, 1), [1, 2]).next_lead == 2, "equal: whose last time is longer ago"
    assert spread([], [4, 1]).next_lead == 4, "equal: the order given"
    assert spread(led(5), []).next_lead is None
    assert spread(led(1, 1), [1, 2, 3]).never == (2, 3)


@pytest.mark.parametrize(("trained", "alone"), [([], True), ([1], True), ([1, 2], False)])
def test_without_a_second_one_person_is_a_risk(trained: list[int], alone: bool) -> None:
    assert spread([], trained).alone is alone


@given(st.lists(st.integers(1, 6), min_size=1, max_size=40), st.integers(6, 9))
def test_the_index_lies_between_one_hero_and_even(people: list[int], trained: int) -> None:
    found = spread(led(*people), range(1, trained + 1))
    assert found.index is not None
    assert 1 / trained <= found.index <= 1
    assert set(found.never) == set(range(1, trained + 1)) - set(people)
    if found.never:
        assert found.next_lead in found.never
