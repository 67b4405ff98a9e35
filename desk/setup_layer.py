"""The form of one layer of a schedule: who takes turns, how long, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from desk.override import WallClock
from desk.setup_fields import Person, Plain, Zone
from desk.setup_form import PartForm, Parts
from oncall.limits import DAYS, MOST_EVERY, is_empty_window
from oncall.models import DutyRole, Layer, Schedule
from oncall.setup import Rotation
from teams.models import Role, User

YEARS = range(1970, 2200)
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
    role = forms.ChoiceField(
        label=gettext_lazy("Who is on duty is the"),
        choices=DutyRole.choices,
        initial=DutyRole.PRIMARY,
        help_text=gettext_lazy(
            "The primary has the pager. A secondary is asked where a policy says so; a shadow only learns."
        ),
    )
    ends = WallClock(
        required=False,
        label=gettext_lazy("Only until"),
        help_text=gettext_lazy("For a layer that is there for a while. Empty: it stays."),
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

    def clean_ends(self) -> datetime | None:
        """Within the years of the calendar."""
        ends: datetime | None = self.cleaned_data["ends"]
        if ends and ends.year not in YEARS:
            raise forms.ValidationError(_("Choose a year from 1970 to 2199."))
        return ends.replace(second=0, microsecond=0) if ends else None

    def clean(self) -> dict[str, Any]:
        """A layer that is there for some time."""
        data = self.cleaned_data
        if data.get("ends") and "starts" in data and data["ends"] <= data["starts"]:
            self.add_error("ends", _("It must end after it starts."))
        return data

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
            role=data["role"],
            ends=data["ends"],
        )


def as_typed(layer: Layer) -> dict[str, Any]:
    """A stored layer in the words of its form."""
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
        "role": layer.role,
        "ends": layer.ends,
        "members": [{"user": turn.user.email} for turn in sorted(layer.turns.all(), key=lambda turn: turn.position)],
        "windows": windows,
    }
