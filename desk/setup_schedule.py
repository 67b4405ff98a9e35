"""A schedule: whose pager it is, in which zone, and its layers; the next two weeks are shown before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from desk.override import WallClock
from desk.setup_fields import Person, Plain, Zone, may_make, offer, own_teams
from desk.setup_form import PartForm, Parts, SetupForm
from desk.setup_page import Thing, answer
from desk.setup_teams import asking
from oncall import rosters
from oncall.limits import DAYS, MOST_EVERY, is_empty_window
from oncall.models import Layer, Schedule
from oncall.rosters import Shift
from oncall.setup import Rotation, save_schedule
from oncall.wallclock import to_local
from teams.models import Organisation, Role, Team, User
from teams.permissions import Standing, may_edit_team_config

AHEAD = timedelta(days=14)
SHOWN = 40
YEARS = range(1970, 2200)
MONDAY_MORNING = 9
DAY_WORDS = [(value, pgettext_lazy("day", value.capitalize())) for value in DAYS]


class TurnForm(PartForm):
    """A person's turn."""

    user = Person(label=gettext_lazy("Person"))

    def __init__(self, data: QueryDict | None = None, *, schedule: Schedule, **options: Any) -> None:
        super().__init__(data, **options)
        here = Q(pk__in=Layer.objects.filter(schedule=schedule.pk or 0).values("turns__user"))
        known = User.objects.filter((Q(is_active=True) & ~Q(role=Role.OBSERVER)) | here)
        self.fields["user"].queryset = known.order_by("name", "email")  # type: ignore[attr-defined]


class WindowForm(PartForm):
    """When the layer is on duty; `to` before `from` goes past midnight, 00:00 is its end."""

    days = forms.MultipleChoiceField(label=gettext_lazy("Days"), choices=DAY_WORDS, widget=forms.CheckboxSelectMultiple)
    start = forms.CharField(label=gettext_lazy("From"), widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    end = forms.CharField(label=gettext_lazy("To"), widget=forms.TimeInput({"type": "time"}, "%H:%M"))

    def clean_start(self) -> str:
        """To the minute."""
        return _clock(self.cleaned_data["start"])

    def clean_end(self) -> str:
        """To the minute; midnight ends the day that began."""
        end = _clock(self.cleaned_data["end"])
        return "24:00" if end == "00:00" else end

    def clean(self) -> dict[str, Any]:
        """A window that has a length."""
        data = self.cleaned_data
        if "start" in data and "end" in data and is_empty_window(data["start"], data["end"]):
            self.add_error("end", _("It goes from a time to itself. A whole day is 00:00 to 00:00."))
        return data

    @property
    def window(self) -> dict[str, object]:
        """As it is stored; days in their order."""
        data = self.cleaned_data
        return {"days": [day for day in DAYS if day in data["days"]], "from": data["start"], "to": data["end"]}


def _clock(typed: str) -> str:
    try:
        return datetime.strptime(typed[:5], "%H:%M").strftime("%H:%M")  # noqa: DTZ007 - a time of day
    except ValueError:
        raise forms.ValidationError(_("Type a time of day such as 08:30.")) from None


class LayerForm(PartForm):
    """One rotation."""

    name = Plain(label=gettext_lazy("Name of the layer"))
    every = forms.IntegerField(
        label=gettext_lazy("The pager goes on every"), min_value=1, max_value=MOST_EVERY, initial=1
    )
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=Layer.Unit.choices, initial=Layer.Unit.WEEK)
    starts = WallClock(
        label=gettext_lazy("First handover"),
        help_text=gettext_lazy("The day and time at which the first person takes it, on the schedule's clock."),
    )
    count = forms.ChoiceField(
        label=gettext_lazy("Which days count for the turn"),
        choices=Layer.Count.choices,
        initial=Layer.Count.CALENDAR,
    )
    timezone = Zone(required=False, label=gettext_lazy("Another time zone for this layer"))

    def __init__(self, data: QueryDict | None = None, *, schedule: Schedule, **options: Any) -> None:
        self.schedule = schedule
        super().__init__(data, **options)

    def grouped(self, data: QueryDict | None) -> list[Parts]:
        """Who takes turns, and when the layer is on duty."""
        members = Parts(
            f"{self.prefix}-members",
            TurnForm,
            data,
            self.initial.get("members", ()),
            least=_("A layer needs somebody who takes it."),
            options={"schedule": self.schedule},
        )
        windows = Parts(f"{self.prefix}-windows", WindowForm, data, self.initial.get("windows", ()))
        return [
            members.called(_("Who takes turns, in this order"), _("Another person"), ordered=True, compact=True),
            windows.called(
                _("On duty only"),
                _("A window"),
                one=_("Window"),
                help_text=_("Without a window the layer is on duty around the clock."),
            ),
        ]

    def clean_starts(self) -> datetime:
        """Within the years of the calendar."""
        starts: datetime = self.cleaned_data["starts"]
        if starts.year not in YEARS:
            raise forms.ValidationError(_("Choose a year from 1970 to 2199."))
        return starts.replace(second=0, microsecond=0)

    @property
    def rotation(self) -> Rotation:
        """As it is stored."""
        data = self.cleaned_data
        members, windows = self.groups
        return Rotation(
            name=data["name"],
            members=[turn.cleaned_data["user"].pk for turn in members.filled],
            starts=data["starts"],
            every=data["every"],
            unit=data["unit"],
            timezone=data["timezone"],
            windows=[one.window for one in windows.filled],
            count=data["count"],
        )


