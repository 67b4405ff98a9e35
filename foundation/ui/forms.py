"""How forms are drawn: a field that was refused has the keyboard when the page comes back."""

from __future__ import annotations

from typing import Any

from django.forms import BoundField, Widget
from django.forms.renderers import TemplatesSetting


class Field(BoundField):
    """A field in a page. Of all that were refused the browser goes to the first: it needs no script for that."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> dict[str, Any]:
        """What stands in its tag."""
        attrs = super().build_widget_attrs(attrs, widget)
        if not (widget or self.field.widget).is_hidden and self.errors:
            attrs["autofocus"] = True
        return attrs


class Renderer(TemplatesSetting):
    """Our templates, our fields."""

    bound_field_class = Field
