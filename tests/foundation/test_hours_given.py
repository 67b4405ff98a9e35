"""Hours of work, sleep and rest as an operator gives them."""

from __future__ import annotations

import pytest

from config.environment import BadSetting, oncall_hours

GIVEN = {"WORKING_HOURS": "8-18", "SLEEPING_HOURS": "22-8", "REST_HOURS": "11"}


def test_they_are_read() -> None:
    assert oncall_hours(GIVEN) == (((8, 18), (22, 8)), 11)
    assert oncall_hours(GIVEN | {"SLEEPING_HOURS": "0-24", "REST_HOURS": "24"}) == (((8, 18), (0, 24)), 24)


@pytest.mark.parametrize(
    "wrong",
    [
        {"WORKING_HOURS": "8"},
        {"WORKING_HOURS": "8-8"},
        {"WORKING_HOURS": "-8-18"},
        {"SLEEPING_HOURS": "22-25"},
        {"SLEEPING_HOURS": "night"},
        {"REST_HOURS": "0"},
        {"REST_HOURS": "25"},
        {"REST_HOURS": "eleven"},
    ],
)
def test_what_are_none_is_said_with_its_name(wrong: dict[str, str]) -> None:
    (name,) = wrong
    with pytest.raises(BadSetting, match=name):
        oncall_hours(GIVEN | wrong)
