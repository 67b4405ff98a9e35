"""What people type about remediation items."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from desk.act_forms import PersonField
from incidents.models import NUMBER
from postmortems.models import Remediation, UnblockRequest
from teams.models import Team


class TypedPerson(PersonField):
    """A person by e-mail, typed with the list of people beside it: fifty forms of a page share one list."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"list": "people", "autocomplete": "off", "inputmode": "email"})
        super().__init__(widget=widget, **options)


class TeamField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A team in use."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Team.objects.filter(archived_at=None), to_field_name="slug", **options)


class DayField(forms.DateField):
    """A day."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **options)


def _words(label: Any, *, required: bool = True, help_text: Any = "", rows: int = 2) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=required, max_length=20_000, help_text=help_text, widget=area)


class ItemForm(forms.Form):
    """What an item is."""

    title = forms.CharField(
        label=_("What will be changed?"),
        max_length=300,
        help_text=_("Begin with a verb: “Alert on the depth of the queue”."),
    )
    type = forms.ChoiceField(label=_("What for?"), choices=Remediation.Type.choices)
    priority = forms.ChoiceField(
        label=_("Priority"),
        choices=[("P0", _("P0, 7 days")), ("P1", _("P1, 15 days")), ("P2", _("P2, 30 days")), ("P3", _("P3, 56 days"))],
        initial="P2",
    )
    done_when = _words(_("Done when"), required=False, help_text=_("How anybody can see that it is done."))
    owner = TypedPerson(label=_("Owner"), required=False)
    team = TeamField(label=_("Team"), required=False, empty_label=_("that of the service"))


class ProposeForm(ItemForm):
    """A new item of an incident."""

    incident = forms.CharField(
        label=_("Because of incident"), max_length=25, widget=forms.TextInput(attrs={"placeholder": "INC-12"})
    )
    field_order = ("incident", "title")

    def clean_incident(self) -> str:
        """A number such as INC-12."""
        text = str(self.cleaned_data["incident"]).strip()
        if not NUMBER.fullmatch(text):
            raise forms.ValidationError(_("This is not a number such as INC-12."))
        return text


class EditForm(ItemForm):
    """Other words, owner, team or priority."""

    version = forms.IntegerField(widget=forms.HiddenInput, max_value=2**31 - 1)


class AcceptForm(forms.Form):
    """Who will do it."""

    owner = TypedPerson(label=_("Who does it?"), required=False, help_text=_("Without a name it is yours."))


class BlockForm(forms.Form):
    """What is in its way."""

    code = forms.ChoiceField(label=_("Cannot go on because"), choices=UnblockRequest.Code.choices)
    text = _words(_("Say it in your words"))
    unblocks = _words(_("What would let it go on?"), required=False)


class AnswerForm(forms.Form):
    """What the manager does about it; each answer needs one thing more."""

    answer = forms.ChoiceField(choices=UnblockRequest.Answer.choices)
    text = _words(_("Your words"), required=False)
    hours = forms.IntegerField(label=_("How many hours?"), min_value=1, max_value=10_000, required=False)
    owner = TypedPerson(label=_("Who takes it?"), required=False)
    team = TeamField(label=_("Which team?"), required=False)
    until = DayField(label=_("Until when?"), required=False, help_text=_("At most 90 days; then it returns."))


class DoneForm(forms.Form):
    """What shows that it is done."""

    evidence = forms.CharField(
        label=_("Where can it be seen?"),
        max_length=500,
        help_text=_("The address of a change, a dashboard, a document."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )


class VerifyForm(forms.Form):
    """How it was proven."""

    proof = _words(_("How was it proven?"), required=False)


class DeclineForm(forms.Form):
    """Why it is not done."""

    reason = _words(_("Why is it not done?"))


class RiskForm(forms.Form):
    """Who carries the risk, and until when."""

    until = DayField(label=_("Until when?"), help_text=_("At most 90 days; then it returns."))
    name = forms.CharField(
        label=_("Who carries it?"), max_length=200, required=False, help_text=_("Without a name, you.")
    )
    reason = _words(_("Why can it wait?"), required=False)


class MoveForm(forms.Form):
    """Another date."""

    to = DayField(label=_("New date"), help_text=_("The first date is kept, and the move is counted."))
    reason = _words(_("Why does it move?"))


class SupersedeForm(forms.Form):
    """What does the same."""

    item = forms.CharField(
        label=_("Number of the other item"), max_length=19, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
