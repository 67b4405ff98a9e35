"""A mapping as a form: for each of our fields where it stands, one path a line; and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.payloads.mapping import FIELDS, compile_mapping
from desk.setup_fields import Plain

PATHS = gettext_lazy("Paths, one a line: the first that says something wins. =text says that text.")
MORE = {
    "title": ("join", "match"),
    "description": ("join", "match"),
    "dedup_key": ("join", "match"),
    "status": ("match", "words"),
    "severity": ("match", "words"),
}
"""What can be said of a field beside its paths."""
NAMED = ("labels", "links")
USUAL = ("title", "title_join", "dedup_key", "status", "status_words", "severity", "severity_words", "labels")
"""What nearly every mapping says; the rest is folded away."""
OTHER = " | "


class MappingForm(forms.Form):
    """Our fields in the order in which people think of them; `data` of it is what is stored."""

    title = Plain(label=gettext_lazy("Title"), lines=True, help_text=PATHS, max_length=2000)
    title_join = forms.CharField(label=gettext_lazy("Title: put all of them together with"), strip=False)
    title_match = Plain(label=gettext_lazy("Title: only what this pattern catches"))
    dedup_key = Plain(
        label=gettext_lazy("Which alert it is"),
        lines=True,
        max_length=2000,
        help_text=gettext_lazy("What stays the same from the first word to the last. Empty: the title."),
    )
    dedup_key_join = forms.CharField(label=gettext_lazy("Which alert: put all together with"), strip=False)
    dedup_key_match = Plain(label=gettext_lazy("Which alert: only what this pattern catches"))
    status = Plain(label=gettext_lazy("Whether it fires"), lines=True, help_text=PATHS, max_length=2000)
    status_match = Plain(label=gettext_lazy("Whether it fires: only what this pattern catches"))
    status_words = Plain(
        label=gettext_lazy("Their words for it"),
        lines=True,
        max_length=8000,
        help_text=gettext_lazy("One a line, such as “broken = firing”: firing, ack, resolved or ignored."),
    )
    severity = Plain(label=gettext_lazy("How bad it is"), lines=True, help_text=PATHS, max_length=2000)
    severity_match = Plain(label=gettext_lazy("How bad: only what this pattern catches"))
    severity_words = Plain(
        label=gettext_lazy("Their words for how bad it is"),
        lines=True,
        max_length=8000,
        help_text=gettext_lazy("One a line, such as “P1 = critical”. “* = info” stands for any other word."),
    )
    description = Plain(label=gettext_lazy("Description"), lines=True, help_text=PATHS, max_length=2000)
    description_join = forms.CharField(label=gettext_lazy("Description: put all together with"), strip=False)
    description_match = Plain(label=gettext_lazy("Description: only what this pattern catches"))
    service = Plain(label=gettext_lazy("Label “service”"), lines=True, max_length=2000)
    labels = Plain(
        label=gettext_lazy("Labels"),
        lines=True,
        max_length=8000,
        help_text=gettext_lazy("One a line, such as “host = machine.name”. Routes look at labels."),
    )
    labels_from = Plain(
        label=gettext_lazy("Tags that become labels"),
        lines=True,
        max_length=2000,
        help_text=gettext_lazy("Paths of objects, lists of pairs, or texts such as env:prod, role:db."),
    )
    links = Plain(
        label=gettext_lazy("Links"),
        lines=True,
        max_length=8000,
        help_text=gettext_lazy("One a line, such as “Dashboard = panel.url”."),
    )
    starts_at = Plain(
        label=gettext_lazy("When it began"),
        lines=True,
        max_length=2000,
        help_text=gettext_lazy("Only where it stays the same in every word about it."),
    )
    ends_at = Plain(label=gettext_lazy("When it ended"), lines=True, max_length=2000)
    each = Plain(
        label=gettext_lazy("List of events"),
        help_text=gettext_lazy("Where one body holds several. Paths then start at the event, with $. at the body."),
    )
    when = Plain(
        label=gettext_lazy("Only for bodies in which"),
        lines=True,
        max_length=4000,
        help_text=gettext_lazy("One a line, such as “kind = alert”, or “kind = *” for anything. Empty: every body."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.required = name == "title"
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 2
        for name in ("title_join", "dedup_key_join", "description_join"):
            self.fields[name].max_length = 20  # type: ignore[attr-defined]

    @property
    def usual(self) -> list[forms.BoundField]:
        """The fields that stand open."""
        return [self[name] for name in USUAL]

    @property
    def rest(self) -> list[forms.BoundField]:
        """The fields that are folded away."""
        return [self[name] for name in self.fields if name not in USUAL]

    @property
    def rest_says(self) -> bool:
        """Whether something stands in them, or something is wrong with it."""
        return any(field.value() or field.errors for field in self.rest)

    def clean(self) -> dict[str, Any]:
        """The mapping under `mapping`, compiled once to see that it can be. Refuses with the compiler's own sentence."""
        data = super().clean() or self.cleaned_data
        for name, more in MORE.items():
            if not data.get(name) and any(data.get(f"{name}_{one}") for one in more) and name not in self.errors:
                self.add_error(name, _("Say where it stands; what is said of it below counts only then."))
        if not self.errors:
            try:
                data["mapping"] = mapping_of(data)
                compile_mapping(data["mapping"])
            except ValueError as error:
                raise ValidationError(str(error)) from None
        return data


