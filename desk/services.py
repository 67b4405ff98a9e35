"""Services: who owns them, who would be paged, what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alerts.models import Silence, Source
from desk.guard import person, visible, who
from desk.policies import Names, in_words
from incidents.models import Incident
from oncall import rosters
from oncall.models import EscalationPolicy, EscalationStep, Schedule
from paging.forecast import caught_by, steps_at
from paging.policy import policy_for, taken_at
from review.spread import leading_of
from teams.models import Service, Team, User
from teams.permissions import MANAGING, may_edit_team_config, may_silence

OPEN_SHOWN = 500
RECENT = 10
LONGEST = 80  # characters of a search


@dataclass(frozen=True)
class Row:
    """A service in the list."""

    service: Service
    open: list[Incident]
    policy: EscalationPolicy | None
    on_call: User | None
    sources: int

    @property
    def asks(self) -> tuple[EscalationPolicy | None, User | None]:
        """Which policy pages for it, and whom first."""
        return self.policy, self.on_call


@dataclass(frozen=True)
class Group:
    """The services of a team."""

    team: Team
    rows: list[Row]

    @property
    def asks(self) -> tuple[EscalationPolicy | None, User | None] | None:
        """What all of them have in common, to be said once; None where they differ."""
        first = self.rows[0].asks
        return first if all(row.asks == first for row in self.rows) else None


@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """Every service by team, with what burns on it and who would be paged first; `q` finds by name.

    A constant number of queries.
    """
    at, asked = timezone.now(), request.GET.get("q", "").replace("\x00", "")[:LONGEST].strip()
    live = Q(sources__archived_at=None)
    named = Q(name__icontains=asked) | Q(slug__icontains=asked) | Q(team__name__icontains=asked)
    found = list(
        Service.objects.filter(named if asked else Q(), archived_at=None)
        .select_related("team", "coverage__policy")
        .prefetch_related("coverage__policy__steps")
        .annotate(source_count=Count("sources", filter=live, distinct=True) + Count("routes", distinct=True))
    )
    burning: dict[int | None, list[Incident]] = defaultdict(list)
    for incident in visible(person(request)).open().order_by("-pk")[:OPEN_SHOWN]:
        burning[incident.service_id].append(incident)
    first = FirstAsked.of(filter(None, map(policy_of, found)), at)
    rows = [
        Row(one, burning[one.pk], policy_of(one), first.by(policy_of(one)), int(one.source_count))  # type: ignore[attr-defined]
        for one in found
    ]
    context = {
        "at": at,
        "q": asked,
        "rows": rows,
        "groups": _grouped(rows),
        "burning": sum(bool(row.open) for row in rows),
        "can_edit": who(request).role in MANAGING,
    }
    return render(request, "desk/services.html", context)


def _grouped(rows: list[Row]) -> list[Group]:
    """By team, both by name."""
    groups: dict[Team, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row.service).casefold()):
        groups[row.service.team].append(row)
    return [Group(team, groups[team]) for team in sorted(groups, key=lambda team: str(team).casefold())]


@require_safe
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """One service: the dry run of its policy, its incidents, sources and playbooks."""
    found = get_object_or_404(
        Service.objects.select_related("team__manager", "coverage__policy"), slug=slug, archived_at=None
    )
    at = timezone.now()
    policy, snapshot = policy_of(found), policy_for(found.pk)
    words = in_words(EscalationPolicy.objects.filter(pk=policy.pk).prefetch_related("steps"))[0] if policy else None
    names = Names.of(target for row in snapshot.steps for target in row.notify)
    steps = [
        {
            "position": step.number,
            "wait": step.wait,
            "targets": names.beside(row.notify),
            "people": step.people,
            "not_now": step.not_now,
        }
        for step, row in zip(steps_at(snapshot, at), snapshot.steps, strict=True)
    ]
    context = {
        "at": at,
        "service": found,
        "policy": policy,
        "leading": leading_of([found], at)[0],
        "policy_lines": words.lines if words else [],
        "steps": steps,
        "catch_all": [caught_by(snapshot.catch_all, at)],
        "repeat": snapshot.rounds - 1,
        "sources": Source.objects.filter(archived_at=None)
        .filter(Q(service=found) | Q(routes__service=found))
        .distinct(),
        "playbooks": found.playbooks.filter(archived_at=None),
        "can_edit": may_edit_team_config(who(request), found.team_id),
        "can_silence": may_silence(who(request), [found.team_id]),
        "quiet": list(Silence.objects.ahead(at).touching(Service.objects.filter(pk=found.pk))),
        "changes": found.changes.select_related("by")[:RECENT],
        "incidents": visible(person(request)).filter(service=found).order_by("-pk")[:RECENT],
    }
    return render(request, "desk/service.html", context)


def policy_of(service: Service) -> EscalationPolicy | None:
    """The policy that pages for a service; give it with `select_related("coverage__policy")`."""
    coverage = getattr(service, "coverage", None)
    return coverage.policy if coverage and coverage.policy.archived_at is None else None


@dataclass(frozen=True)
class FirstAsked:
    """Whom the first step of any policy asks at an instant: six queries for all policies."""

    holders: dict[str, User | None]
    people: dict[str, User]
    taken: dict[int, list[EscalationStep]]

    @classmethod
    def of(cls, policies: Iterable[EscalationPolicy], at: datetime) -> FirstAsked:
        """Look up everybody whom the steps of `policies` name."""
        policies = list(policies)
        named = [target.partition(":") for policy in policies for step in policy.steps.all() for target in step.notify]
        slugs = {name for kind, _sep, name in named if kind == "schedule"}
        emails = {name for kind, _sep, name in named if kind == "user"}
        duties = rosters.on_call_now(Schedule.objects.filter(slug__in=slugs), at)
        return cls(
            {schedule.slug: duty.person for schedule, duty in duties},
            {user.email: user for user in User.objects.active().filter(email__in=emails)},
            taken_at(policies, at),
        )

    def by(self, policy: EscalationPolicy | None) -> User | None:
        """The first person whom the steps reach, in their order; teams are not unfolded here."""
        for step in self.taken[policy.pk] if policy else []:
            for kind, _sep, name in (target.partition(":") for target in step.notify):
                person = (
                    self.holders.get(name) if kind == "schedule" else self.people.get(name) if kind == "user" else None
                )
                if person:
                    return person
        return None
