"""A service: who owns it, which policy pages for it, what it promises, and the first steps when it burns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.setup_fields import Matchers, Plain, may_make, offer, own_teams
from desk.setup_form import PartForm, Parts, SetupForm
from desk.setup_page import Thing, answer
from desk.setup_teams import sources_of
from oncall import setup as oncall_setup
from oncall.models import Coverage, EscalationPolicy
from teams import setup
from teams.models import Playbook, Service, Severity, Team, User
from teams.permissions import Standing, may_edit_team_config

BY_SENDER: list[tuple[str, Any]] = [("", gettext_lazy("as the alert says, else standard"))]


class PlaybookForm(PartForm):
    """First steps for a kind of alert."""

    title = Plain(label=gettext_lazy("Title"))
    match = Matchers(
        label=gettext_lazy("For alerts with these labels"),
        help_text=gettext_lazy("One a line, such as alertname=QueueStuck or severity=~crit.*; none: for all."),
    )
    body = Plain(
        label=gettext_lazy("What to do"),
        lines=True,
        max_length=100_000,
        required=False,
        help_text=gettext_lazy("Markdown."),
    )


class ServiceForm(SetupForm):
    """Something that people rely on."""

    name = Plain(label=gettext_lazy("Name"))
    team = forms.ModelChoiceField(
        Team.objects.filter(archived_at=None), label=gettext_lazy("Team that owns it"), to_field_name="slug"
    )
    policy = forms.ModelChoiceField(
        EscalationPolicy.objects.filter(archived_at=None),
        label=gettext_lazy("Escalation policy"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("none: pages nobody but the administrators"),
    )
    customer_facing = forms.BooleanField(
        label=gettext_lazy("Customers notice when it fails"), required=False, initial=True
    )
    default_class = forms.ChoiceField(
        label=gettext_lazy("Class of its incidents"), choices=[*BY_SENDER, *Severity.choices], required=False
    )
    target = forms.DecimalField(
        label=gettext_lazy("Availability target in %"),
        min_value=Decimal(0),
        max_value=Decimal(100),
        decimal_places=3,
        required=False,
    )
    exposure_per_hour = forms.DecimalField(
        label=gettext_lazy("Money at risk per hour"),
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=2,
        required=False,
    )
    demand = forms.ChoiceField(
        label=gettext_lazy("Demand"), choices=Service.Demand.choices, initial=Service.Demand.MEDIUM
    )

    covered = forms.ChoiceField(
        label=gettext_lazy("It pages"),
        choices=Service.Covered.choices,
        initial=Service.Covered.ALWAYS,
        required=False,
        help_text=gettext_lazy("Working hours: Monday to Friday, 09:00 to 18:00 on the clock of the team's schedule."),
    )

    def fit(self) -> None:
        """Teams that are theirs to set up."""
        offer(self.fields["team"], own_teams(self.standing))

    def stored(self, row: Service) -> dict[str, Any]:
        """As the form says it."""
        plain = ("name", "customer_facing", "default_class", "demand", "covered")
        coverage = Coverage.objects.filter(service=row).select_related("policy").first()
        books = Playbook.objects.filter(service=row, archived_at=None).order_by("position", "pk")
        return {
            **{name: getattr(row, name) for name in plain},
            **{name: _short(getattr(row, name)) for name in ("target", "exposure_per_hour")},
            "team": row.team.slug,
            "policy": coverage.policy.slug if coverage else "",
            "playbooks": [{"title": one.title, "match": one.match, "body": one.body} for one in books],
        }

    def offered(self, asked: dict[str, str]) -> dict[str, Any]:
        """The team's own policy; what customers notice."""
        mine = own_teams(self.standing)
        team = next((one for one in mine if one.slug == asked.get("team")), mine[0] if mine else None)
        policies = EscalationPolicy.objects.filter(archived_at=None)
        policy = policies.filter(team=team).first() if team else None
        policy = policy or (policies.first() if policies.count() == 1 else None)
        return {"team": team.slug if team else "", "policy": policy.slug if policy else "", "customer_facing": True}

    def grouped(self, data: QueryDict | None, initial: Mapping[str, Any]) -> list[Parts]:
        """Its playbooks."""
        books = Parts("playbooks", PlaybookForm, data, initial.get("playbooks", ()))
        words = _("First steps that stand on the page of an incident.")
        return [books.called(_("Playbooks"), _("A playbook"), one=_("Playbook"), help_text=words, ordered=True)]

    def agrees(self) -> bool:
        """Playbooks are told apart by their titles."""
        return self.groups[0].refuse_twice("title", _("Two playbooks cannot have one title."))

    def is_allowed(self) -> bool:
        """For a team of theirs."""
        return may_edit_team_config(self.standing, self.cleaned_data["team"].pk)

    def save(self, row: Any, *, by: User, at: datetime) -> None:  # noqa: ANN401
        """Through the writers of both rooms."""
        data = self.cleaned_data
        for name in ("name", "team", "customer_facing", "default_class", "target", "exposure_per_hour", "demand"):
            setattr(row, name, data[name])
        row.covered = data["covered"] or Service.Covered.ALWAYS
        books = [one.cleaned_data for one in self.groups[0].filled]
        wanted = [setup.FirstSteps(book["title"], book["match"], book["body"]) for book in books]
        setup.save_service(row, playbooks=wanted, by=by, at=at)
        oncall_setup.cover(row, data["policy"], by=by)


def _short(number: Decimal | None) -> str:
    """Without the zeros that say nothing."""
    return "" if number is None else f"{number.normalize():f}"


def _may(standing: Standing, row: Service) -> bool:
    return may_edit_team_config(standing, row.team_id) if row.pk else may_make(standing)


SERVICE = Thing(
    Service,
    ServiceForm,
    gettext_lazy("A new service"),
    gettext_lazy("Service"),
    _may,
    lambda row: reverse("desk:service", args=[row.slug]),
    sources_of,
)


@require_http_methods(["GET", "HEAD", "POST"])
def service(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """A service, or a new one."""
    return answer(request, SERVICE, slug)
