"""Who would be paged by a service's policy at an instant; nothing is written or sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from oncall.models import EscalationStep
from paging import targets
from paging.policy import Policy, policy_for
from teams.models import Service, User


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
