"""Absences by scripts."""

from __future__ import annotations

from typing import Any

import pytest

from oncall.models import Absence
from tests.api.conftest import Script, World

ABSENCES = "absences/"
AWAY = {"person": "ana@example.com", "from": "2026-12-21T00:00", "to": "2026-12-28T00:00", "reason": "Holidays"}


def test_said_read_and_taken_back(world: World, ana: Script) -> None:
    made = ana.post(ABSENCES, AWAY, expect=201)
    assert ana.post(ABSENCES, AWAY, expect=201) == made
    assert (made["person"], made["reason"]) == ("ana@example.com", "Holidays")
    assert ana.get(ABSENCES)["results"] == [made]
    assert ana.get(ABSENCES, person="bob@example.com")["results"] == []
    span = {"from": made["start"], "to": made["end"]}
    shifts = ana.get("schedules/payments-primary/shifts/", **span)
    assert "ana@example.com" not in {shift["person"] for shift in shifts}
    for _time in range(2):
        assert ana.post(f"absences/{made['id']}/remove/", {}) == made
    assert ana.get(ABSENCES)["results"] == []
    assert Absence.objects.get().removed_at is not None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"to": "2026-12-20T00:00"}, 422),
        ({"from": "soon"}, 400),
        ({"person": "nobody@example.com"}, 422),
        ({"reason": "x" * 301}, 400),
        ({"from": "0001-01-01T00:00"}, 422),
        ({"person": "bob@example.com"}, 403),
    ],
)
def test_refused_in_words(change: dict[str, Any], status: int, world: World, ana: Script) -> None:
    answer = ana.post(ABSENCES, AWAY | change, expect=status)
    assert answer["error"]["message"]
    assert not Absence.objects.exists()
