"""Who has the pager: every schedule now, the policies that use them, and the gaps ahead."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.guard import person, who
from desk.pagers import AHEAD, Pager, gaps_ahead, pagers_of, reachable_by
from desk.policies import InWords, in_words
from oncall.models import EscalationPolicy, Schedule
from teams.permissions import MANAGING

GAPS = 10


@require_safe
def oncall(request: HttpRequest) -> HttpResponse:
    """All schedules now, by what their people can be reached, policies in words, and gaps in the next 14 days."""
    user, at = person(request), timezone.now()
    schedules = list(Schedule.objects.filter(archived_at=None).select_related("team"))
    pagers = pagers_of(schedules, user, at)
    policies = in_words(EscalationPolicy.objects.filter(archived_at=None).prefetch_related("steps"))
    reach = reachable_by(pager.person for pager in pagers)
    fallbacks = fallback_of(policies)
    context = {
        "at": at,
        "rows": [row(pager, reach, fallbacks) for pager in sorted(pagers, key=lambda pager: not pager.mine)],
        "policies": policies,
        "gaps": gaps_ahead(schedules, at, at + AHEAD)[:GAPS],
        "can_edit": who(request).role in MANAGING,
    }
    return render(request, "desk/oncall.html", context)


def fallback_of(policies: list[InWords]) -> dict[str, str]:
    """Who gets what nobody takes, by schedule slug: the catch-all of the first policy that asks the schedule."""
    found: dict[str, str] = {}
    for words in policies:
        for step in words.policy.steps.all():
            for target in step.notify:
                kind, _sep, slug = target.partition(":")
                if kind == "schedule":
                    found.setdefault(slug, _("the catch-all: %s") % words.catch_all)
    return found


def row(pager: Pager, reach: dict[int, list[str]], fallbacks: dict[str, str]) -> dict[str, Any]:
    """One schedule as the templates draw it."""
    return {
        "schedule": pager.schedule,
        "person": pager.person,
        "until": pager.until,
        "next_person": pager.next_person,
        "methods": reach.get(pager.person.pk, []) if pager.person else [],
        "mine": pager.mine,
        "fallback": fallbacks.get(pager.schedule.slug, ""),
    }
