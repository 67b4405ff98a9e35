"""What the postmortem's form adds beside its texts: a row of the timeline, an answer to another question, an item."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.act_forms import PersonField
from desk.override import WallClock
from desk.postmortem_parts import tidy
from incidents.models import NotAllowed
from oncall.wallclock import first_instant
from postmortems import items, lifecycle
from postmortems.models import Postmortem, Remediation
from postmortems.prompts import PROMPTS
from teams.models import Role, Team, User

EARLIEST, LATEST = date(1970, 1, 2), date(2100, 12, 30)


class RowForm(forms.Form):
    """A line of the timeline that the story does not hold, on the viewer's clock."""

    row_at = WallClock(label=gettext_lazy("When"))
    row_text = forms.CharField(label=gettext_lazy("What happened then"), max_length=2000)

    def clean_row_at(self) -> datetime:
        """The instant."""
        typed: datetime = self.cleaned_data["row_at"]
        if not EARLIEST <= typed.date() <= LATEST:
            raise forms.ValidationError(_("A year between 1970 and 2100."))
        return first_instant(typed, get_current_timezone_name())


class ItemForm(forms.Form):
    """Something that we will change."""

    item_title = forms.CharField(label=gettext_lazy("What we will change"), max_length=300)
    item_done_when = forms.CharField(label=gettext_lazy("Done when"), max_length=2000, required=False)
    item_type = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Remediation.Type.choices)
    item_priority = forms.ChoiceField(label=gettext_lazy("Priority"), choices=Remediation.Priority.choices)
    item_owner = PersonField(label=gettext_lazy("Owner"), required=False)
    item_due = forms.DateField(label=gettext_lazy("Due"), required=False)

    def clean_item_due(self) -> date | None:
        """A day that a calendar can hold."""
        due: date | None = self.cleaned_data["item_due"]
        if due and not EARLIEST <= due <= LATEST:
            raise forms.ValidationError(_("A year between 1970 and 2100."))
        return due


def add(pm: Postmortem, post: QueryDict, *, by: User, at: datetime) -> dict[str, str]:
    """Add what is filled in; what was refused: row, another or item."""
    refused: dict[str, str] = {}
    for name, one in (("row", _row), ("another", _another), ("item", _item)):
        try:
            with transaction.atomic():
                one(pm, post, by, at)
        except NotAllowed as refusal:
            refused[name] = str(refusal)
    return refused


def again(post: QueryDict | None, refused: Collection[str], *, everything: bool) -> dict[str, str]:
    """What stands in the fields for adding when the page is drawn again: what was refused, or only looked at."""
    typed = post or QueryDict()
    return {
        name: typed.get(name, "")
        for name in (*RowForm.base_fields, "another", "another_text", *ItemForm.base_fields)
        if everything or name.split("_")[0] in refused
    }


def _row(pm: Postmortem, post: QueryDict, by: User, at: datetime) -> None:
    if not post.get("row_text", "").strip():
        return
    form = _valid(RowForm(post))
    lifecycle.add_row(pm, form["row_at"], form["row_text"], by, at)


def _another(pm: Postmortem, post: QueryDict, by: User, at: datetime) -> None:
    text = tidy(post.get("another_text", ""))
    if not text:
        return
    key = post.get("another", "")
    if key not in PROMPTS:
        raise NotAllowed(_("Choose the question that this answers."))
    if any(answer.prompt == key and answer.text.strip() for answer in pm.answers.all()):
        raise NotAllowed(_("This question has an answer above. Add to it there."))
    lifecycle.answer(pm, key, text, by, at)


def _item(pm: Postmortem, post: QueryDict, by: User, at: datetime) -> None:
    if not post.get("item_title", "").strip():
        if post.get("item_done_when", "").strip():
            raise NotAllowed(_("Say what we will change."))
        return
    form = _valid(ItemForm(post))
    service = pm.incident.service
    team: Team | None = service.team if service else None
    items.propose(
        pm,
        title=form["item_title"],
        type=form["item_type"],
        priority=form["item_priority"],
        owner=form["item_owner"],
        team=team,
        done_when=form["item_done_when"],
        due=form["item_due"],
        by=by,
        at=at,
    )


def _valid(form: forms.Form) -> dict[str, Any]:
    if form.is_valid():
        return form.cleaned_data
    name, errors = next(iter(form.errors.items()))
    raise NotAllowed(f"{form.fields[name].label}: {errors[0]}")


def owners() -> list[User]:
    """Who can own an item: active, not observers."""
    return list(User.objects.active().exclude(role=Role.OBSERVER).order_by("name", "email"))
