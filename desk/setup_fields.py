"""What forms that set things up ask for: plain text, people, teams, zones, whom to page, label matchers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.matching import OPERATORS, compile_match
from foundation.text import is_plain
from oncall.models import DutyRole, Layer, Schedule
from teams.models import Area, Role, Team, User, check_region, check_timezone
from teams.permissions import Standing, may_edit_team_config


class Plain(forms.CharField):
    """Text that can be stored, exported and read again: one line, or with `lines` several."""

    def __init__(self, *, lines: bool = False, **options: Any) -> None:
        self.lines = lines
        if lines:
            options.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(**{"max_length": 200, **options})

    def to_python(self, value: Any) -> str:  # noqa: ANN401
        """With line breaks as everywhere but in browsers."""
        return str(super().to_python(value) or "").replace("\r\n", "\n")

    def validate(self, value: str) -> None:
        """No control characters."""
        super().validate(value)
        if not is_plain(value, lines=self.lines):
            raise ValidationError(_("There is a control character or a line break in it."))


class Zone(Plain):
    """A time zone of the IANA list; the page carries the list `zones`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("Time zone"))
        widget = forms.TextInput(attrs={"list": "zones", "autocomplete": "off"})
        super().__init__(widget=widget, validators=[check_timezone], max_length=64, **options)


class Region(Plain):
    """A region whose public holidays are known, or none."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("Public holidays of"))
        help_text = gettext_lazy("A country or a part of it, such as GB-ENG: no working days then. Empty: none.")
        super().__init__(required=False, max_length=10, help_text=help_text, **options)

    def clean(self, value: Any) -> str:  # noqa: ANN401
        """In capital letters."""
        region = str(super().clean(value)).upper()
        if region:
            check_region(region)
        return region


def zones() -> list[str]:
    """Every zone, for the list of suggestions."""
    return sorted(available_timezones())


def people() -> QuerySet[User]:
    """Who can be asked to act: active, and no observer."""
    return User.objects.active().exclude(role=Role.OBSERVER).order_by("name", "email")


class Names(ModelChoiceIterator):  # type: ignore[type-arg]  # not subscriptable when it runs
    """People by name; those who share one are told apart by their e-mails."""

    def __iter__(self) -> Iterator[Any]:
        offered = [(value, str(label)) for value, label in super().__iter__()]
        seen = Counter(label for _value, label in offered)
        return iter([(value, f"{label} ({value})" if seen[label] > 1 else label) for value, label in offered])


class Person(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A person, sent by e-mail."""

    iterator = Names

    def __init__(self, queryset: QuerySet[User] | None = None, **options: Any) -> None:
        options.setdefault("empty_label", gettext_lazy("nobody"))
        super().__init__(people() if queryset is None else queryset, to_field_name="email", **options)


def own_teams(standing: Standing) -> list[Team]:
    """The teams in use that this person may set things up for."""
    return [team for team in Team.objects.filter(archived_at=None) if may_edit_team_config(standing, team.pk)]


def may_make(standing: Standing) -> bool:
    """Whether there is a team, or the whole organisation, that this person may set something up for."""
    return may_edit_team_config(standing, None) or bool(own_teams(standing))


def offer(field: forms.Field, rows: Iterable[Model], *, empty: str | None = None) -> None:
    """Offer only these rows of a model's choice; what else is sent is judged by permission, not as nonsense."""
    choices = [(getattr(row, "slug", row.pk), str(row)) for row in rows]
    field.choices = [*([("", empty)] if empty is not None else []), *choices]  # type: ignore[attr-defined]
    if not choices and empty is None:
        field.help_text = _("There is nothing to choose yet: make one first.")


def targets() -> list[tuple[str, Any]]:
    """Whom a step can page, grouped: who has a pager, one person, everybody in a team, the lead of an area."""
    schedules = Schedule.objects.filter(archived_at=None)
    pagers = [(f"schedule:{one.slug}", _("Pager of %s") % one) for one in schedules]
    others = Layer.objects.filter(schedule__in=schedules).exclude(role=DutyRole.PRIMARY)
    pagers += [
        (f"schedule:{slug}/{role}", f"{DutyRole.word(role).capitalize()}: {name or slug}")
        for slug, name, role in others.values_list("schedule__slug", "schedule__name", "role").distinct().order_by()
    ]
    persons = [(f"user:{one.email}", f"{one}") for one in people()]
    teams = [(f"team:{one.slug}", _("Everybody in %s") % one) for one in Team.objects.filter(archived_at=None)]
    areas = [(f"area:{one.slug}", _("Lead of %s") % one) for one in Area.objects.filter(archived_at=None)]
    groups = [
        (_("Whoever has the pager"), pagers),
        (_("People"), persons),
        (_("Teams"), teams),
        (_("Leads of areas"), areas),
    ]
    return [("", _("choose")), *((name, rows) for name, rows in groups if rows)]


class Matchers(Plain):
    """Label matchers, one a line: `alertname=QueueStuck`, `severity=~crit.*`; the same label twice means one of."""

    def __init__(self, **options: Any) -> None:
        super().__init__(lines=True, required=False, max_length=8000, **options)

    def prepare_value(self, value: Any) -> str:  # noqa: ANN401
        """As lines."""
        if not isinstance(value, dict):
            return str(value or "")
        pairs = [
            (label, one)
            for label, said in sorted(value.items())
            for one in (said if isinstance(said, list) else [said])
        ]
        return "\n".join(f"{label}{'' if one.startswith(OPERATORS) else '='}{one}" for label, one in pairs)

    def clean(self, value: Any) -> Any:  # noqa: ANN401
        """Label -> matcher, tried by the matcher itself."""
        found: dict[str, Any] = {}
        for line in filter(None, (line.strip() for line in super().clean(value).splitlines())):
            label, wanted = _matcher(line)
            if label in found:
                before = found[label]
                found[label] = [*(before if isinstance(before, list) else [before]), wanted]
            else:
                found[label] = wanted
        try:
            compile_match(found)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401
        """By the lines."""
        return self.prepare_value(initial).split() != str(data or "").split()


def _matcher(line: str) -> tuple[str, str]:
    """`a=b` and `a!=b`, `a=~b`, `a!~b` as label and value; quotes around the value go."""
    place = min((line.index(sign) for sign in ("=", "!") if sign in line), default=0)
    label, rest = line[:place].strip(), line[place:]
    operator = next((one for one in OPERATORS if rest.startswith(one)), "=" if rest.startswith("=") else "")
    if not label or not operator:
        raise ValidationError(_("“%s” is not a matcher such as alertname=QueueStuck.") % line[:80])
    value = rest[len(operator) :].strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return label, value if operator == "=" else operator + value