@dataclass(frozen=True)
class Ahead:
    """The next two weeks as they would be: shifts, how many more there are, and how long nobody has the pager."""

    shifts: list[Shift]
    more: int
    nobody: timedelta


class ScheduleForm(SetupForm):
    """A pager that goes from person to person."""

    name = Plain(label=gettext_lazy("Name"))
    team = forms.ModelChoiceField(
        Team.objects.filter(archived_at=None), label=gettext_lazy("Team"), to_field_name="slug"
    )
    timezone = Zone()

    def fit(self) -> None:
        """Teams that are theirs to set up."""
        offer(self.fields["team"], own_teams(self.standing))

    def stored(self, row: Schedule) -> dict[str, Any]:
        """As the form says it."""
        layers = Layer.objects.filter(schedule=row).order_by("position", "pk").prefetch_related("turns__user")
        return {
            "name": row.name or row.slug,
            "team": row.team.slug,
            "timezone": row.timezone,
            "layers": [_layer(layer) for layer in layers],
        }

    def offered(self, asked: dict[str, str]) -> dict[str, Any]:
        """Weekly from this Monday 09:00, beginning with whoever makes it."""
        mine = own_teams(self.standing)
        team = next((one for one in mine if one.slug == asked.get("team")), mine[0] if mine else None)
        zone = Organisation.the().timezone
        local = to_local(timezone.now(), zone)
        monday = local - timedelta(days=local.weekday())
        starts = monday.replace(hour=MONDAY_MORNING, minute=0, second=0, microsecond=0)
        members = [] if self.user.role == Role.OBSERVER else [{"user": self.user.email}]
        layer = {"name": _("weekly"), "starts": starts, "members": members}
        name = _("%s primary") % team if team else ""
        return {"name": name, "team": team.slug if team else "", "timezone": zone, "layers": [layer]}

    def grouped(self, data: QueryDict | None, initial: Mapping[str, Any]) -> list[Parts]:
        """Its layers."""
        layers = Parts("layers", LayerForm, data, initial.get("layers", ()), options={"schedule": self.row})
        return [
            layers.called(
                _("Layers"),
                _("Another layer"),
                one=_("Layer"),
                help_text=_("The last layer that has somebody on duty decides. Without a layer nobody has the pager."),
                ordered=True,
            )
        ]

    def agrees(self) -> bool:
        """Layers are told apart by their names."""
        return self.groups[0].refuse_twice("name", _("Two layers cannot have one name."))

    def is_allowed(self) -> bool:
        """For a team of theirs."""
        return may_edit_team_config(self.standing, self.cleaned_data["team"].pk)

    def save(self, row: Any, *, by: User, at: datetime) -> None:  # noqa: ANN401
        """Through the writer."""
        data = self.cleaned_data
        row.name, row.team, row.timezone = data["name"], data["team"], data["timezone"]
        save_schedule(row, layers=[layer.rotation for layer in self.groups[0].filled], by=by, at=at)

    def preview(self, row: Schedule, at: datetime) -> Ahead:
        """Asked of the pager's own rules."""
        found = rosters.shifts(row, at, at + AHEAD)
        empty = sum((one.end - one.start for one in found if one.person is None), timedelta(0))
        return Ahead(found[:SHOWN], max(0, len(found) - SHOWN), empty)


def _layer(layer: Layer) -> dict[str, Any]:
    windows = [
        {"days": one["days"], "start": one["from"], "end": "00:00" if one["to"] == "24:00" else one["to"]}
        for one in layer.windows
    ]
    return {
        "name": layer.name,
        "every": layer.every,
        "unit": layer.unit,
        "starts": layer.starts,
        "count": layer.count,
        "timezone": layer.timezone,
        "members": [{"user": turn.user.email} for turn in sorted(layer.turns.all(), key=lambda turn: turn.position)],
        "windows": windows,
    }


def _may(standing: Standing, row: Schedule) -> bool:
    return may_edit_team_config(standing, row.team_id) if row.pk else may_make(standing)


SCHEDULE = Thing(
    Schedule,
    ScheduleForm,
    gettext_lazy("A new schedule"),
    gettext_lazy("Schedule"),
    _may,
    lambda row: reverse("desk:schedule", args=[row.slug]),
    lambda row: asking(f"schedule:{row.slug}"),
    look=gettext_lazy("See the next two weeks"),
    look_first=True,
)


@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """A schedule, or a new one."""
    return answer(request, SCHEDULE, slug)
