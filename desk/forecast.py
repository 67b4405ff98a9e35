"""Who would be paged: the pager's own functions, asked without sending anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from incidents.models import Incident
from oncall.models import EscalationStep
from paging import targets
from paging.models import Escalation
from paging.policy import Policy, followed, policy_for
from teams.models import Service, User

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


@dataclass(frozen=True)
class StepForecast:
    """One step of a policy at an instant. `wait` is the time until the next one, None after the last.

    `not_now` says when a step is taken that is passed at that instant.
    """

    number: int
    wait: timedelta | None
    people: list[User]
    nobody: list[str]
    not_now: str = ""

    @property
    def who(self) -> str:
        """The people by name; "nobody" when the step reaches none."""
        return names(self.people)


@dataclass(frozen=True)
class Forecast:
    """What an incident of a service would do at `at`: the steps in order, then the catch-all."""

    policy_slug: str
    steps: list[StepForecast]
    catch_all: str
    rounds: int

    @property
    def first(self) -> StepForecast | None:
        """The first step that reaches anybody: those that name nobody or are for other hours are passed at once."""
        return next((step for step in self.steps if step.people and not step.not_now), None)

    @property
    def asked(self) -> str:
        """Who is paged first, by name."""
        return self.first.who if self.first else self.catch_all

    @property
    def sentence(self) -> str:
        """Who is paged first, in words."""
        if self.first is None:
            return _("Nobody has the pager now. The last resort is paged at once: %s.") % self.catch_all
        return _("%s is paged at once.") % self.first.who


def would_page(service: Service | None, at: datetime) -> Forecast:
    """A dry run of the policy of `service` at `at`; without a policy the administrators are paged."""
    policy = policy_for(service.pk if service else None)
    return Forecast(policy.slug, steps_at(policy, at), caught_by(policy.catch_all, at), policy.rounds)


def steps_at(policy: Policy, at: datetime) -> list[StepForecast]:
    """The steps of a policy with the people behind them at `at`."""
    found = []
    for number, step in enumerate(policy.steps, start=1):
        resolved = targets.resolve(step.notify, at=at, step="")
        people = [person for person, _because in resolved.people.values()]
        not_now = "" if policy.is_taken(step, at) else str(EscalationStep.During(step.during).label)
        found.append(StepForecast(number, step.wait, people, resolved.nobody, not_now))
    return found


def caught_by(catch_all: list[str], at: datetime) -> str:
    """The people of the catch-all by name."""
    return names(person for person, _because in targets.resolve(catch_all, at=at, step="").people.values())


def names(people: Iterable[User]) -> str:
    """ "Ana Ames, Bob Bell", or "nobody"."""
    found = [str(person) for person in people]
    return ", ".join(found) if found else _("nobody")
