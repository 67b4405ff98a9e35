"""Who has the pager: every schedule now, mine first, the policies that use them, and the gaps ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.gaps import by_schedule
from desk.guard import person, who
from desk.next_asked import asked_instead
from desk.pagers import AHEAD, Pager, gaps_ahead, pagers_of, reachable_by
from desk.policies import in_words
from oncall.models import EscalationPolicy, Schedule
from teams.models import Service, User
from teams.permissions import MANAGING, Standing, may_edit_team_config, may_write


@dataclass(frozen=True)
class Group:
    """Schedules that are one thing to the person who looks: theirs, their teams', or all others."""

    name: str
    rows: list[dict[str, Any]]
    near: bool


@require_safe
def oncall(request: HttpRequest) -> HttpResponse:
    """All schedules now, by what their people can be reached, policies in words, and gaps in the next 14 days."""
    user, at, standing = person(request), timezone.now(), who(request)
    schedules = list(Schedule.objects.filter(archived_at=None).select_related("team"))
    pagers = pagers_of(schedules, user, at)
    known = list(EscalationPolicy.objects.filter(archived_at=None).prefetch_related("steps"))
    policies = in_words(known)
    reach = reachable_by(pager.person for pager in pagers)
    instead = asked_instead(known, {pager.schedule.slug for pager in pagers if pager.person is None}, at)
    rows = [row(pager, reach, instead) | {"may": _may(pager, standing)} for pager in pagers]
    context = {
        "at": at,
        "groups": _groups(rows, user, standing),
        "near_policies": [one for one in policies if one.policy.team_id in standing.own_teams],
        "far_policies": [one for one in policies if one.policy.team_id not in standing.own_teams],
        "gaps": by_schedule(gaps_ahead(schedules, at, at + AHEAD), at),
        "can_edit": standing.role in MANAGING,
    }
    return render(request, "desk/oncall.html", context)


def _groups(rows: list[dict[str, Any]], user: User, standing: Standing) -> list[Group]:
    """Mine first: those that I have or take turns in; then my teams'; then the others. Empty groups are left out."""
    turns = set(Schedule.objects.filter(layers__turns__user=user).values_list("pk", flat=True))
    mine, teams, others = [], [], []
    for one in sorted(rows, key=lambda one: not one["mine"]):
        if one["mine"] or one["schedule"].pk in turns:
            mine.append(one)
        elif one["schedule"].team_id in standing.own_teams:
            teams.append(one)
        else:
            others.append(one)
    named = [(_("Yours"), mine, True), (_("Your teams"), teams, True), (_("Everybody else"), others, False)]
    return [Group(name, found, near) for name, found, near in named if found]


def _may(pager: Pager, standing: Standing) -> bool:
    """Whether this person can give the pager to somebody else now."""
    return may_write(standing) and (pager.mine or may_edit_team_config(standing, pager.schedule.team_id))


def row(pager: Pager, reach: dict[int, list[str]], instead: dict[str, str]) -> dict[str, Any]:
    """One schedule as the templates draw it."""
    return {
        "schedule": pager.schedule,
        "team": team_beside(pager.schedule),
        "person": pager.person,
        "until": pager.until,
        "next_person": pager.next_person,
        "methods": reach.get(pager.person.pk, []) if pager.person else [],
        "mine": pager.mine,
        "fallback": instead.get(pager.schedule.slug, ""),
    }


def team_beside(thing: Schedule | Service) -> str:
    """The name of its team, unless its own name says it."""
    return "" if str(thing.team).lower() in str(thing).lower() else str(thing.team)