def mapping_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping that the form's fields say. Raises ValueError with a sentence."""
    mapping: dict[str, Any] = {name: said for name in FIELDS if (said := _selector(name, data))}
    mapping |= {name: said for name in NAMED if (said := _named(str(data[name])))}
    if paths := _lines(data["labels_from"]):
        mapping["labels_from"] = paths
    if said := _words(data["when"], several=True):
        mapping["when"] = said
    if data["each"]:
        mapping["each"] = data["each"]
    return mapping


def fields_of(mapping: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields for a mapping that is stored, or for a preset."""
    fields = {name: str(mapping.get(name) or "") for name in ("each",)}
    for name in FIELDS:
        fields |= _shown(name, mapping.get(name))
    for name in NAMED:
        fields[name] = "\n".join(f"{label} = {_short(said)}" for label, said in (mapping.get(name) or {}).items())
    given = mapping.get("labels_from") or []
    fields["labels_from"] = "\n".join([given] if isinstance(given, str) else given)
    pairs = [(path, one) for path, said in (mapping.get("when") or {}).items() for one in _listed(said)]
    fields["when"] = "\n".join(f"{path} = {one}" for path, one in pairs)
    return fields


def _selector(name: str, data: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    text = str(data[name]).strip()
    if text.startswith("{"):
        return _json(text)
    said: dict[str, Any] = {"paths": _lines(data[name])}
    if not said["paths"]:
        return None
    for more in MORE.get(name, ()):
        value = data[f"{name}_{more}"]
        if more == "words":
            value = _words(value)
        if value:
            said[more] = value
    return said if len(said) > 1 else said["paths"]


def _shown(name: str, said: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    """One field of ours, with what else can be said of it; as JSON when the form has no box for a part."""
    more = MORE.get(name, ())
    if not isinstance(said, Mapping):
        return {name: "\n".join(_listed(said or [])), **{f"{name}_{one}": "" for one in more}}
    if set(said) - {"paths", *more}:
        return {name: json.dumps(said), **{f"{name}_{one}": "" for one in more}}
    shown = {name: "\n".join(_listed(said.get("paths") or []))}
    shown |= {f"{name}_{one}": str(said.get(one) or "") for one in more}
    if "words" in more:
        shown[f"{name}_words"] = "\n".join(f"{a} = {b}" for a, b in (said.get("words") or {}).items())
    return shown


def _named(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, said in map(_pair, _lines(text)):
        paths = [one.strip() for one in said.split(OTHER)]
        found[name] = _json(said) if said.startswith("{") else paths if len(paths) > 1 else said
    return found


def _short(said: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(said, Mapping):
        return json.dumps(said)
    return OTHER.join(_listed(said))


def _words(text: str, *, several: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word, said in map(_pair, _lines(text)):
        found[word] = [*_listed(found[word]), said] if several and word in found else said
    return found


def _pair(line: str) -> tuple[str, str]:
    name, sign, said = line.rpartition("=") if " = " not in line else line.partition(" = ")
    if not sign or not name.strip():
        raise ValueError(_("“%s” is not a line such as “name = path”.") % line[:80])
    return name.strip(), said.strip()


def _json(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(_("“%s” begins as JSON and is none.") % text[:80]) from None


def _lines(text: str) -> list[str]:
    return [line for line in (one.lstrip() for one in str(text).splitlines()) if line.strip()]


def _listed(said: Any) -> list[str]:  # noqa: ANN401 - JSON
    return [str(one) for one in said] if isinstance(said, list) else [str(said)]
