"""Away: when a person cannot have a pager, and who stands in then; seen before it is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.answers import SeeOther
from desk.guard import person, require, row_number, who
from desk.override import WallClock
from desk.undo_offer import tell
from foundation.ui import times
from oncall import rosters, writers
from oncall.differences import Difference, compare
from oncall.models import Absence, DutyRole, Schedule
from oncall.wallclock import first_instant, last_instant
from paging import notices
from teams.models import Role, User
from teams.permissions import MANAGING, Standing, may_admin, may_manage_team, may_write


class AwayForm(forms.Form):
    """Who, from when, until when, why; times on the clock of the person."""

    person = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Who is away?"), to_field_name="email")
    starts = WallClock(label=gettext_lazy("From"))
    ends = WallClock(label=gettext_lazy("To"))
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=300, required=False, help_text=gettext_lazy("Colleagues can read it.")
    )

    def __init__(self, data: Any, *, standing: Standing, user: User, initial: Any = None) -> None:  # noqa: ANN401
        super().__init__(data, initial=initial)
        self.fields["person"].queryset = whom(standing, user)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Changed:
    """What becomes of one schedule."""

    schedule: Schedule
    differences: list[Difference]
    role: str = ""


def whom(standing: Standing, user: User) -> Any:  # noqa: ANN401 - a queryset of people
    """For whom this person may say it: themselves; managers for the people of their teams; administrators for everybody."""
    known = User.objects.active().exclude(role=Role.OBSERVER)
    if may_admin(standing) or may_manage_team(standing, None):
        return known
    if standing.role in MANAGING:
        return (known.filter(memberships__team__in=standing.own_teams) | known.filter(pk=user.pk)).distinct()
    return known.filter(pk=user.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def away(request: HttpRequest) -> HttpResponse:
    """One's absences ahead and the form; POST shows what changes, with `confirm` saves it, with `remove` takes one back."""
    standing, user = who(request), person(request)
    require(may_write(standing), _("Observers have no pager to be away from."))
    if request.method != "POST":
        return _show(request, AwayForm(None, standing=standing, user=user, initial={"person": user.email}))
    if "remove" in request.POST:
        return _remove(request, standing, user)
    form = AwayForm(request.POST, standing=standing, user=user)
    if "edit" in request.POST:
        return _show(request, form)
    try:
        changed = changes(form, user) if form.is_valid() else None
    except ValidationError as refusal:
        form.add_error(None, refusal)
        changed = None
    if changed is None:
        return _show(request, form, status=422)
    if not request.POST.get("confirm"):
        return _show(request, form, changed)
    at = timezone.now()
    added = _add(form, user, at)
    _tell(changed, added, user, at)
    tell(request, _("Saved: %s is away then.") % added.person, None, at=at)
    return SeeOther(reverse("desk:away"))


def changes(form: AwayForm, by: User) -> list[Changed]:
    """What it changes. Raises ValidationError for what the writer refuses."""
    data = form.cleaned_data
    zone = data["person"].timezone
    start = first_instant(data["starts"], zone)
    end = max(start, last_instant(data["ends"], zone))
    return what_changes(data["person"], start, end, lambda: _add(form, by, timezone.now()))


def what_changes(user: User, start: datetime, end: datetime, act: Callable[[], object]) -> list[Changed]:
    """What `act` changes in [start, end) of the schedules in which `user` takes turns, in any role.

    By doing it and taking the transaction back: the preview cannot disagree with the pager.
    """
    schedules = list(Schedule.objects.filter(archived_at=None, layers__turns__user=user).distinct())
    before = {one: rosters.role_shifts(one, start, end) for one in schedules}
    with transaction.atomic():
        act()
        after = {one: rosters.role_shifts(one, start, end) for one in schedules}
        transaction.set_rollback(True)
    found = [
        Changed(one, compare(shifts, after[one].get(role, [])), "" if role == DutyRole.PRIMARY else DutyRole.word(role))
        for one in schedules
        for role, shifts in before[one].items()
    ]
    return [one for one in found if one.differences]


def _add(form: AwayForm, by: User, at: datetime) -> Absence:
    data = form.cleaned_data
    words = {"starts": data["starts"], "ends": data["ends"], "reason": data["reason"]}
    return writers.add_absence(data["person"], **words, by=by, at=at)


def _tell(changed: list[Changed], absence: Absence, by: User, at: datetime) -> None:
    """Who stands in hears it now, not at the handover: one mail each, with the times on their own clock."""
    theirs: dict[User, list[tuple[Schedule, Difference]]] = {}
    for one in changed:
        for difference in one.differences:
            if difference.after and difference.after != by:
                theirs.setdefault(difference.after, []).append((one.schedule, difference))
    for colleague, rows in theirs.items():
        with timezone.override(ZoneInfo(colleague.timezone)):
            lines = [
                f"{schedule}: {times.full(row.start, now=at)} – {times.full(row.end, now=at)}" for schedule, row in rows
            ]
        subject = _("You stand in for %s, who is away") % absence.person
        notices.tell(colleague, subject=subject, body="\n".join(lines), path=rows[0][0].path, at=at)


def _remove(request: HttpRequest, standing: Standing, user: User) -> HttpResponse:
    rows = Absence.objects.filter(person__in=whom(standing, user))
    found = get_object_or_404(rows.select_related("person"), pk=row_number(request.POST["remove"]) or 0)
    at = timezone.now()
    writers.remove_absence(found, at=at)
    tell(request, _("Taken back: %s is there then.") % found.person, None, at=at)
    return SeeOther(reverse("desk:away"))


def _ahead(request: HttpRequest, at: datetime) -> list[Absence]:
    """Those that are not over, of everybody for whom this person may say it."""
    rows = Absence.objects.filter(removed_at=None, person__in=whom(who(request), person(request)))
    found = rows.select_related("person").order_by("starts", "pk")
    return [one for one in found if last_instant(one.ends, one.timezone) > at]


def _show(
    request: HttpRequest, form: AwayForm, changed: list[Changed] | None = None, status: int = 200
) -> HttpResponse:
    at = timezone.now()
    context = {
        "at": at,
        "form": form,
        "changed": changed,
        "form_values": [(name, str(form.data.get(name, ""))) for name in form.fields] if changed is not None else [],
        "absences": _ahead(request, at),
    }
    return render(request, "desk/away.html", context, status=status)
