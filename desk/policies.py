"""Escalation policies in words that can be said on the phone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.ui.times import duration
from oncall.models import DutyRole, EscalationPolicy, Schedule
from oncall.rosters import role_of
from paging.policy import CATCH_ALL_EVERY
from teams.models import Area, Team, User


@dataclass(frozen=True)
class Names:
    """What targets call people, schedules, teams and areas; four queries for any number of targets."""

    people: dict[str, User]
    schedules: dict[str, Schedule]
    teams: dict[str, Team]
    areas: dict[str, Area]

    @classmethod
    def of(cls, targets: Iterable[str]) -> Names:
        """The names behind `targets`."""
        named: dict[str, set[str]] = {"user": set(), "schedule": set(), "team": set(), "area": set()}
        for target in targets:
            kind, _sep, name = target.partition(":")
            named.setdefault(kind, set()).add(role_of(name)[0] if kind == "schedule" else name)
        return cls(
            {user.email: user for user in User.objects.filter(email__in=named["user"])},
            {schedule.slug: schedule for schedule in Schedule.objects.filter(slug__in=named["schedule"])},
            {team.slug: team for team in Team.objects.filter(slug__in=named["team"])},
            {area.slug: area for area in Area.objects.filter(slug__in=named["area"])},
        )

    def words(self, target: str) -> str:
        """One target: "who has the pager of payments-primary", "Ana Ames", "everybody in Payments", "the lead of Shop"."""
        kind, _sep, name = target.partition(":")
        if kind == "schedule":
            return self._on_duty(name)
        if kind == "team":
            return _("everybody in %s") % self.teams.get(name, name)
        if kind == "area":
            return _("the lead of %s") % self.areas.get(name, name)
        if kind == "role":
            return _("the administrators") if name == "admin" else _("everybody with the role %s") % name
        return str(self.people.get(name, name))

    def _on_duty(self, name: str) -> str:
        slug, role = role_of(name)
        schedule = self.schedules.get(slug, slug)
        if role == DutyRole.PRIMARY:
            return _("who has the pager of %s") % schedule
        return _("who is %(role)s of %(schedule)s") % {"role": DutyRole.word(role), "schedule": schedule}

    def pager(self, name: str) -> str:
        """A schedule where everybody knows what is meant: "Payments", "Payments, secondary"."""
        slug, role = role_of(name)
        schedule = str(self.schedules.get(slug, slug))
        return schedule if role == DutyRole.PRIMARY else f"{schedule}, {DutyRole.word(role)}"

    def brief(self, targets: Iterable[str]) -> str:
        """Several targets where everybody knows that a schedule means who has its pager."""
        named = [target.partition(":") for target in targets]
        return ", ".join(
            self.pager(name) if kind == "schedule" else self.words(f"{kind}:{name}") for kind, _sep, name in named
        )

    def beside(self, targets: Iterable[str]) -> list[str]:
        """Targets to be said beside the people whom they reach: who is named in person needs no second word."""
        return [self.words(target) for target in targets if not target.startswith("user:")]

    def all(self, targets: Iterable[str]) -> str:
        """Several targets in one breath."""
        return ", ".join(self.words(target) for target in targets)


@dataclass(frozen=True)
class Hop:
    """One stage of a policy in a few words: "Payments primary", "after 5 min"."""

    who: str
    when: str


@dataclass(frozen=True)
class InWords:
    """A policy and what it does: line by line, and as one line of hops."""

    policy: EscalationPolicy
    lines: list[str]
    catch_all: str
    hops: list[Hop]


def in_words(policies: Iterable[EscalationPolicy]) -> list[InWords]:
    """The policies in words; give them with `prefetch_related("steps")`. Four queries for all of them."""
    policies = list(policies)
    targets = [target for policy in policies for target in policy.catch_all]
    targets += [target for policy in policies for step in policy.steps.all() for target in step.notify]
    names = Names.of(targets)
    return [
        InWords(policy, _lines(policy, names), names.all(policy.catch_all), _hops(policy, names)) for policy in policies
    ]


def _lines(policy: EscalationPolicy, names: Names) -> list[str]:
    lines, after = [], 0
    for number, step in enumerate(policy.steps.all(), start=1):
        when = _("at once") if after == 0 else _("then after %s") % duration(after)
        words = {"number": number, "when": when, "who": names.all(step.notify)}
        line = _("step %(number)d, %(when)s: %(who)s") % words
        lines.append(line if step.during == step.During.ALWAYS else f"{line}, {step.get_during_display()}")
        after = step.wait
    if policy.repeat:
        times = ngettext("then all of it %d more time", "then all of it %d more times", policy.repeat) % policy.repeat
        lines.append(times)
    last = {"who": names.all(policy.catch_all), "after": duration(after), "every": duration(CATCH_ALL_EVERY)}
    lines.append(_("after %(after)s more: %(who)s, again every %(every)s until somebody acknowledges") % last)
    return lines


def _hops(policy: EscalationPolicy, names: Names) -> list[Hop]:
    hops: list[Hop] = []
    after = 0
    for step in policy.steps.all():
        hops.append(Hop(names.brief(step.notify), _("after %s") % duration(after) if hops else _("at once")))
        after = step.wait
    if policy.repeat:
        times = _("once more") if policy.repeat == 1 else _("%d more times") % policy.repeat
        hops.append(Hop(_("all of it"), times))
    return [*hops, Hop(names.brief(policy.catch_all), _("every %s") % duration(CATCH_ALL_EVERY))]
