"""Label matchers as rows of a form: which label, how, and what it says; routes and silences are typed alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.matching import OPERATORS, compile_match
from desk.setup_fields import Plain
from desk.setup_form import PartForm, Parts

IS, ONE_OF = "is", "one_of"
HOW = [
    (IS, gettext_lazy("is")),
    ("!=", gettext_lazy("is not")),
    ("=~", gettext_lazy("matches the pattern")),
    ("!~", gettext_lazy("does not match the pattern")),
    (ONE_OF, gettext_lazy("is one of, with commas between")),
]
WORDS = {IS: "=", "!=": "≠", "=~": "~", "!~": "≁"}
"""How a matcher stands on a page."""


class MatcherForm(PartForm):
    """One label and what it must say."""

    label = Plain(label=gettext_lazy("Label"))
    how = forms.ChoiceField(label=gettext_lazy("How"), choices=HOW, initial=IS)
    value = Plain(label=gettext_lazy("Value"), max_length=4000, required=False)

    def clean(self) -> dict[str, Any]:
        """Each row by the matcher's own words; a pattern that cannot be read says so at its value."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "label" in data and "value" in data and "how" in data:
            try:
                compile_match({data["label"]: said(data["how"], data["value"])})
            except ValueError as error:
                self.add_error("value", str(error))
            if data["how"] == IS and data["value"].startswith(OPERATORS):
                self.add_error("value", _("A plain value cannot begin so: choose the words beside it."))
        return data


def said(how: str, value: str) -> str | list[str]:
    """The matcher of one row, as it is stored."""
    if how == ONE_OF:
        return [one.strip() for one in value.split(",") if one.strip()]
    return value if how == IS else how + value


def rows_of(match: Mapping[str, Any]) -> list[dict[str, str]]:
    """What is stored, as rows."""
    return [{"label": label, **_row(value)} for label, value in match.items()]


def _row(value: Any) -> dict[str, str]:  # noqa: ANN401
    if isinstance(value, list):
        return {"how": ONE_OF, "value": ", ".join(str(one) for one in value)}
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    operator = next((one for one in OPERATORS if text.startswith(one)), "")
    return {"how": operator or IS, "value": text[len(operator) :]}


def match_of(parts: Parts) -> dict[str, Any]:
    """The rows that say something, as they are stored."""
    found = [one.cleaned_data for one in parts.filled]
    return {one["label"]: said(one["how"], one["value"]) for one in found}


def shown(match: Mapping[str, Any]) -> list[str]:
    """ "instance = db-1", "severity one of a, b": for people."""
    return [f"{one['label']} {_how(one['how'])} {one['value'] or _('nothing')}" for one in rows_of(match)]


def _how(how: str) -> str:
    return _("one of") if how == ONE_OF else WORDS[how]


def matchers(data: Any, initial: Iterable[Mapping[str, Any]], *, help_text: str) -> Parts:  # noqa: ANN401
    """The rows of a form; all of them must hold."""
    parts = Parts("matchers", MatcherForm, data, list(initial), blank=0 if initial else 1)
    return parts.called(_("Which alerts"), _("Another label"), help_text=help_text, compact=True)
