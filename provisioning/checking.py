"""Pure: from the items of a file to a document that can be applied, or to every reason why it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from provisioning import agreement
from provisioning.facts import Facts
from provisioning.kinds import BAD, Findings, nearest
from provisioning.reading import Item, Problem
from provisioning.sections import SECTIONS, Section
from provisioning.shape import Entry

Document = dict[str, list[Entry]]
"""The sections that the file has, each with its records in order; the organisation is a list of one."""


class Refused(Exception):
    """The file cannot be applied; `problems` say why, in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=lambda problem: problem.line)
        super().__init__("; ".join(problem.sentence for problem in self.problems))


def check(root: Item, facts: Facts, *, prune: bool) -> Document:
    """The document in `root`. With `prune` it may not refer to what the pruning takes away. Raises `Refused`."""
    if root.is_nothing:
        return {}
    if root.entries is None:
        raise Refused([Problem(root.line, f"The file must be a mapping with sections such as {', '.join(SECTIONS)}.")])
    findings = Findings()
    for name in root.entries.keys() - SECTIONS.keys():
        findings.refuse(root.lines[name], f"{name!r} is not a section.{nearest(name, SECTIONS)}")
    given = {
        name: root.entries[name] for name in SECTIONS if name in root.entries and not root.entries[name].is_nothing
    }
    findings.known = _known(given, facts, prune=prune)
    document = {name: list(_entries(name, SECTIONS[name], item, findings)) for name, item in given.items()}
    if findings.problems:
        raise Refused(findings.problems)
    agreement.check(document, facts, findings, prune=prune)
    if findings.problems:
        raise Refused(findings.problems)
    return document


def _known(given: dict[str, Item], facts: Facts, *, prune: bool) -> dict[str, set[str]]:
    """Names to refer to: the file's own, and those in use, unless they are about to be pruned."""
    known: dict[str, set[str]] = {}
    for name, section in SECTIONS.items():
        if not section.kind or not isinstance(section.identity, str):
            continue
        pruned = prune and name in given
        known[section.kind] = set() if pruned else set(facts.live(name))
        for item in (given[name].items or []) if name in given else []:
            word = (item.entries or {}).get(section.identity)
            if word is not None and word.text is not None:
                known[section.kind].add(word.text.lower() if section.kind == "user" else word.text)
    return known


def _entries(name: str, section: Section, item: Item, findings: Findings) -> Iterator[Entry]:
    if not section.is_list:
        found: Any = section.record.read(item, findings, name)
        if found is not BAD:
            yield found
        return
    if item.items is None:
        findings.refuse(item.line, f"{name!r} must be a list.")
        return
    first: dict[str, int] = {}
    for one in item.items:
        found = section.record.read(one, findings, f"an entry of {name!r}")
        if found is BAD:
            continue
        word, key = section.name_of(found), section.identity if isinstance(section.identity, str) else ""
        if word is not None and word in first:
            findings.refuse(found.at(key), f"{section.noun} {word!r} is there twice, first at line {first[word]}.")
        elif word is not None:
            first[word] = found.at(key)
        yield found
