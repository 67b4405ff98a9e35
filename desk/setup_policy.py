"""An escalation policy: whom each step asks and how long they have, how often, and who is paged in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.setup_fields import Plain, may_make, offer, own_teams, targets
from desk.setup_form import PartForm, Parts, SetupForm
from desk.setup_page import Thing, answer
from oncall.limits import MOST_ACKNOWLEDGEMENTS, MOST_REPEATS, SHORTEST_WAIT
from oncall.models import EscalationPolicy, EscalationStep, Schedule
from oncall.setup import Asking, save_policy
from paging.forecast import StepForecast, caught_by, steps_at
from paging.policy import policy_of
from teams.models import Role, Team, User
from teams.permissions import Standing, may_edit_team_config

MINUTE = 60
SHORTEST = Decimal(str(SHORTEST_WAIT.total_seconds() / MINUTE))
LONGEST = Decimal(7 * 24 * 60)


class TargetForm(PartForm):
    """Whom to page."""

    target = forms.ChoiceField(label=gettext_lazy("Whom to page"))

    def __init__(self, data: QueryDict | None = None, *, known: list[Any], kept: set[str], **options: Any) -> None:
        super().__init__(data, **options)
        offered = {value for _name, rows in known[1:] for value, _label in rows}
        gone = [(value, value) for value in sorted(kept - offered)]
        self.fields["target"].choices = [*known, *([(_("No longer in use"), gone)] if gone else [])]  # type: ignore[attr-defined]


class StepForm(PartForm):
    """Some people, and the time that they have."""

    wait = forms.DecimalField(
        label=gettext_lazy("Minutes to answer, then the next step"),
        min_value=SHORTEST,
        max_value=LONGEST,
        max_digits=7,
        decimal_places=1,
        initial=Decimal(5),
        widget=forms.NumberInput({"step": "0.5"}),
    )
    during = forms.ChoiceField(
        label=gettext_lazy("When it is taken"),
        choices=EscalationStep.During.choices,
        initial=EscalationStep.During.ALWAYS,
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, known: list[Any], kept: set[str], **options: Any) -> None:
        self.offer = {"known": known, "kept": kept}
        super().__init__(data, **options)

    def grouped(self, data: QueryDict | None) -> list[Parts]:
        """Whom it asks."""
        notify = Parts(
            f"{self.prefix}-notify",
            TargetForm,
            data,
            self.initial.get("notify", ()),
            least=_("A step needs somebody to page."),
            options=self.offer,
        )
        return [notify.called(_("Whom to page"), _("And somebody else"), compact=True)]

    @property
    def asking(self) -> Asking:
        """As it is stored."""
        during = self.cleaned_data["during"] or EscalationStep.During.ALWAYS
        return Asking(int(self.cleaned_data["wait"] * MINUTE), chosen(self.groups[0]), during)


def chosen(group: Parts) -> list[str]:
    """The targets of a group, each once."""
    return list(dict.fromkeys(one.cleaned_data["target"] for one in group.filled))


@dataclass(frozen=True)
class Asked:
    """Who would be paged if it burned now."""

    steps: list[StepForecast]
    catch_all: str
    more_rounds: int


class PolicyForm(SetupForm):
    """Who is asked, in which order, and what happens when nobody answers."""

    name = Plain(label=gettext_lazy("Name"))
    team = forms.ModelChoiceField(
        Team.objects.filter(archived_at=None), label=gettext_lazy("Team"), to_field_name="slug", required=False
    )
    repeat = forms.IntegerField(
        label=gettext_lazy("How often to begin again when nobody answered"),
        min_value=0,
        max_value=MOST_REPEATS,
        initial=2,
    )

    acknowledgements = forms.IntegerField(
        label=gettext_lazy("How many different people have to acknowledge"),
        min_value=1,
        max_value=MOST_ACKNOWLEDGEMENTS,
        initial=1,
        required=False,
    )

    def fit(self) -> None:
        """Teams that are theirs to set up; a policy of no team is for directors and administrators."""
        empty = _("no team: the whole organisation") if may_edit_team_config(self.standing, None) else None
        offer(self.fields["team"], own_teams(self.standing), empty=empty)

    def stored(self, row: EscalationPolicy) -> dict[str, Any]:
        """As the form says it."""
        steps = EscalationStep.objects.filter(policy=row).order_by("position")
        return {
            "name": row.name or row.slug,
            "team": row.team.slug if row.team else "",
            "repeat": row.repeat,
            "acknowledgements": row.acknowledgements,
            "steps": [
                {
                    "wait": Decimal(one.wait) / MINUTE,
                    "during": one.during,
                    "notify": [{"target": name} for name in one.notify],
                }
                for one in steps
            ],
            "catch_all": [{"target": name} for name in row.catch_all],
        }

    def offered(self, asked: dict[str, str]) -> dict[str, Any]:
        """The team's pager first; whoever makes it in the end."""
        mine = own_teams(self.standing)
        team = next((one for one in mine if one.slug == asked.get("team")), mine[0] if mine else None)
        pager = Schedule.objects.filter(team=team, archived_at=None).first() if team else None
        last = [] if self.user.role == Role.OBSERVER else [{"target": f"user:{self.user.email}"}]
        step = {"notify": [{"target": f"schedule:{pager.slug}"}] if pager else []}
        named = {"name": str(team), "team": team.slug} if team else {}
        return {**named, "repeat": 2, "steps": [step], "catch_all": last}

    def grouped(self, data: QueryDict | None, initial: Mapping[str, Any]) -> list[Parts]:
        """The steps, and the last resort."""
        options = {"known": targets(), "kept": _kept(self.stored(self.row)) if self.row.pk else set()}
        steps = Parts(
            "steps",
            StepForm,
            data,
            initial.get("steps", ()),
            least=_("A policy needs a step."),
            options=options,
        )
        last = Parts(
            "catch_all",
            TargetForm,
            data,
            initial.get("catch_all", ()),
            least=_("A policy needs somebody who is paged when nobody else answers."),
            options=options,
        )
        return [
            steps.called(_("Steps"), _("Another step"), one=_("Step"), ordered=True),
            last.called(
                _("When nobody answered"),
                _("And somebody else"),
                help_text=_("They are paged again every 15 minutes until somebody acknowledges."),
                compact=True,
            ),
        ]

    def is_allowed(self) -> bool:
        """For a team of theirs."""
        team = self.cleaned_data["team"]
        return may_edit_team_config(self.standing, team.pk if team else None)

    def save(self, row: Any, *, by: User, at: datetime) -> None:  # noqa: ANN401
        """Through the writer."""
        data = self.cleaned_data
        row.name, row.team, row.repeat = data["name"], data["team"], data["repeat"]
        row.acknowledgements = data["acknowledgements"] or 1
        row.catch_all = chosen(self.groups[1])
        save_policy(row, steps=[step.asking for step in self.groups[0].filled], by=by)

    def preview(self, row: EscalationPolicy, at: datetime) -> Asked:
        """Asked of the pager's own rules."""
        policy = policy_of(row, list(row.steps.order_by("position")))
        return Asked(steps_at(policy, at), caught_by(policy.catch_all, at), row.repeat)


def _kept(stored: Mapping[str, Any]) -> set[str]:
    """The targets that it names already: somebody who left must not vanish from it by being edited."""
    asked = {one["target"] for step in stored["steps"] for one in step["notify"]}
    return asked | {one["target"] for one in stored["catch_all"]}


def _may(standing: Standing, row: EscalationPolicy) -> bool:
    return may_edit_team_config(standing, row.team_id) if row.pk else may_make(standing)


POLICY = Thing(
    EscalationPolicy,
    PolicyForm,
    gettext_lazy("A new escalation policy"),
    gettext_lazy("Escalation policy"),
    _may,
    lambda row: f"{reverse('desk:oncall')}#policy-{row.slug}",
    lambda row: [str(one.service) for one in row.coverages.filter(service__archived_at=None)],
    look=gettext_lazy("See who would be paged"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """An escalation policy, or a new one."""
    return answer(request, POLICY, slug)
