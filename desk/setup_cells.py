"""What the index of the setup says beside the name of each thing: who leads, who has the pager, whom a policy asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.models import Body, Source
from desk.policies import Names
from foundation.ui.times import duration
from oncall import rosters
from oncall.models import EscalationPolicy, Schedule
from teams.models import Area, Membership, Service, Team

Word = str | Promise
IN_USE = Q(archived_at=None)


@dataclass(frozen=True)
class Cell:
    """One word of a row, or an instant. `label` stands before it where the table has no heads; `bad`: it wants eyes."""

    text: str = ""
    label: str = ""
    at: datetime | None = None
    bad: bool = False


@dataclass(frozen=True)
class Kind:
    """How one kind is listed: its heads, what is fetched, what a search looks at, and the cells of the rows shown."""

    heads: tuple[Word, ...]
    found: Callable[[], QuerySet[Any]]
    searched: tuple[str, ...]
    cells: Callable[[Sequence[Any], datetime], list[list[Cell]]]


def _teams(rows: Sequence[Team], at: datetime) -> list[list[Cell]]:
    kept = {team.pk: [0, 0] for team in rows}
    for place, counted in enumerate((Membership.objects.all(), Service.objects.filter(IN_USE))):
        for pk, number in counted.filter(team__in=rows).order_by().values_list("team").annotate(Count("pk")):
            kept[pk][place] = number
    leads: dict[int, list[str]] = {}
    for one in Membership.objects.filter(team__in=rows, place=Membership.Place.LEAD).select_related("user"):
        leads.setdefault(one.team_id, []).append(str(one.user))
    return [
        [
            Cell(", ".join(leads.get(team.pk, [])) or _("nobody"), _("led by"), bad=team.pk not in leads),
            Cell(str(team.manager or ""), _("manager")),
            Cell(str(kept[team.pk][0]), _("people")),
            Cell(str(kept[team.pk][1]), _("services")),
        ]
        for team in rows
    ]


def _areas(rows: Sequence[Area], at: datetime) -> list[list[Cell]]:
    inside = {area.pk: [str(one) for one in area.teams.all() if not one.archived_at] for area in rows}
    return [[Cell(str(area.lead or ""), _("led by")), Cell(", ".join(inside[area.pk]))] for area in rows]


def _schedules(rows: Sequence[Schedule], at: datetime) -> list[list[Cell]]:
    now = {schedule.pk: duty.person for schedule, duty in rosters.on_call_now(rows, at)}
    return [
        [
            Cell(str(now.get(one.pk) or _("nobody")), _("pager"), bad=not now.get(one.pk)),
            Cell(str(one.team)),
            Cell(one.timezone),
        ]
        for one in rows
    ]


def _policies(rows: Sequence[EscalationPolicy], at: datetime) -> list[list[Cell]]:
    steps = {policy.pk: list(policy.steps.all()) for policy in rows}
    asked = [target for policy in rows for step in steps[policy.pk] for target in step.notify]
    names = Names.of([*asked, *(target for policy in rows for target in policy.catch_all)])

    def line(policy: EscalationPolicy) -> str:
        ways = [f"{_short(step.notify, names)} ({duration(step.wait)})" for step in steps[policy.pk]]
        return " → ".join([*ways, _short(policy.catch_all, names)])

    return [[Cell(line(policy)), Cell(str(policy.team or _("everybody")))] for policy in rows]


def _short(targets: Sequence[str], names: Names) -> str:
    """ "Payments primary", "Mia Meyer": a pager is called by its schedule."""
    return names.brief(targets)


def _services(rows: Sequence[Service], at: datetime) -> list[list[Cell]]:
    def policy(service: Service) -> Cell:
        coverage = getattr(service, "coverage", None)
        if coverage is None or coverage.policy.archived_at:
            return Cell(_("none: pages nobody"), _("policy"), bad=True)
        return Cell(str(coverage.policy), _("policy"))

    return [
        [Cell(str(one.team)), policy(one), Cell(str(one.source_count), _("sources"), bad=not one.source_count)]  # type: ignore[attr-defined]  # annotated below
        for one in rows
    ]


def _sources(rows: Sequence[Source], at: datetime) -> list[list[Cell]]:
    return [
        [
            Cell(one.kind),
            Cell(str(one.service or _("by routes"))),
            Cell(_("never"), _("last heard"), one.heard),  # type: ignore[attr-defined]  # annotated below
        ]
        for one in rows
    ]


def _all_services() -> QuerySet[Service]:
    live = Q(sources__archived_at=None)
    counted = Count("sources", filter=live, distinct=True) + Count("routes", distinct=True)
    return Service.objects.select_related("team", "coverage__policy").annotate(source_count=counted)


def _all_sources() -> QuerySet[Source]:
    newest = Body.objects.filter(source=OuterRef("pk")).order_by("-pk").values("received_at")[:1]
    return Source.objects.select_related("service__team").annotate(heard=Subquery(newest))


KINDS: dict[str, Kind] = {
    "team": Kind(
        (gettext_lazy("Led by"), gettext_lazy("Manager"), gettext_lazy("People"), gettext_lazy("Services")),
        lambda: Team.objects.select_related("manager"),
        ("name", "slug"),
        _teams,
    ),
    "area": Kind(
        (gettext_lazy("Led by"), gettext_lazy("Teams")),
        lambda: Area.objects.select_related("lead").prefetch_related("teams"),
        ("name", "slug", "teams__name"),
        _areas,
    ),
    "schedule": Kind(
        (gettext_lazy("Has the pager"), gettext_lazy("Team"), gettext_lazy("Time zone")),
        lambda: Schedule.objects.select_related("team"),
        ("name", "slug", "team__name"),
        _schedules,
    ),
    "policy": Kind(
        (gettext_lazy("Whom it asks"), gettext_lazy("Team")),
        lambda: EscalationPolicy.objects.select_related("team").prefetch_related("steps"),
        ("name", "slug", "team__name"),
        _policies,
    ),
    "service": Kind(
        (gettext_lazy("Team"), gettext_lazy("Policy"), gettext_lazy("Sources")),
        _all_services,
        ("name", "slug", "team__name"),
        _services,
    ),
    "source": Kind(
        (gettext_lazy("Kind"), gettext_lazy("Service"), gettext_lazy("Last heard")),
        _all_sources,
        ("name", "slug", "kind", "service__name"),
        _sources,
    ),
}
