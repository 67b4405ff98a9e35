"""What people type about people and tokens."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm, ResetPasswordForm
from django import forms
from django.utils.translation import gettext_lazy as _

from teams.models import ApiToken, Role, Team, User
from teams.permissions import Standing, may_edit_team_config, may_invite, may_make_token

Choices = list[tuple[str, Any]]


class SignInForm(LoginForm):
    """E-mail and password, in our words; the page itself says what to do without a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class ResetForm(ResetPasswordForm):
    """Where the link to a new password goes, in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        self.fields["email"].widget.attrs.pop("placeholder", None)


class InviteForm(forms.Form):
    """A new person: the roles and teams offered are those that `who` may give."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    role = forms.ChoiceField(label=_("Role"), initial=Role.RESPONDER)
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"), queryset=Team.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, who: Standing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [choice for choice in Role.choices if may_invite(who, choice[0])]  # type: ignore[attr-defined]
        mine = [team.pk for team in Team.objects.filter(archived_at=None) if may_edit_team_config(who, team.pk)]
        self.fields["teams"].queryset = Team.objects.filter(pk__in=mine)  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        """One person, one e-mail, whatever its case."""
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("Somebody has this e-mail already."))
        return email


class RoleForm(forms.Form):
    """Another role for a person."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class TokenForm(forms.Form):
    """A new API token of one's own."""

    name = forms.CharField(label=_("What is it for?"), max_length=100)
    scope = forms.ChoiceField(label=_("It may"), initial=ApiToken.Scope.READ, widget=forms.RadioSelect)

    def __init__(self, *args: Any, who: Standing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words: Choices = [
            ("read", _("read")),
            ("write", _("read and act on incidents and shifts")),
            ("admin", _("also change settings")),
        ]
        self.fields["scope"].choices = [choice for choice in words if may_make_token(who, choice[0])]  # type: ignore[attr-defined]
