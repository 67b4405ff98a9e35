"""The policy of a run: a snapshot taken when it begins, so that editing a policy never changes a live incident."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from incidents.models import Incident
from oncall import working_hours
from oncall.models import EscalationPolicy, EscalationStep
from oncall.team_clock import Clock, clock_of, clocks_of
from paging.models import Escalation
from paging.targets import administrators

logger = logging.getLogger(__name__)

CATCH_ALL_EVERY = timedelta(minutes=15)


@dataclass(frozen=True)
class Step:
    """One step of a snapshot."""

    wait: timedelta
    notify: list[str]
    during: str = EscalationStep.During.ALWAYS


@dataclass(frozen=True)
class Policy:
    """What a run does: `rounds` times all steps, then the catch-all until somebody answers."""

    slug: str
    rounds: int
    steps: list[Step]
    catch_all: list[str]
    acknowledgements: int = 1
    zone: str = "UTC"
    """Whose working hours the steps mean that are for some hours only (an IANA name)."""
    region: str = ""
    """Whose public holidays are no working days then."""

    def is_taken(self, step: Step, at: datetime) -> bool:
        """Whether it is a step at `at`: one that is for other hours is passed at once."""
        return working_hours.is_taken(step.during, at, self.zone, self.region)

    def snapshot(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "repeat": self.rounds - 1,
            "steps": [
                {"wait": int(step.wait.total_seconds()), "notify": step.notify, "during": step.during}
                for step in self.steps
            ],
            "catch_all": self.catch_all,
            "acknowledgements": self.acknowledgements,
            "zone": self.zone,
            "region": self.region,
        }

    @classmethod
    def restore(cls, slug: str, data: dict[str, Any]) -> Policy:
        """From JSON."""
        steps = [
            Step(
                timedelta(seconds=step["wait"]), list(step["notify"]), step.get("during", EscalationStep.During.ALWAYS)
            )
            for step in data["steps"]
        ]
        rounds, catch_all = int(data["repeat"]) + 1, list(data["catch_all"])
        acknowledgements, zone, region = (
            data.get("acknowledgements", 1),
            data.get("zone", "UTC"),
            data.get("region", ""),
        )
        return cls(slug, rounds, steps, catch_all, acknowledgements, zone, region)


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
    return policy_of(rows[0].policy, rows)


def policy_of(policy: EscalationPolicy, rows: Sequence[EscalationStep]) -> Policy:
    """A policy with its steps, in their order, as a run takes it."""
    steps = [Step(timedelta(seconds=row.wait), list(row.notify), row.during) for row in rows]
    any_time = all(step.during == EscalationStep.During.ALWAYS for step in steps)
    clock = Clock("UTC") if any_time else clock_of(policy.team_id)
    catch_all = list(policy.catch_all) or administrators()
    return Policy(policy.slug, policy.repeat + 1, steps, catch_all, policy.acknowledgements, *clock)


def taken_at(policies: Iterable[EscalationPolicy], at: datetime) -> dict[int, list[EscalationStep]]:
    """The steps of each policy, by its key, that are steps at `at`. Give the policies with `prefetch_related("steps")`."""
    always = EscalationStep.During.ALWAYS
    steps = {policy: list(policy.steps.all()) for policy in policies}
    timed = [policy.team_id for policy, rows in steps.items() if any(row.during != always for row in rows)]
    clocks = clocks_of(timed) if timed else {}
    return {
        policy.pk: [
            row for row in rows if working_hours.is_taken(row.during, at, *clocks.get(policy.team_id, Clock("UTC")))
        ]
        for policy, rows in steps.items()
    }


def followed(incident: Incident) -> tuple[Policy, Escalation | None]:
    """The policy that its run began with, and the run; before there is one, the policy as it is.

    So it is where the run's snapshot cannot be read: nobody is kept from looking, or from acknowledging, by one bad row.
    """
    run = Escalation.objects.filter(incident=incident, fence=F("incident__page_fence")).first()
    if run is None:
        return policy_for(incident.service_id), None
    try:
        return Policy.restore(run.policy_slug, run.policy), run
    except (KeyError, TypeError, ValueError):
        logger.exception("the policy that %s began with cannot be read; the present one is shown", incident)
        return policy_for(incident.service_id), run


def acknowledgements_for(incident: Incident) -> int:
    """How many different people have to acknowledge before its paging stops, by the policy of its run."""
    return followed(incident)[0].acknowledgements
