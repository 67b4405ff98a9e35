"""Somebody else takes the pager for a while: the form, what it changes, and only then the saving."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
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
from desk.schedule import read_instant
from desk.undo_offer import tell
from desk.undo_plans import override_offer
from oncall import rosters, writers
from oncall.differences import Difference, compare
from oncall.models import Cover, DutyRole, Override, Schedule
from oncall.rosters import Shift
from oncall.rotation import Source
from oncall.skills import missing
from oncall.wallclock import first_instant, last_instant, to_local
from teams.models import Role, User
from teams.permissions import Standing, may_edit_team_config, may_move_shift, may_write


class WallClock(forms.Field):
    """A time as it stands on the schedule's clock: read without any zone, least of all the viewer's."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: object) -> datetime | None:
        """A naive time from `2026-11-21T08:00`."""
        if not value:
            return None
        try:
            typed = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise ValidationError(_("Type a day and a time such as 2026-11-21T08:00.")) from error
        if typed.tzinfo is not None:
            raise ValidationError(_("Type the schedule's own time, without a zone."))
        return typed


LATELY = timedelta(hours=2)
"""A shift that somebody has taken over already is written down so long afterwards by themselves."""
PAST = gettext_lazy("What was is written down by a manager of the team.")


class OverrideForm(forms.Form):
    """Who, from when, until when, why."""

    person = forms.ModelChoiceField(
        User.objects.active().exclude(role=Role.OBSERVER), label=gettext_lazy("Who takes it?"), to_field_name="email"
    )
    starts = WallClock(label=gettext_lazy("From"))
    ends = WallClock(label=gettext_lazy("To"))
    covered = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Whose?"),
        to_field_name="email",
        required=False,
        empty_label=gettext_lazy("whoever has it then"),
        help_text=gettext_lazy("Choose somebody to stand in only while they would have it."),
    )
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300, required=False)
    role = forms.ChoiceField(label=gettext_lazy("What for"), choices=DutyRole.choices, required=False)

    def __init__(self, data: Any = None, *, schedule: Schedule, initial: Any = None) -> None:  # noqa: ANN401
        super().__init__(data, initial=initial)
        turns = schedule.layers.values("turns__user")
        self.fields["covered"].queryset = User.objects.active().filter(pk__in=turns).order_by("name", "email")  # type: ignore[attr-defined]
        known = set(schedule.layers.values_list("role", flat=True)) | {DutyRole.PRIMARY.value}
        if len(known) == 1:
            del self.fields["role"]
        else:
            offered = [(role, label) for role, label in DutyRole.choices if role in known]
            self.fields["role"].choices = offered  # type: ignore[attr-defined]

    @property
    def duty(self) -> str:
        """The role that is taken over; the primary unless another one is chosen."""
        return self.cleaned_data.get("role") or DutyRole.PRIMARY.value


