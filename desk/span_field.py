"""A length of time as a form asks for it: a number and its unit on one line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.beats import LONGEST

UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
CHOICES = [("minutes", gettext_lazy("minutes")), ("hours", gettext_lazy("hours")), ("days", gettext_lazy("days"))]


class SpanInput(forms.MultiWidget):
    """Sent as `name` and `name_unit`."""

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = forms.NumberInput({"min": 1, "aria-label": gettext_lazy("How many")})
        unit = forms.Select({"aria-label": gettext_lazy("Counted in")}, choices=CHOICES)
        super().__init__({"": number, "unit": unit}, attrs)

    def decompress(self, value: timedelta | None) -> list[Any]:
        """In the largest unit that says it exactly."""
        if value is None:
            return [None, None]
        unit = next((name for name in reversed(UNITS) if value % UNITS[name] == timedelta(0)), "minutes")
        return [value // UNITS[unit], unit]


class Span(forms.MultiValueField):
    """A whole number of minutes, hours or days, a year at most."""

    def __init__(self, **options: Any) -> None:
        number = forms.IntegerField(min_value=1, max_value=LONGEST // UNITS["minutes"])
        super().__init__((number, forms.ChoiceField(choices=CHOICES)), widget=SpanInput(), **options)

    def compress(self, data_list: list[Any]) -> timedelta | None:
        """The length. Refuses more than a year."""
        if not data_list:
            return None
        number, unit = data_list
        span: timedelta = number * UNITS[unit]
        if span > LONGEST:
            raise ValidationError(_("A year is the longest."))
        return span
