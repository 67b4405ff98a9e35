"""Joining and leaving: a person's first and last day, and who takes the shifts of somebody who is switched off."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.answers import SeeOther
from desk.away import Changed, what_changes, whom
from desk.guard import person, require, who
from desk.setup_fields import Person
from oncall import rosters
from oncall.models import Layer, Schedule
from oncall.setup import replace_in_layers
from teams import people
from teams.models import Role, User
from teams.permissions import MANAGING, may_change_people

AHEAD = timedelta(days=365)
YEARS = range(1970, 2200)
DAY_INPUT = {"type": "date"}


class DaysForm(forms.Form):
    """The first and the last day of a person, on their own clock."""

    first_day = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput(DAY_INPUT, "%Y-%m-%d"),
        help_text=gettext_lazy("No schedule pages them before it. Empty: they are here."),
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(DAY_INPUT, "%Y-%m-%d"),
        help_text=gettext_lazy("No schedule pages them after it. Empty: they stay."),
    )

    def clean(self) -> dict[str, Any]:
        """In order, and within the years of the calendar."""
        data = self.cleaned_data
        for name in ("first_day", "last_day"):
            if data.get(name) and data[name].year not in YEARS:
                self.add_error(name, _("Choose a year from 1970 to 2199."))
        if data.get("first_day") and data.get("last_day") and data["last_day"] < data["first_day"]:
            self.add_error("last_day", _("It cannot be before the first day."))
        return data


class Held(NamedTuple):
    """The shifts ahead of one person in a schedule: how many, and the first."""

    schedule: Schedule
    shifts: int
    first: datetime


@require_http_methods(["GET", "HEAD", "POST"])
def days(request: HttpRequest, pk: int) -> HttpResponse:
    """The form; POST shows what changes in the year ahead, with `confirm` it is saved."""
    standing, by = who(request), person(request)
    require(standing.role in MANAGING, _("Managers and administrators say when somebody joins and leaves."))
    user = get_object_or_404(whom(standing, by), pk=pk)
    initial = {"first_day": user.first_day, "last_day": user.last_day}
    form = DaysForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method != "POST" or "edit" in request.POST:
        return _days_page(request, user, form)
    if not form.is_valid():
        return _days_page(request, user, form, status=422)
    first, last = form.cleaned_data["first_day"], form.cleaned_data["last_day"]
    at = timezone.now()
    if not request.POST.get("confirm"):
        save = partial(people.set_days, user, first=first, last=last, by=by, at=at)
        changed = what_changes(user, at, at + AHEAD, save)
        return _days_page(request, user, form, changed)
    people.set_days(user, first=first, last=last, by=by, at=at)
    messages.success(request, _("Saved: the days of %s.") % user)
    return SeeOther(reverse("teams:people"))


def _days_page(
    request: HttpRequest, user: User, form: DaysForm, changed: list[Changed] | None = None, status: int = 200
) -> HttpResponse:
    values = [(name, str(form.data.get(name, ""))) for name in form.fields] if changed is not None else []
    context = {"at": timezone.now(), "person": user, "form": form, "changed": changed, "form_values": values}
    return render(request, "desk/days.html", context, status=status)


class LeavingForm(forms.Form):
    """Who takes the turns."""

    instead = Person(
        required=False,
        label=gettext_lazy("Who takes their turns?"),
        empty_label=gettext_lazy("who is next in each layer"),
    )

    def __init__(self, data: Any, *, leaving: User) -> None:  # noqa: ANN401
        super().__init__(data)
        others = User.objects.active().exclude(role=Role.OBSERVER).exclude(pk=leaving.pk)
        self.fields["instead"].queryset = others.order_by("name", "email")  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks, says what follows and, where they have shifts ahead, who takes them; POST does it."""
    require(may_change_people(who(request)), _("Administrators change people."))
    by, user = person(request), get_object_or_404(User, pk=pk)
    at = timezone.now()
    form = LeavingForm(request.POST if request.method == "POST" else None, leaving=user)
    context = {"at": at, "person": user, "held": held_ahead(user, at), "form": form}
    if request.method != "POST":
        return render(request, "teams/deactivate.html", context)
    if not form.is_valid():
        return render(request, "teams/deactivate.html", context, status=422)
    try:
        with transaction.atomic():
            if instead := form.cleaned_data["instead"]:
                replace_in_layers(user, instead, by=by, at=at)
            people.deactivate(user, by=by, at=at)
    except people.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%(person)s is switched off and signed out everywhere.") % {"person": user})
    return SeeOther(reverse("teams:people"))


def held_ahead(user: User, at: datetime) -> list[Held]:
    """Where `user` has the pager in the year ahead, now included."""
    turns = Layer.objects.filter(turns__user=user).values("schedule")
    theirs = Q(pk__in=turns) | Q(overrides__person=user) | Q(covers__person=user)
    schedules = Schedule.objects.filter(theirs, archived_at=None).distinct()
    found = []
    for schedule, row in rosters.shifts_of(schedules, at, at + AHEAD).items():
        mine = [shift for shift in row if shift.person == user]
        if mine:
            found.append(Held(schedule, len(mine), mine[0].start))
    return found
