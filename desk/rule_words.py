"""Versions of rules in words: what they say, and what differs between two of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _

from alerts.models import Source
from alerts.versions import Rules
from desk.matcher_rows import shown
from foundation.ui.times import duration
from teams.models import Playbook, Service, Severity

OUT, IN, ELSEWHERE = "out", "in", "elsewhere"


@dataclass(frozen=True)
class Words:
    """The names of what rules refer to, read once for any number of versions."""

    services: dict[int, Service] = field(default_factory=dict)
    sources: dict[int, Source] = field(default_factory=dict)
    playbooks: dict[int, Playbook] = field(default_factory=dict)

    @classmethod
    def of(cls, versions: Iterable[Rules]) -> Words:
        """For everything that these rules name; three queries at most."""
        said = [one for rules in versions for one in rules]

        def named(name: str) -> set[int]:
            return {one[name] for one in said if one.get(name) is not None}

        return cls(
            Service.objects.select_related("team").in_bulk(named("service_id")),
            Source.objects.select_related("service").in_bulk(named("source_id")),
            Playbook.objects.in_bulk(named("playbook_id")),
        )

    def lines(self, rules: Rules) -> list[str]:
        """What a version says, a line for each route, or for each rule of a source."""
        return [line for one in rules for line in (self._route(one) if "match" in one else self._source(one))]

    def _route(self, said: dict[str, Any]) -> list[str]:
        match = ", ".join(shown(said["match"])) or _("every alert")
        words = f"{match} → {self.services.get(said['service_id']) or _('a service that is gone')}"
        if said["severity"]:
            words += ", " + _word(Severity, said["severity"])
        if said["playbook_id"]:
            words += ", " + str(self.playbooks.get(said["playbook_id"]) or _("a playbook that is gone"))
        if said["source_id"]:
            source = self.sources.get(said["source_id"]) or _("a source that is gone")
            words += " (" + _("of %s") % source + ")"
        return [words]

    def _source(self, said: dict[str, Any]) -> list[str]:
        rule, mapping = said["class_from"] or {}, said["mapping"] or {}
        service = self.services.get(said["service_id"] or 0)
        lines = [
            _("Kind: %s") % said["kind"],
            _("Service: %s") % (service or _("by routes")),
            _("Incidents: %s") % _word(Source.Grouping, said["grouping"]),
            _("Labels that group: %s") % (", ".join(map(str, said["group_by"])) or _("as the kind has it")),
            _("Joins an open incident for %s") % duration(timedelta(seconds=said["group_window"] or 0)),
            *_spans(said),
        ]
        if rule.get("label"):
            lines.append(_("The class stands in the label %s") % rule["label"])
            lines += [f"{word}: {_word(Severity, severity)}" for word, severity in sorted(rule.get("map", {}).items())]
            lines += [_("any other word: %s") % _word(Severity, rule["default"])] if rule.get("default") else []
        shapes = mapping if isinstance(mapping, list) else [mapping]
        return lines + [_("Mapping: %s") % line for shape in shapes for line in _places(shape)]


def _spans(said: dict[str, Any]) -> list[str]:
    words = {"resolve_hold": _("Waits before resolving: %s"), "reopen_window": _("Comes back within: %s")}
    return [text % duration(timedelta(seconds=said[name])) for name, text in words.items() if said[name] is not None]


def _places(shape: dict[str, Any]) -> list[str]:
    return [f"{name} = {one if isinstance(one, str) else json.dumps(one)}" for name, one in shape.items()]


def _word(choices: Any, value: str) -> str:  # noqa: ANN401 - a class of choices
    return str(dict(choices.choices).get(value, value))


def differences(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """(OUT, IN or ELSEWHERE, line): what is said no more, what is new, and what stands at another place."""
    gone, new = [], []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what != "equal":
            gone += before[a:b]
            new += after[c:d]
    moved = [line for line in new if line in gone]
    return [
        *((OUT, line) for line in gone if line not in moved),
        *((IN, line) for line in new if line not in moved),
        *((ELSEWHERE, line) for line in moved),
    ]


def touched(now: Rules, then: Rules) -> Rules:
    """The rules that would come, go, change or move: who goes back must be allowed to change each of them."""
    before, after = [[json.dumps(one, sort_keys=True) for one in rules] for rules in (now, then)]
    found: Rules = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what != "equal":
            found += now[a:b] + then[c:d]
    return found