@require_http_methods(["GET", "HEAD", "POST"])
def override(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; POST shows what would change, POST with `confirm` saves it, POST with `remove` takes one back."""
    schedule = get_object_or_404(Schedule.objects.select_related("team"), slug=slug, archived_at=None)
    standing = who(request)
    require(may_write(standing), _("Observers read; they move no shift."))
    if request.method != "POST":
        return _show(request, schedule, OverrideForm(schedule=schedule, initial=_initial(request, schedule)))
    if "remove" in request.POST:
        return _remove(request, schedule, standing)
    if "remove_cover" in request.POST:
        return _remove_cover(request, schedule, standing)
    form = OverrideForm(request.POST, schedule=schedule)
    if "edit" in request.POST:
        return _show(request, schedule, form)
    try:
        differences = _differences(schedule, form, request) if form.is_valid() else None
    except ValidationError as refusal:
        form.add_error(None, refusal)
        differences = None
    if differences is None:
        return _show(request, schedule, form, status=422)
    if not differences and request.POST.get("confirm"):  # a second press, or somebody was faster
        messages.info(request, _("Nothing changes: %s has the pager then.") % form.cleaned_data["person"])
        return SeeOther(reverse("desk:schedule", args=[schedule.slug]))
    people = {user.pk for change in differences for user in (change.before, change.after) if user}
    moved = people | {form.cleaned_data["person"].pk}
    require(
        may_move_shift(standing, team=schedule.team_id, people=moved),
        _("You move your own shifts; those of others are moved by a manager of the team."),
    )
    require(may_begin_then(standing, schedule, form.cleaned_data["starts"], timezone.now()), str(PAST))
    if not request.POST.get("confirm"):
        return _show(request, schedule, form, differences)
    added = _add(schedule, form, request)
    offer = override_offer(added) if isinstance(added, Override) else None
    tell(request, _("Saved: %s takes it.") % added.person, offer, at=timezone.now())
    return SeeOther(reverse("desk:schedule", args=[schedule.slug]))


def may_begin_then(standing: Standing, schedule: Schedule, starts: datetime, at: datetime) -> bool:
    """Whether this person may say who takes it from then on: what was is paid, so only who runs the team writes that down."""
    start = starts if starts.tzinfo else first_instant(starts, schedule.timezone)
    return start >= at - LATELY or may_edit_team_config(standing, schedule.team_id)


def _add(schedule: Schedule, form: OverrideForm, request: HttpRequest) -> Override | Cover:
    """An override; where somebody is named whose it is, a cover."""
    words: dict[str, Any] = {name: form.cleaned_data[name] for name in ("person", "starts", "ends", "reason")}
    words |= {"role": form.duty, "by": person(request), "at": timezone.now()}
    if covered := form.cleaned_data["covered"]:
        return writers.add_cover(schedule, covered=covered, **words)
    return writers.add_override(schedule, **words)


def _differences(schedule: Schedule, form: OverrideForm, request: HttpRequest) -> list[Difference]:
    """What the override changes, by making it and taking the transaction back: the preview cannot disagree with the pager.

    Raises ValidationError for what the writer refuses.
    """
    data = form.cleaned_data
    start = first_instant(data["starts"], schedule.timezone)
    end = max(start, last_instant(data["ends"], schedule.timezone))
    before = rosters.shifts(schedule, start, end, role=form.duty)
    with transaction.atomic():
        _add(schedule, form, request)
        after = rosters.shifts(schedule, start, end, role=form.duty)
        transaction.set_rollback(True)
    return compare(before, after)


def _remove(request: HttpRequest, schedule: Schedule, standing: Standing) -> HttpResponse:
    """Take an override back: its maker, its person, or who runs the team. What came from the file changes in the file."""
    known = schedule.overrides.filter(from_file=False)
    found = get_object_or_404(known, pk=row_number(request.POST["remove"]) or 0)
    mine = standing.user_id in {found.person_id, found.created_by_id}
    require(mine or may_edit_team_config(standing, schedule.team_id))
    at = timezone.now()
    writers.remove_override(found, at=at)
    tell(request, _("Taken back: the rotation runs as planned."), override_offer(found, removed=True), at=at)
    return SeeOther(reverse("desk:schedule", args=[schedule.slug]))


def _remove_cover(request: HttpRequest, schedule: Schedule, standing: Standing) -> HttpResponse:
    """The same for a cover: by its maker, one of its two people, or who runs the team."""
    known = schedule.covers.filter(from_file=False)
    found = get_object_or_404(known, pk=row_number(request.POST["remove_cover"]) or 0)
    mine = standing.user_id in {found.person_id, found.covered_id, found.created_by_id}
    require(mine or may_edit_team_config(standing, schedule.team_id))
    at = timezone.now()
    writers.remove_cover(found, at=at)
    tell(request, _("Taken back: the rotation runs as planned."), None, at=at)
    return SeeOther(reverse("desk:schedule", args=[schedule.slug]))


def _initial(request: HttpRequest, schedule: Schedule) -> dict[str, Any]:
    """By the person who asks, from the next full hour; or the stretch that the address names (`?from=&to=`, instants)."""
    now, zone = timezone.now(), schedule.timezone
    asked = [read_instant(request.GET.get(name, "")) for name in ("from", "to")]
    if asked[0] and asked[1] and asked[1] > now:
        starts, ends = (to_local(max(at, now), zone).replace(second=0, microsecond=0) for at in asked if at)
        return {"person": person(request).email, "starts": starts, "ends": ends}
    local = to_local(now, zone).replace(minute=0, second=0, microsecond=0)
    return {"person": person(request).email, "starts": local}


def _show(
    request: HttpRequest,
    schedule: Schedule,
    form: OverrideForm,
    differences: list[Difference] | None = None,
    status: int = 200,
) -> HttpResponse:
    values = [(name, str(form.data.get(name, ""))) for name in form.fields] if differences is not None else []
    at = timezone.now()
    then = [Shift(one.after, one.start, one.end, None, Source.OVERRIDE) for one in differences or ()]
    context = {
        "at": at,
        "schedule": schedule,
        "form": form,
        "differences": differences,
        "missing": missing(schedule, then, at) if then else [],
        "form_values": values,
    }
    return render(request, "desk/override.html", context, status=status)
