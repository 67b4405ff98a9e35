"""What the acts on an incident ask for."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from incidents.models import OPEN, RoleTenure
from teams.models import Severity, User


class Nothing(forms.Form):
    """An act that needs no words."""


class NoteForm(forms.Form):
    """A note."""

    text = forms.CharField(max_length=20_000, widget=forms.Textarea)


class ReasonForm(forms.Form):
    """An act that may say why."""

    reason = forms.CharField(max_length=1000, required=False)


class ClassForm(ReasonForm):
    """Another class."""

    severity = forms.ChoiceField(choices=Severity.choices, label=gettext_lazy("class"))


class WorthForm(forms.Form):
    """Whether it was worth waking somebody."""

    worth = forms.ChoiceField(choices=[("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))])


class StateForm(forms.Form):
    """Another open state."""

    state = forms.ChoiceField(choices=[(str(state), state.label) for state in OPEN])


class TitleForm(forms.Form):
    """A better title."""

    title = forms.CharField(max_length=300)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A person who can be paged, by e-mail."""

    def __init__(self, **options: object) -> None:
        super().__init__(User.objects.active(), to_field_name="email", **options)  # type: ignore[arg-type]


class HandOverForm(forms.Form):
    """Who takes it."""

    to = PersonField()


class RoleForm(forms.Form):
    """Who takes which role; nobody named means oneself."""

    role = forms.ChoiceField(choices=RoleTenure.Role.choices)
    person = PersonField(required=False)


class MergeForm(forms.Form):
    """Which incident goes on."""

    into = forms.CharField(max_length=30)


class PullInForm(ReasonForm):
    """Whom to pull in, and what for."""

    person = PersonField()


class QuietForm(ReasonForm):
    """For how long, and why."""

    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=1, max_value=24 * 60)
