"""A schedule: whose pager it is, in which zone, and its layers; the next two weeks are shown before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.setup_fields import Plain, Region, Zone, may_make, offer, own_teams
from desk.setup_form import Parts, SetupForm
from desk.setup_layer import LayerForm, as_typed
from desk.setup_page import Thing, answer
from desk.setup_teams import asking
from oncall import rosters
from oncall.differences import Difference, compare
from oncall.models import Layer, Schedule
from oncall.rosters import Shift
from oncall.setup import keeping, save_schedule
from oncall.skills import Missing, are_kept, missing
from oncall.wallclock import to_local
from teams.models import Organisation, Role, Team, User
from teams.permissions import Standing, may_edit_team_config

AHEAD = timedelta(days=14)
SHOWN = 40
CHANGES = 12
MONDAY_MORNING = 9


@dataclass(frozen=True)
class Ahead:
    """The next two weeks as they would be: shifts, how many more there are, and how long nobody has the pager.

    `changes` is where they differ from now; `moves` names who would lose the pager at once though they take turns, and to
    whom: who has it from now on is chosen, not left to arithmetic. `missing` are those without training or agreement, where
    such things are written down.
    """

    shifts: list[Shift]
    more: int
    nobody: timedelta
    changes: list[Difference]
    changes_more: int
    moves: tuple[User, User | None] | None
    missing: list[Missing]
    schedule: Schedule

    @property
    def unread(self) -> bool:
        """Whether there is something that has to be read before it is saved."""
        return bool(self.nobody)


class ScheduleForm(SetupForm):
    """A pager that goes from person to person."""

    name = Plain(label=gettext_lazy("Name"))
    team = forms.ModelChoiceField(
        Team.objects.filter(archived_at=None), label=gettext_lazy("Team"), to_field_name="slug"
    )
    timezone = Zone()
    region = Region()
    swaps_need_approval = forms.BooleanField(required=False, label=gettext_lazy("Swaps of shifts need a manager's yes"))

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
            "region": row.region,
            "swaps_need_approval": row.swaps_need_approval,
            "layers": [as_typed(layer) for layer in layers],
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
        self.before = rosters.shifts(row, at, at + AHEAD) if row.pk else []
        layers = [layer.rotation for layer in self.groups[0].filled]
        if self.data.get("holder") == "keep" and self.before:
            layers = keeping(self.before[0].person, layers, data["timezone"], at)
        row.name, row.team, row.timezone, row.region = data["name"], data["team"], data["timezone"], data["region"]
        row.swaps_need_approval = data["swaps_need_approval"]
        save_schedule(row, layers=layers, by=by, at=at)

    def preview(self, row: Schedule, at: datetime) -> Ahead:
        """Asked of the pager's own rules."""
        found = rosters.shifts(row, at, at + AHEAD)
        empty = sum((one.end - one.start for one in found if one.person is None), timedelta(0))
        changes = compare(self.before, found) if self.before else []
        return Ahead(
            found[:SHOWN],
            max(0, len(found) - SHOWN),
            empty,
            changes[:CHANGES],
            max(0, len(changes) - CHANGES),
            self._moves(changes, at),
            missing(row, found, at) if are_kept() else [],
            row,
        )

    def _moves(self, changes: list[Difference], at: datetime) -> tuple[User, User | None] | None:
        """Who has it, would not have it any more, and could keep it; and who would get it."""
        first = next(iter(changes), None)
        if first is None or first.before is None or first.start > at:
            return None
        members = {turn.cleaned_data["user"] for layer in self.groups[0].filled for turn in layer.groups[0].filled}
        return (first.before, first.after) if first.before in members else None


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
