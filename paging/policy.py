"""The policy of a run: a snapshot taken when it begins, so that editing a policy never changes a live incident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F

from incidents.models import Incident
from oncall.models import EscalationStep
from paging.models import Escalation
from paging.targets import administrators

CATCH_ALL_EVERY = timedelta(minutes=15)


@dataclass(frozen=True)
class Step:
    """One step of a snapshot."""

    wait: timedelta
    notify: list[str]


@dataclass(frozen=True)
class Policy:
    """What a run does: `rounds` times all steps, then the catch-all until somebody answers."""

    slug: str
    rounds: int
    steps: list[Step]
    catch_all: list[str]
    acknowledgements: int = 1

    def snapshot(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "repeat": self.rounds - 1,
            "steps": [{"wait": int(step.wait.total_seconds()), "notify": step.notify} for step in self.steps],
            "catch_all": self.catch_all,
            "acknowledgements": self.acknowledgements,
        }

    @classmethod
    def restore(cls, slug: str, data: dict[str, Any]) -> Policy:
        """From JSON."""
        steps = [Step(timedelta(seconds=step["wait"]), list(step["notify"])) for step in data["steps"]]
        return cls(slug, int(data["repeat"]) + 1, steps, list(data["catch_all"]), data.get("acknowledgements", 1))


def policy_for(service_id: int | None) -> Policy:
    """The policy that pages for a service now; without one, the administrators are the catch-all."""
    rows = list(
        EscalationStep.objects.filter(policy__coverages__service=service_id, policy__archived_at=None)
        .select_related("policy")
        .order_by("position")
        if service_id
        else []
    )
    if not rows:
        return Policy("", 1, [], administrators())
    policy = rows[0].policy
    steps = [Step(timedelta(seconds=row.wait), list(row.notify)) for row in rows]
    catch_all = list(policy.catch_all) or administrators()
    return Policy(policy.slug, policy.repeat + 1, steps, catch_all, policy.acknowledgements)


def acknowledgements_for(incident: Incident) -> int:
    """How many different people have to acknowledge before its paging stops, by the policy of its run."""
    runs = Escalation.objects.filter(incident=incident, fence=F("incident__page_fence"))
    snapshot = runs.values_list("policy", flat=True).first()
    policy = Policy.restore("", snapshot) if snapshot else policy_for(incident.service_id)
    return policy.acknowledgements
