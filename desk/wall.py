"""Who has the pager, for a screen on the wall: every schedule, large, the gaps first; it brings itself up to date."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk.guard import person
from desk.pagers import pagers_of, reachable_by
from oncall.models import Schedule

SOON = timedelta(hours=1)
"""A handover so near is shown with the next person."""


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """The whole page, or what is in it for the screen that shows it already."""
    at = timezone.now()
    schedules = list(Schedule.objects.filter(archived_at=None).select_related("team"))
    pagers = pagers_of(schedules, person(request), at)
    ways = reachable_by(pager.person for pager in pagers)
    silent = {pager.person.pk for pager in pagers if pager.person and not ways.get(pager.person.pk)}
    pagers.sort(key=lambda one: (one.person is not None, one.person is not None and one.person.pk not in silent))
    rows = [
        {
            "pager": pager,
            "silent": pager.person is not None and pager.person.pk in silent,
            "soon": pager.until is not None and pager.until - at <= SOON,
        }
        for pager in pagers
    ]
    template = "desk/_wall.html" if request.headers.get("HX-Request") else "desk/wall.html"
    return render(request, template, {"at": at, "rows": rows})
