"""The invariants of paging hold whatever happens, in any order."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import INVARIANT_MARKER, run_state_machine_as_test

from paging.channels import known
from tests.paging.machine import Air, Paging

EXAMPLES = int(os.environ.get("PAGING_EXAMPLES", "12"))
STEPS = int(os.environ.get("PAGING_STEPS", "25"))


@pytest.mark.django_db
def test_paging_keeps_its_promises_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(known.MEDIA, "sms", (f"{Air.__module__}.Air", ()))
    run_state_machine_as_test(
        Paging,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )


INVARIANTS = [name for name, one in vars(Paging).items() if hasattr(one, INVARIANT_MARKER)]
WALKS: dict[str, tuple[int, str, list[tuple[str, *tuple[object, ...]]]]] = {
    "taken back, while a later ring of the first page waits": (
        1,
        "always",
        [
            ("alert", "critical"),
            ("time_passes", 1),
            ("acknowledge", 1, 0),
            ("unacknowledge", 1, 0),
            ("time_passes", 61),
        ],
    ),
    "a standard one at night": (1, "working_hours", [("alert", "standard"), ("time_passes", 1), ("escalate", 1, 0)]),
    "a critical one at night": (1, "working_hours", [("alert", "critical"), ("time_passes", 1)]),
    "a held one gets worse": (1, "working_hours", [("alert", "standard"), ("time_passes", 10), ("gets_worse", 0)]),
    "the same person twice": (
        2,
        "always",
        [("alert", "major"), ("time_passes", 1), ("acknowledge", 0, 0), ("acknowledge", 0, 0), ("acknowledge", 1, 0)],
    ),
    "three at once": (1, "always", [("alert", "major"), ("time_passes", 10)] * 3),
    "a sender dies": (1, "always", [("alert", "major"), ("crash", True), ("time_passes", 30), ("time_passes", 61)]),
}
"""Short ways through the same machine that chance seldom takes: (acknowledgements, when covered, what happens)."""


@pytest.mark.django_db
@pytest.mark.parametrize("name", WALKS)
def test_known_dangers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(known.MEDIA, "sms", (f"{Air.__module__}.Air", ()))
    needed, covered, steps = WALKS[name]
    machine = Paging()
    try:
        machine.organisation(needed, covered)
        for rule, *values in steps:
            getattr(machine, rule)(*values)
            for invariant in INVARIANTS:
                getattr(machine, invariant)()
    finally:
        machine.teardown()
