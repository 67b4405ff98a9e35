"""The organisation, its teams with their people, and the areas that teams belong to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from alerts.models import Source
from desk.answers import inside, see_other
from desk.guard import person, require, who
from desk.setup_fields import Person, Plain, Zone, offer, zones
from desk.setup_form import PartForm, Parts, SetupForm
from desk.setup_page import Thing, answer
from oncall.models import DutyRole, EscalationPolicy, EscalationStep, Schedule
from teams import setup
from teams.models import Area, Membership, Organisation, Service, Team, User
from teams.permissions import Standing, may_admin, may_edit_team_config


class OrganisationForm(forms.Form):
    """Its name and its zone."""

    name = Plain(label=gettext_lazy("What is your organisation called?"))
    timezone = Zone(help_text=gettext_lazy("Where most of you work: new people and schedules begin with it."))


@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest) -> HttpResponse:
    """Administrators say what the organisation is called."""
    require(may_admin(who(request)), _("Administrators set up the organisation."))
    now, by = Organisation.the(), person(request)
    zone = by.timezone if not now.name and now.timezone == "UTC" else now.timezone
    form = OrganisationForm(request.POST or None, initial={"name": now.name, "timezone": zone})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        setup.save_organisation(name=data["name"], timezone=data["timezone"], by=by)
        messages.success(request, _("Saved: %s.") % data["name"])
        return see_other(request, reverse("desk:setup"))
    asked = request.POST if request.method == "POST" else request.GET
    context = {"at": timezone.now(), "form": form, "zones": zones(), "next": inside(request, asked.get("next", ""))}
    return render(request, "desk/setup_organisation.html", context, status=422 if form.errors else 200)


class MemberForm(PartForm):
    """A person's place in the team."""

    user = Person(label=gettext_lazy("Person"))
    place = forms.ChoiceField(
        label=gettext_lazy("Place"), choices=Membership.Place.choices, initial=Membership.Place.RESPONDER
    )

    def __init__(self, data: QueryDict | None = None, *, team: Team, **options: Any) -> None:
        super().__init__(data, **options)
        known = User.objects.filter(Q(is_active=True) | Q(memberships__team=team.pk or 0)).distinct()
        self.fields["user"].queryset = known.order_by("name", "email")  # type: ignore[attr-defined]


