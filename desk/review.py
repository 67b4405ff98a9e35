"""The weekly review: the week from live data, the rows behind each figure, and the same for spreadsheets and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.guard import person, who
from desk.noise import BRIEF, rows_of
from review.collect import collect
from review.csv import table
from review.figures import PARTS, Part, Review, part_with, review_of
from review.shape import shape
from review.week import NoSuchWeekError, Week
from teams.models import Organisation, User


def read(text: str, reader: User, at: datetime, parts: Sequence[Part] = PARTS) -> Review:
    """These parts of the review of the week called `text`, seen at `at`. Raises `NoSuchWeekError`, for a week to come too."""
    week = Week.read(text)
    zone = Organisation.the().timezone
    if week > Week.at(at, zone):
        words = {"week": week, "monday": week.monday.isoformat()}
        raise NoSuchWeekError(_("%(week)s has not begun: it starts on Monday %(monday)s.") % words)
    only = frozenset[str]().union(*(part.reads for part in parts))
    return review_of(collect(week, zone=zone, at=at, reader=reader, only=only), parts)


@require_safe
def present(request: HttpRequest) -> HttpResponse:
    """On to the week that runs."""
    week = Week.at(timezone.now(), Organisation.the().timezone)
    return redirect("desk:review_week", str(week))


@require_safe
def week(request: HttpRequest, text: str) -> HttpResponse:
    """The page of one week."""
    at = timezone.now()
    try:
        review = read(text, person(request), at)
    except NoSuchWeekError as error:
        return _none(request, error)
    noisy = [row for row in rows_of(review.facts.this.week, person(request), who(request)) if row.noise.is_offered]
    context = {**_frame(review, at), "blocks": review.blocks, "tiles": review.tiles, "noisy": noisy[:BRIEF]}
    return render(request, "desk/review.html", {**context, "noisy_more": max(len(noisy) - BRIEF, 0)})


@require_safe
def rows(request: HttpRequest, text: str, key: str) -> HttpResponse:
    """What one figure counts, and how."""
    at, part = timezone.now(), part_with(key)
    try:
        review = read(text, person(request), at, [part] if part else [])
    except NoSuchWeekError as error:
        return _none(request, error)
    figure = review.figures.get(key)
    if figure is None:
        return _none(request, NoSuchWeekError(_("The review has no figure %s.") % key[:60]))
    return render(request, "desk/review_rows.html", {**_frame(review, at), "figure": figure})


@require_safe
def download(request: HttpRequest, text: str, form: str) -> HttpResponse:
    """The same figures as JSON, or as a table for a spreadsheet."""
    try:
        review = read(text, person(request), timezone.now())
    except NoSuchWeekError as error:
        fault = {"code": "not_found", "message": str(error), "fields": {}}
        return JsonResponse({"error": fault}, status=404)
    if form == "json":
        return JsonResponse(shape(review, origin=settings.SHARPEND_URL))
    named = {"Content-Disposition": f'attachment; filename="review-{review.facts.this.week}.csv"'}
    return HttpResponse(table(review), content_type="text/csv; charset=utf-8", headers=named)


def _frame(review: Review, at: datetime) -> dict[str, object]:
    """What both pages have: the week, its neighbours, whether it runs, and where the rows of its figures are (`rows`)."""
    facts = review.facts
    running = Week.at(at, facts.zone)
    return {
        "at": at,
        "week": facts.this.week,
        "before": facts.last.week,
        "after": facts.this.week.after if facts.this.week < running else None,
        "running": not facts.this.over,
        "zone": facts.zone,
        "rows": reverse("desk:review_rows", args=[facts.this.week, "-"]).removesuffix("-/"),
    }


def _none(request: HttpRequest, error: NoSuchWeekError) -> HttpResponse:
    return render(request, "404.html", {"message": str(error)}, status=404)
