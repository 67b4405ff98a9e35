"""Who is asked when nobody has the pager: what the policies do then, as the pager does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from oncall import rosters
from oncall.models import EscalationPolicy, EscalationStep
from paging.policy import taken_at
from teams.models import Area, Membership, User


@dataclass(frozen=True)
class Reach:
    """The active people behind targets at one instant."""

    people: dict[str, list[User]]

    @classmethod
    def of(cls, targets: Iterable[str], at: datetime) -> Reach:
        """What `targets` reach at `at`; at most six queries for any number of them."""
        named: dict[str, set[str]] = {"user": set(), "schedule": set(), "team": set(), "area": set(), "role": set()}
        for target in targets:
            kind, _sep, name = target.partition(":")
            named.setdefault(kind, set()).add(name)
        found: dict[str, list[User]] = {}
        active = User.objects.active()
        for user in active.filter(email__in=named["user"]) if named["user"] else ():
            found.setdefault(f"user:{user.email}", []).append(user)
        for user in active.filter(role__in=named["role"]) if named["role"] else ():
            found.setdefault(f"role:{user.role}", []).append(user)
        members = Membership.objects.filter(team__slug__in=named["team"], user__in=active).select_related(
            "team", "user"
        )
        for member in members if named["team"] else ():
            found.setdefault(f"team:{member.team.slug}", []).append(member.user)
        areas = Area.objects.filter(slug__in=named["area"], lead__in=active).select_related("lead")
        for area in areas if named["area"] else ():
            found[f"area:{area.slug}"] = [area.lead] if area.lead else []
        for slug, (_name, holder) in (
            rosters.holders(sorted(named["schedule"]), at) if named["schedule"] else {}
        ).items():
            found[f"schedule:{slug}"] = [holder] if holder else []
        return cls(found)

    def names(self, targets: Iterable[str]) -> str:
        """The people behind `targets`, each once, in one breath; "" when there is nobody."""
        people = {user.pk: user for target in targets for user in self.people.get(target, [])}
        return ", ".join(str(user) for user in people.values())


def asked_instead(policies: Iterable[EscalationPolicy], slugs: set[str], at: datetime) -> dict[str, str]:
    """For each of these schedules, of which nobody has the pager, where alerts go at `at`, in words.

    Steps that name nobody are passed at once, so it is the next step that reaches anybody, in this round or the next one,
    else the catch-all. Give the policies with `prefetch_related("steps")`. Schedules that no policy asks are left out.
    """
    concerned = [policy for policy in policies if slugs & set(_schedules(policy))]
    targets = [target for policy in concerned for step in policy.steps.all() for target in step.notify]
    reach = (
        Reach.of([*targets, *(target for policy in concerned for target in policy.catch_all)], at) if targets else None
    )
    found: dict[str, list[str]] = {}
    taken = taken_at(concerned, at)
    for policy in concerned:
        for slug in slugs & set(_schedules(policy)):
            said = _after(policy, taken[policy.pk], f"schedule:{slug}", reach) if reach else ""
            if said and said not in found.setdefault(slug, []):
                found[slug].append(said)
    return {slug: "; ".join(said) for slug, said in found.items()}


def _schedules(policy: EscalationPolicy) -> list[str]:
    return [
        target.partition(":")[2]
        for step in policy.steps.all()
        for target in step.notify
        if target.startswith("schedule:")
    ]


def _after(policy: EscalationPolicy, taken: list[EscalationStep], target: str, reach: Reach) -> str:
    steps = list(policy.steps.all())
    place = next(number for number, step in enumerate(steps) if target in step.notify)
    order = [*range(place, len(steps)), *(range(place) if policy.repeat else ())]
    for number in order:
        if steps[number] in taken and (who := reach.names(steps[number].notify)):
            return _("%(who)s at once, step %(step)d of %(policy)s") % {
                "who": who,
                "step": number + 1,
                "policy": policy,
            }
    return _("the catch-all of %(policy)s: %(who)s") % {"who": reach.names(policy.catch_all) or "-", "policy": policy}
