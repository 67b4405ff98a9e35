"""Days and uptime of a component, by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from status import bars
from status.bars import DEGRADED, MAINTENANCE, MAJOR, NO_DATA, OPERATIONAL, PARTIAL, Change, days, percent, uptime

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BORN = NOON - timedelta(days=365)


def ago(**span: float) -> datetime:
    return NOON - timedelta(**span)


def test_ninety_days_oldest_first_and_the_last_is_measured_so_far() -> None:
    found = days(BORN, [], NOON)
    assert [len(found), found[0].date.isoformat(), found[-1].date.isoformat()] == [90, "2026-08-24", "2026-11-21"]
    assert found[0].seconds == {OPERATIONAL: 86400}
    assert found[-1].seconds == {OPERATIONAL: 43200}
    assert uptime(found) == 1
    assert percent(uptime(found)) == "100 %"


def test_an_outage_over_midnight_is_cut_into_its_days() -> None:
    said = [Change(ago(hours=13), MAJOR), Change(ago(hours=11.5), OPERATIONAL)]
    found = days(BORN, said, NOON)
    assert found[-2].seconds == {OPERATIONAL: 82800, MAJOR: 3600}
    assert found[-1].seconds == {MAJOR: 1800, OPERATIONAL: 41400}
    assert [day.state for day in found[-2:]] == [MAJOR, MAJOR]
    assert bars.outage(found) == timedelta(minutes=90)


def test_weights_are_one_for_major_and_three_tenths_for_partial_and_nothing_for_degraded() -> None:
    def share(state: str) -> float | None:
        return uptime(days(BORN, [Change(ago(hours=2), state), Change(ago(hours=1), OPERATIONAL)], NOON, count=1))

    assert share(MAJOR) == pytest.approx(1 - 1 / 12)
    assert share(PARTIAL) == pytest.approx(1 - 0.3 / 12)
    assert share(DEGRADED) == 1


def test_maintenance_is_on_neither_side() -> None:
    said = [Change(ago(hours=8), MAINTENANCE), Change(ago(hours=2), MAJOR), Change(ago(hours=1), OPERATIONAL)]
    assert uptime(days(BORN, said, NOON, count=1)) == pytest.approx(1 - 1 / 6)


def test_what_was_not_measured_is_no_data_and_never_fine() -> None:
    found = days(ago(hours=24), [], NOON)
    assert {day.state for day in found[:88]} == {NO_DATA}
    assert found[88].seconds == {OPERATIONAL: 43200}
    assert uptime(found[:88]) is None
    assert percent(None) == "-"


def test_a_word_older_than_the_component_moves_its_birth() -> None:
    found = days(ago(hours=1), [Change(ago(hours=3), MAJOR), Change(ago(hours=2), OPERATIONAL)], NOON, count=1)
    assert found[0].seconds == {MAJOR: 3600, OPERATIONAL: 7200}


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, "100 %"),
        (0.99999, "99.99 %"),
        (0.9995, "99.95 %"),
        (0.99949, "99.94 %"),
        (0.5, "50.00 %"),
        (0.0, "0.00 %"),
    ],
)
def test_percentages_are_rounded_down(share: float, said: str) -> None:
    assert percent(share) == said


@given(
    st.lists(st.tuples(st.integers(0, 100 * 86400), st.sampled_from(bars.WORST_FIRST[:5])), max_size=20),
    st.integers(0, 120 * 86400),
)
def test_every_measured_second_lies_in_one_day_and_one_state(said: list[tuple[int, str]], age: int) -> None:
    changes = [Change(ago(seconds=back), state) for back, state in said]
    found = days(ago(seconds=age), changes, NOON)
    begin = max(NOON.replace(hour=0) - timedelta(days=89), min([ago(seconds=age), *(one.at for one in changes)]))
    assert sum(sum(day.seconds.values()) for day in found) == pytest.approx(max(0.0, (NOON - begin).total_seconds()))
    assert all(sum(day.seconds.values()) <= 86400 for day in found)
    share = uptime(found)
    assert share is None or 0 <= share <= 1
