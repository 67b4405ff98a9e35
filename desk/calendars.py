"""Calendars that somebody else keeps: of a schedule's shifts, and of who is away; seen before they are kept."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.answers import SeeOther
from desk.away import whom
from desk.calendar_forms import AbsencesForm, CalendarForm, ShiftsForm, mine
from desk.calendar_preview import MOST, Preview, preview
from desk.guard import person, require, row_number, who
from oncall.calendar_fetch import NotFetched, host_of
from oncall.calendars import Copy, add_calendar, ask, refresh, remove_calendar
from oncall.ics_text import CalendarRefused
from oncall.models import CalendarEntry, ImportedCalendar, Schedule
from teams.models import User
from teams.permissions import Standing, may_edit_team_config, may_write

NEXT = 3
"""Entries of a calendar that are named in its row."""
Kind = ImportedCalendar.Kind


@dataclass(frozen=True)
class Row:
    """One that is kept: from where, what is next in it, and the names that nobody here has."""

    calendar: ImportedCalendar
    host: str
    next: list[CalendarEntry]
    unmatched: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
def schedule_calendars(request: HttpRequest, slug: str) -> HttpResponse:
    """Those whose entries are shifts of this schedule. POST shows what changes, with `confirm` keeps it; `fetch`, `remove`."""
    schedule = get_object_or_404(Schedule.objects.select_related("team"), slug=slug, archived_at=None)
    require(may_write(who(request)), _("Observers read; they move no shift."))
    may = may_edit_team_config(who(request), schedule.team_id)
    kept = schedule.calendars.filter(removed_at=None).select_related("schedule")
    context = {"schedule": schedule, "may_add": may, "page": "desk/schedule_calendars.html"}
    if request.method != "POST":
        return _show(request, kept, ShiftsForm(), context)
    require(may, _("Managers of the team let a calendar move its shifts."))
    here = reverse("desk:schedule_calendars", args=[slug])
    if answer := _act(request, kept, here):
        return answer
    form = ShiftsForm(request.POST)
    draft = form.draft_for(schedule) if form.is_valid() else None
    return _add(request, kept, form, draft, context, here)


@require_http_methods(["GET", "HEAD", "POST"])
def away_calendars(request: HttpRequest) -> HttpResponse:
    """Those of absences and holidays; POST as above."""
    standing, user = who(request), person(request)
    require(may_write(standing), _("Observers have no pager to be away from."))
    kept = ImportedCalendar.objects.filter(of_people(standing, user), removed_at=None).select_related("person", "team")
    context = {"may_add": True, "page": "desk/away_calendars.html"}
    if request.method != "POST":
        initial = {"of": f"person:{user.email}"}
        return _show(request, kept, AbsencesForm(None, standing=standing, user=user, initial=initial), context)
    here = reverse("desk:away_calendars")
    if answer := _act(request, kept, here):
        return answer
    form = AbsencesForm(request.POST, standing=standing, user=user)
    return _add(request, kept, form, form.draft() if form.is_valid() else None, context, here)


def of_people(standing: Standing, user: User) -> Q:
    """Calendars of absences and holidays for which this person may speak."""
    return Q(person__in=whom(standing, user)) | Q(team__in=mine(standing))


def _act(request: HttpRequest, kept: QuerySet[ImportedCalendar], here: str) -> HttpResponse | None:
    """`fetch` or `remove` one of those; None: it was something else."""
    asked = next((name for name in ("fetch", "remove") if name in request.POST), None)
    if asked is None:
        return None
    found = get_object_or_404(kept, pk=row_number(request.POST[asked]) or 0)
    at = timezone.now()
    if asked == "remove":
        remove_calendar(found, at=at)
        messages.success(request, _("Removed: %s. What is over stays as it was.") % found)
    elif refresh(found, at=at, whole=True):
        messages.success(request, _("Read now: %s.") % found)
    else:
        messages.error(request, _("%s could not be read; why stands below.") % found)
    return SeeOther(here)


def _add(
    request: HttpRequest,
    kept: QuerySet[ImportedCalendar],
    form: CalendarForm,
    draft: ImportedCalendar | None,
    context: dict[str, Any],
    here: str,
) -> HttpResponse:
    """The preview, or with `confirm` the keeping; the calendar is fetched for each, with nothing held meanwhile."""
    at = timezone.now()
    if draft is None or "edit" in request.POST:
        return _show(request, kept, form, context, status=200 if "edit" in request.POST else 422)
    try:
        copy = asked_now(draft, at)
        if request.POST.get("confirm"):
            added = add_calendar(draft, copy, by=person(request), at=at)
            messages.success(request, _("Kept: %s is read every 15 minutes from now on.") % added)
            return SeeOther(here)
        seen = preview(draft, copy, person(request), at)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return _show(request, kept, form, context, status=422)
    return _show(request, kept, form, context, seen)


def asked_now(draft: ImportedCalendar, at: datetime) -> Copy:
    """What the calendar says. Raises ValidationError with the reason when it cannot be fetched or read."""
    try:
        copy = ask(draft, at, whole=True)
    except (NotFetched, CalendarRefused) as refusal:
        raise ValidationError({"address": str(refusal)}) from refusal
    return copy or Copy([])


def _show(
    request: HttpRequest,
    kept: QuerySet[ImportedCalendar],
    form: CalendarForm,
    context: dict[str, Any],
    seen: Preview | None = None,
    status: int = 200,
) -> HttpResponse:
    at = timezone.now()
    shown = {
        "at": at,
        "form": form,
        "seen": seen,
        "form_values": [(name, str(form.data.get(name, ""))) for name in form.fields] if seen else [],
        "rows": _rows(kept, at),
    }
    return render(request, context["page"], {**context, **shown}, status=status)


def _rows(kept: QuerySet[ImportedCalendar], at: datetime) -> list[Row]:
    """Each with what is next in it and the names that are nobody's; three statements, however many there are."""
    entries = CalendarEntry.objects.filter(calendar__in=kept.values("pk"), end__gt=at)
    place = Window(RowNumber(), partition_by="calendar", order_by=["start", "pk"])
    coming: dict[int, list[CalendarEntry]] = defaultdict(list)
    for entry in entries.annotate(place=place).filter(place__lte=NEXT).select_related("person"):
        coming[entry.calendar_id].append(entry)
    names: dict[int, list[str]] = defaultdict(list)
    strangers = entries.filter(person=None).exclude(calendar__kind=Kind.HOLIDAYS).order_by("calendar", "summary")
    for calendar, summary in strangers.values_list("calendar", "summary").distinct():
        names[calendar].append(summary)
    return [Row(one, host_of(one.address), coming[one.pk], names[one.pk][:MOST]) for one in kept]
