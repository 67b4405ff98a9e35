"""Pure: the mapping of a source in the file, a tree of texts that the mapping's own compiler tries."""

from __future__ import annotations

from typing import Any

from alerts.payloads.mapping import compile_mapping
from foundation.text import UNSTORABLE
from provisioning.kinds import Findings, Kind
from provisioning.reading import Item

DEEPEST = 6


class SenderMapping(Kind):
    """Where a sender's words stand: `{title: path, status: {paths: [path], words: {broken: firing}}, ...}` or a list."""

    what = "a mapping of our fields to paths"

    def read(self, item: Item, findings: Findings, where: str) -> Any:
        """As the mapping's compiler takes it; BAD with its sentence when it does not."""
        try:
            found = _tree(item, DEEPEST)
            compile_mapping(found)
        except ValueError as error:
            return findings.refuse(item.line, f"{where}: {error}")
        return found

    def plain(self, value: Any) -> Any:
        """In the order of the names: the database keeps none."""
        if isinstance(value, dict):
            return {name: self.plain(one) for name, one in sorted(value.items())}
        return [self.plain(one) for one in value] if isinstance(value, list) else value


def _tree(item: Item, depth: int) -> Any:
    if not depth:
        raise ValueError("it is nested too deeply.")
    if item.entries is not None:
        return {_text(name): _tree(one, depth - 1) for name, one in item.entries.items()}
    if item.items is not None:
        return [_tree(one, depth - 1) for one in item.items]
    return _text(item.text or "")


def _text(text: str) -> str:
    if UNSTORABLE.search(text):
        raise ValueError("there is a character in it that cannot be stored.")
    return text
