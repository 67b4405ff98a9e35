"""The invariants of paging hold whatever happens, in any order."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

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
