"""Durations: what is shown reads back as the same, in the largest exact unit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning import durations

WHOLE_SECONDS = st.integers(0, 3650 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


@given(WHOLE_SECONDS)
def test_shown_reads_back(duration: timedelta) -> None:
    assert durations.parse(durations.show(duration)) == duration


@given(WHOLE_SECONDS)
def test_no_larger_unit_is_exact(duration: timedelta) -> None:
    unit = durations.show(duration)[-1]
    larger = [size for name, size in durations.SECONDS.items() if size > durations.SECONDS[unit]]
    assert not duration or all(duration.total_seconds() % size for size in larger)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", timedelta(seconds=30)), ("5m", timedelta(minutes=5)), ("2h", timedelta(hours=2)), ("1d", timedelta(1))],
)
def test_the_four_units(text: str, expected: timedelta) -> None:
    assert durations.parse(text) == expected
    assert durations.show(expected) == text


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5 m", "-5m", "5M", "1.5h", "1h30m", "５m", "5m\n", "99999d", "9" * 40 + "s"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration such as|longer than"):
        durations.parse(text)
