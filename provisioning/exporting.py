"""Writes the organisation as a file that `apply` makes the same organisation of, equal to the byte."""

from __future__ import annotations

import re
from typing import Any

import yaml
from django.db import transaction

from provisioning import facts
from provisioning.facts import Facts
from provisioning.kinds import Reference
from provisioning.rows.stored import Stored
from provisioning.sections import KEYED, SECTIONS

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_ .@/-]*|[0-9]+[smhd]")
MANY_COLUMNS = 1_000_000
"""PyYAML folds lines at a width; folded text is hard to compare."""


@transaction.atomic
def export() -> str:
    """The file. What is archived is left out unless something in use still refers to it; secrets leave as hashes."""
    now = facts.read()
    document: dict[str, Any] = {}
    for section, stored in _in_use(now).items():
        spec = SECTIONS[section]
        records = [spec.record.plain(_as_written(section, one.record)) for one in stored.values()]
        if not spec.is_list:
            document[section] = records[0]
        elif records:
            document[section] = records
    return str(
        yaml.dump(
            document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=MANY_COLUMNS, default_flow_style=None
        )
    )


def _in_use(now: Facts) -> dict[str, dict[str, Stored]]:
    """What is in use, and whatever that refers to, in the order of the sections and of their rows."""
    names = {section: set(now.live(section)) for section in SECTIONS}
    waiting = [(section, name) for section in SECTIONS for name in sorted(names[section])]
    while waiting:
        section, name = waiting.pop()
        for kind, needed in _references(section, now.stored[section][name].record):
            home = facts.section_of(kind)
            if needed in now.stored[home] and needed not in names[home]:
                names[home].add(needed)
                waiting.append((home, needed))
    return {
        section: {name: one for name, one in now.stored[section].items() if name in names[section]}
        for section in SECTIONS
    }


def _references(section: str, record: dict[str, Any]) -> list[Reference]:
    return list(SECTIONS[section].record.references(record))


def _as_written(section: str, record: dict[str, Any]) -> dict[str, Any]:
    if section not in KEYED:
        return record
    hashes = [f"sha256:{digest}" for digest in record["keys"]]
    return {**record, "key_hash": next(iter(hashes), None), "more_key_hashes": hashes[1:]}


class Dumper(yaml.SafeDumper):
    """One line for what holds only plain values, blocks for long text, quotes around all that is not plainly a word."""

    def ignore_aliases(self, data: Any) -> bool:
        """The same value twice is written twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if PLAIN.fullmatch(text) else "|" if "\n" in text else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _mapping(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.MappingNode:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", value)
    node.flow_style = all(_is_short(one) for _, one in node.value)
    return node


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.SequenceNode:
    node = dumper.represent_sequence("tag:yaml.org,2002:seq", value)
    node.flow_style = all(_is_short(one) for one in node.value)
    return node


def _is_short(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and "\n" not in node.value


Dumper.add_representer(str, _text)
Dumper.add_representer(dict, _mapping)
Dumper.add_representer(list, _list)