class TeamForm(SetupForm):
    """A team: name, who is in it, who answers for it."""

    name = Plain(label=gettext_lazy("Name"))
    manager = Person(
        label=gettext_lazy("Manager"),
        required=False,
        help_text=gettext_lazy("Edits its settings, answers what is in the way, is told when a postmortem is late."),
    )
    director = Person(label=gettext_lazy("Director"), required=False)
    area = forms.ModelChoiceField(
        Area.objects.filter(archived_at=None),
        label=gettext_lazy("Area"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("none"),
    )

    def stored(self, row: Team) -> dict[str, Any]:
        """As the form says it."""
        members = Membership.objects.filter(team=row).select_related("user").order_by("user__email")
        return {
            "name": row.name,
            "manager": row.manager.email if row.manager else "",
            "director": row.director.email if row.director else "",
            "area": row.area.slug if row.area else "",
            "members": [{"user": one.user.email, "place": one.place} for one in members],
        }

    def offered(self, asked: dict[str, str]) -> dict[str, Any]:
        """Whoever makes a team leads it, until somebody says otherwise."""
        return {"members": [{"user": self.user.email, "place": Membership.Place.LEAD}], "area": asked.get("area", "")}

    def fit(self) -> None:
        """Without areas there is nothing to choose."""
        if not Area.objects.filter(archived_at=None).exists():
            del self.fields["area"]

    def grouped(self, data: QueryDict | None, initial: Mapping[str, Any]) -> list[Parts]:
        """Its members."""
        members = Parts(
            "members",
            MemberForm,
            data,
            initial.get("members", ()),
            least=_("A team needs somebody in it."),
            options={"team": self.row},
        )
        return [members.called(_("Members"), _("Another member"), compact=True)]

    def agrees(self) -> bool:
        """Nobody is in it twice."""
        return self.groups[0].refuse_twice("user", _("This person is in the team already."))

    def save(self, row: Any, *, by: User, at: datetime) -> None:  # noqa: ANN401
        """Through the writer."""
        data = self.cleaned_data
        row.name, row.manager, row.director = data["name"], data["manager"], data["director"]
        row.area = data.get("area", row.area)
        members = {one.cleaned_data["user"].pk: one.cleaned_data["place"] for one in self.groups[0].filled}
        setup.save_team(row, members=members, by=by)


class AreaForm(SetupForm):
    """A part of the organisation, and who answers for it."""

    name = Plain(label=gettext_lazy("Name"))
    lead = Person(label=gettext_lazy("Lead"), required=False)
    teams = forms.ModelMultipleChoiceField(
        Team.objects.filter(archived_at=None, from_file=False),
        label=gettext_lazy("Teams"),
        to_field_name="slug",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A team is in one area; teams from the file are placed there."),
    )

    def stored(self, row: Area) -> dict[str, Any]:
        """As the form says it."""
        inside = row.teams.filter(archived_at=None, from_file=False).order_by("slug")
        return {
            "name": row.name,
            "lead": row.lead.email if row.lead else "",
            "teams": list(inside.values_list("slug", flat=True)),
        }

    def fit(self) -> None:
        """Without teams there is nothing to choose."""
        choices = Team.objects.filter(archived_at=None, from_file=False)
        if choices:
            offer(self.fields["teams"], choices)
        else:
            del self.fields["teams"]

    def save(self, row: Any, *, by: User, at: datetime) -> None:  # noqa: ANN401
        """Through the writer."""
        row.name, row.lead = self.cleaned_data["name"], self.cleaned_data["lead"]
        setup.save_area(row, teams=self.cleaned_data.get("teams", ()), by=by)


def users_of_team(team: Team) -> list[str]:
    """What is in use and belongs to `team`, or asks it."""
    found: list[Any] = [*Service.objects.filter(team=team, archived_at=None)]
    found += Schedule.objects.filter(team=team, archived_at=None)
    found += EscalationPolicy.objects.filter(team=team, archived_at=None)
    return list(dict.fromkeys([*map(str, found), *asking(f"team:{team.slug}")]))


def asking(target: str) -> list[str]:
    """The policies in use that page `target`, by a step or as the last resort."""
    spoken = [target, *(f"{target}/{role}" for role in DutyRole.values if target.startswith("schedule:"))]
    steps = EscalationStep.objects.filter(_any(notify=spoken))
    found = EscalationPolicy.objects.filter(archived_at=None)
    return [str(one) for one in found.filter(_any(catch_all=spoken) | Q(steps__in=steps)).distinct()]


def _any(**spoken: list[str]) -> Q:
    """Whether a list of targets holds one of these."""
    [(name, targets)] = spoken.items()
    return reduce(or_, (Q(**{f"{name}__contains": [target]}) for target in targets))


def _may_team(standing: Standing, team: Team) -> bool:
    return may_edit_team_config(standing, team.pk)


def _may_area(standing: Standing, area: Area) -> bool:
    return may_edit_team_config(standing, None)


TEAM = Thing(
    Team,
    TeamForm,
    gettext_lazy("A new team"),
    gettext_lazy("Team"),
    _may_team,
    lambda team: reverse("desk:setup"),
    users_of_team,
)
AREA = Thing(
    Area,
    AreaForm,
    gettext_lazy("A new area"),
    gettext_lazy("Area"),
    _may_area,
    lambda area: reverse("desk:setup"),
    lambda area: [*(str(team) for team in area.teams.filter(archived_at=None)), *asking(f"area:{area.slug}")],
)


@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """A team, or a new one."""
    return answer(request, TEAM, slug)


@require_http_methods(["GET", "HEAD", "POST"])
def area(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """An area, or a new one."""
    return answer(request, AREA, slug)


def sources_of(service: Service) -> list[str]:
    """The sources in use whose alerts open incidents for `service`, directly or by a route."""
    found = Source.objects.filter(Q(service=service) | Q(routes__service=service), archived_at=None)
    return [str(one) for one in found.distinct()]
