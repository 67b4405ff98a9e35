"""What is asked when a training or an agreement is written down, and for what this person may do it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oncall.models import Schedule
from teams.models import Role, Service, Team, User
from teams.permissions import Standing, may_record_agreement, may_record_training, may_write

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class _Record(forms.Form):
    """Who and for what: schedule:…, service:… or team:…"""

    person = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Who"), to_field_name="email")
    target = forms.ChoiceField(label=gettext_lazy("For what"))
    on = forms.DateField(label=gettext_lazy("On which day"), widget=DAY)

    def __init__(
        self,
        data: Any = None,
        *,
        people: Any,
        targets: Iterable[Schedule | Service | Team],
        initial: Any = None,
        prefix: str | None = None,
    ) -> None:
        super().__init__(data, initial=initial, prefix=prefix)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        self.known = {name_of(one): one for one in targets}
        kinds = {"schedule": _("Pagers"), "service": _("One service alone"), "team": _("All pagers of a team")}
        groups = [
            (label, [(name, str(one)) for name, one in self.known.items() if name.startswith(f"{kind}:")])
            for kind, label in kinds.items()
        ]
        self.fields["target"].choices = [("", "---------"), *(group for group in groups if group[1])]  # type: ignore[attr-defined]

    def clean_target(self) -> Schedule | Service | Team:
        """The thing itself."""
        found: Schedule | Service | Team = self.known[self.cleaned_data["target"]]
        return found


class TrainingForm(_Record):
    """Training: by whom, and how long it holds."""

    trainer = forms.CharField(label=gettext_lazy("By whom"), max_length=200, required=False)
    holds_until = forms.DateField(
        label=gettext_lazy("Holds until"),
        widget=DAY,
        required=False,
        help_text=gettext_lazy("The last day. Leave it empty when it does not lapse."),
    )


class AgreementForm(_Record):
    """An agreement: which text."""

    version = forms.CharField(
        label=gettext_lazy("Version of the text"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Such as 2026-1."),
    )
    text = forms.CharField(
        label=gettext_lazy("What was agreed"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


def name_of(target: Schedule | Service | Team) -> str:
    """As forms, addresses and the organisation's file name it: schedule:payments-primary."""
    return f"{target._meta.model_name}:{target.slug}"


def trainable(standing: Standing) -> list[Schedule | Service]:
    """Pagers and services of the teams for which this person may write training down."""
    found: list[Schedule | Service] = [*Schedule.objects.live().order_by("slug")]
    found += Service.objects.filter(archived_at=None).order_by("slug")
    return [one for one in found if may_record_training(standing, one.team_id)]


def agreeable(standing: Standing) -> list[Schedule | Team]:
    """Pagers and teams for which this person may write an agreement down: anything, for themselves."""
    found: list[Schedule | Team] = [*Schedule.objects.live().order_by("slug")]
    found += Team.objects.filter(archived_at=None).order_by("slug")
    return [one for one in found if may_record_agreement(standing, of=standing.user_id, team=team_of(one))]


def team_of(target: Schedule | Service | Team) -> int:
    """The team (its id) that a target belongs to, or is."""
    return target.pk if isinstance(target, Team) else target.team_id


def training_form(standing: Standing, data: Any = None, initial: Any = None) -> TrainingForm | None:
    """The form with what this person may choose; None: they may write no training down."""
    targets = trainable(standing)
    return (
        TrainingForm(data, people=_everybody(), targets=targets, initial=initial, prefix="training")
        if targets
        else None
    )


def agreement_form(standing: Standing, data: Any = None, initial: Any = None) -> AgreementForm | None:
    """The same for agreements. Others than oneself are chosen by those who may record training somewhere."""
    if not may_write(standing):
        return None
    people = _everybody() if trainable(standing) else _everybody().filter(pk=standing.user_id)
    return AgreementForm(data, people=people, targets=agreeable(standing), initial=initial, prefix="agreement")


def check_may_agree(standing: Standing, person: User, target: Schedule | Team) -> None:
    """Raises ValidationError when this person may not write that down."""
    if not may_record_agreement(standing, of=person.pk, team=team_of(target)):
        raise ValidationError({"person": _("Only they themselves, or who leads the team, can write that down.")})


def _everybody() -> Any:
    return User.objects.active().exclude(role=Role.OBSERVER).order_by("name", "email")
