"""Twelve months of one schedule: gaps, people who cannot be woken or are not trained, people asked twice, who has how much."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk.gaps import Gaps, habit
from desk.guard import who
from desk.pagers import reachable_by
from oncall.ahead import YEAR, Load, year_of
from oncall.models import EscalationPolicy, Schedule
from oncall.skills import missing
from teams.permissions import may_write

MOST = 60
"""Rows of a list; how many more there are is said."""
HOUR = 3600


@dataclass(frozen=True)
class Row:
    """One person of the year: hours, share in percent, and by what they can be reached (nothing: they cannot)."""

    load: Load
    hours: int
    percent: int
    methods: list[str]


@require_safe
def coverage(request: HttpRequest, slug: str) -> HttpResponse:
    """The year ahead, as the pager's own rules say it."""
    found = get_object_or_404(Schedule.objects.select_related("team"), slug=slug, archived_at=None)
    at = timezone.now()
    year = year_of(found, beside(found), at)
    reach = reachable_by(load.person for load in year.loads)
    rows = [
        Row(one, round(one.time.total_seconds() / HOUR), round(100 * one.share), reach.get(one.person.pk, []))
        for one in year.loads
    ]
    context = {
        "at": at,
        "schedule": found,
        "end": at + YEAR,
        "gaps": Gaps(found, list(year.gaps[:MOST]), at) if year.gaps else None,
        "gaps_more": max(0, len(year.gaps) - MOST),
        "usual": habit(year.usual, found.timezone) if year.usual else "",
        "usual_count": len(year.usual),
        "rows": rows,
        "silent": [row for row in rows if not row.methods],
        "missing": missing(found, year.held, at),
        "doubles": year.doubles[:MOST],
        "doubles_more": max(0, len(year.doubles) - MOST),
        "can_override": may_write(who(request)),
    }
    return render(request, "desk/coverage.html", context)


def beside(schedule: Schedule) -> list[Schedule]:
    """The other schedules that are asked by the policies which ask this one."""
    asking = EscalationPolicy.objects.filter(
        archived_at=None, steps__notify__contains=[f"schedule:{schedule.slug}"]
    ).distinct()
    targets = {
        target.partition(":")[2]
        for policy in asking.prefetch_related("steps")
        for step in policy.steps.all()
        for target in step.notify
        if target.startswith("schedule:")
    }
    return list(Schedule.objects.filter(slug__in=targets - {schedule.slug}, archived_at=None))
