"""Who would be paged: the pager's own functions, asked without sending anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.models import Incident
from paging.forecast import caught_by, would_page
from paging.models import Escalation
from paging.policy import Policy, followed, policy_for

LATE = timedelta(seconds=15)


@dataclass(frozen=True)
class NextPage:
    """Who is paged at `at` unless somebody acknowledges before.

    `changed`: the policy is another one since it began. `exhausted`: everybody was asked, it is the catch-all's turn again.
    `needed`: so many people have to acknowledge.
    """

    at: datetime
    who: str
    changed: bool = False
    exhausted: bool = False
    needed: int = 1

    def is_late(self, at: datetime) -> bool:
        """Whether it should have been paged before `at`: paging looks within seconds when it is well."""
        return at - self.at > LATE


def next_page(incident: Incident) -> NextPage | None:
    """What the running escalation does next; None when paging looks at nothing."""
    if incident.page_due_at is None:
        return None
    policy, run = followed(incident)
    changed = run is not None and policy != policy_for(incident.service_id)
    return NextPage(
        incident.page_due_at,
        _asked_by(policy, run, incident.page_due_at),
        changed,
        exhausted=run is not None and run.state == Escalation.State.EXHAUSTED,
        needed=policy.acknowledgements,
    )


def if_escalated(incident: Incident, at: datetime) -> str:
    """Who is paged when somebody goes on to the next step at `at`: whoever has it is passed, and paging starts anew."""
    return would_page(incident.service, at).asked if incident.is_held else _asked_by(*followed(incident), at)


def _asked_by(policy: Policy, run: Escalation | None, at: datetime) -> str:
    """The people of the step at which the escalation stands, at an instant."""
    turns = [(round_, step) for round_ in range(policy.rounds) for step in range(len(policy.steps))]
    left = [policy.steps[step] for round_, step in turns if not run or (round_, step) >= (run.round, run.step)]
    taken = next((step for step in left if policy.is_taken(step, at)), None)
    return caught_by(taken.notify if taken else policy.catch_all, at)
