"""Which calendar of somebody else, and what it is here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.away import whom
from foundation.egress.addresses import is_plain
from oncall.calendar_fetch import plain_address
from oncall.models import DutyRole, ImportedCalendar, Schedule
from oncall.models.imported import MOST_ADDRESS
from teams.models import Team, User
from teams.permissions import Standing, may_edit_team_config

Kind = ImportedCalendar.Kind


class Address(forms.CharField):
    """The address of a calendar; `webcal:` is `https:`. It is a secret: browsers do not remember it."""

    widget = forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"})

    def clean(self, value: Any) -> Any:  # noqa: ANN401
        """The address to ask. Raises ValidationError for what is none."""
        address = plain_address(super().clean(value))
        if not (address.isascii() and address.isprintable() and " " not in address and is_plain(address)):
            raise ValidationError(_("Paste an address that begins with https:// or webcal://."))
        return address


class CalendarForm(forms.Form):
    """What both have: the address, and a name for it here."""

    address = Address(
        label=gettext_lazy("Address of the calendar"),
        max_length=MOST_ADDRESS,
        help_text=gettext_lazy("The secret address in iCal format that its program shows, with https:// or webcal://."),
    )
    name = forms.CharField(
        label=gettext_lazy("What it is called here"),
        max_length=100,
        required=False,
        validators=[ProhibitNullCharactersValidator()],
    )

    def draft(self) -> ImportedCalendar:
        """What would be kept."""
        return ImportedCalendar(address=self.cleaned_data["address"], name=self.cleaned_data["name"])


class ShiftsForm(CalendarForm):
    """A calendar whose entries are shifts of one schedule."""

    role = forms.ChoiceField(
        label=gettext_lazy("As whom its people are on duty"), choices=DutyRole.choices, initial=DutyRole.PRIMARY
    )

    def draft_for(self, schedule: Schedule) -> ImportedCalendar:
        """What would be kept."""
        made = self.draft()
        made.kind, made.schedule, made.role = Kind.LAYER, schedule, self.cleaned_data["role"]
        return made


class AbsencesForm(CalendarForm):
    """A calendar of absences, of a person or a team's people, or of a team's holidays."""

    of = forms.ChoiceField(label=gettext_lazy("What stands in it"))

    def __init__(self, data: Any, *, standing: Standing, user: User, initial: Any = None) -> None:  # noqa: ANN401
        super().__init__(data, initial=initial)
        people = [(f"person:{one.email}", str(one)) for one in whom(standing, user).order_by("name", "email")]
        teams = mine(standing)
        groups = [
            (_("Absences of one person: every entry is one"), people),
            (_("Absences of a team: entries name people"), [(f"team:{one.slug}", str(one)) for one in teams]),
            (_("Public holidays of a team"), [(f"holidays:{one.slug}", str(one)) for one in teams]),
        ]
        self.fields["of"].choices = [(name, rows) for name, rows in groups if rows]  # type: ignore[attr-defined]

    def draft(self) -> ImportedCalendar:
        """What would be kept."""
        made = super().draft()
        kind, _colon, name = self.cleaned_data["of"].partition(":")
        made.kind = Kind.HOLIDAYS if kind == "holidays" else Kind.ABSENCES
        if kind == "person":
            made.person = User.objects.get(email=name)
        else:
            made.team = Team.objects.get(slug=name)
        return made


def mine(standing: Standing) -> list[Team]:
    """The teams whose settings this person may change."""
    return [one for one in Team.objects.filter(archived_at=None) if may_edit_team_config(standing, one.pk)]
