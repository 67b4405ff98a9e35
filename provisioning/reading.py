"""Pure: YAML into items that remember their line, without guessing what a plain word may mean.

YAML 1.1 takes `no` for false and `17:30` for 1050. So scalars stay text here, and whoever knows what is wanted at a place
reads the text. Tags are not obeyed, duplicate keys are refused, aliases are expanded under a limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_BYTES = 5 * 1024 * 1024
MOST_ITEMS = 200_000
DEEPEST = 30
NULL = "tag:yaml.org,2002:null"
MERGE = "tag:yaml.org,2002:merge"
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster in C


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the file, and the line (the first is 1) that it stands on."""

    line: int
    sentence: str


class Unreadable(Exception):
    """The text is not YAML that we take; `problem` says where and why."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = Problem(line, sentence)


@dataclass
class Item:
    """A value at a line: a `text`, a list (`items`), a mapping (`entries`), or nothing (all three None)."""

    line: int
    text: str | None = None
    items: list[Item] | None = None
    entries: dict[str, Item] | None = None
    lines: dict[str, int] = field(default_factory=dict)  # the line of each key of `entries`

    @property
    def is_nothing(self) -> bool:
        """An empty value, `~` or `null`."""
        return self.text is None and self.items is None and self.entries is None


def read(content: bytes) -> Item:
    """The one document in `content` (UTF-8, or UTF-16 with a mark). Raises `Unreadable`."""
    if len(content) > MOST_BYTES:
        raise Unreadable(1, f"The file is larger than {MOST_BYTES // 1024 // 1024} MB.")
    try:
        _check_depth(content)
        node = yaml.compose(content, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, f"This is not YAML: {error.problem or error.context}.") from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise Unreadable(1, f"This is not YAML: {' '.join(str(error).split())}.") from None
    return Item(1) if node is None else _Expansion().item(node, 0)


def _check_depth(content: bytes) -> None:
    """Raise `Unreadable` before composing, which recurses: in C that would end the process."""
    depth = 0
    for event in yaml.parse(content, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            mark = event.start_mark
            raise Unreadable(mark.line + 1 if mark else 1, "The file is nested too deeply.")


class _Expansion:
    """Turns nodes into items and counts them: aliases of aliases could otherwise fill the memory."""

    def __init__(self) -> None:
        self.count = 0

    def item(self, node: yaml.Node, depth: int) -> Item:
        line = node.start_mark.line + 1
        self.count += 1
        if self.count > MOST_ITEMS or depth > DEEPEST:
            raise Unreadable(line, "The file is nested too deeply, or its aliases grow too large.")
        if isinstance(node, yaml.SequenceNode):
            return Item(line, items=[self.item(value, depth + 1) for value in node.value])
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, depth)
        return Item(line) if node.tag == NULL else Item(line, text=str(node.value))

    def mapping(self, node: yaml.MappingNode, depth: int) -> Item:
        merged, own = Item(0, entries={}), dict[str, Item]()
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == MERGE:
                self.merge(merged, value, depth)
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise Unreadable(line, "A key must be a single word or text.")
            if key.value in own:
                raise Unreadable(line, f"{key.value!r} is there twice, first at line {lines[key.value]}.")
            own[key.value], lines[key.value] = self.item(value, depth + 1), line
        everything = {**(merged.entries or {}), **own}
        return Item(node.start_mark.line + 1, entries=everything, lines={**merged.lines, **lines})

    def merge(self, into: Item, node: yaml.Node, depth: int) -> None:
        """`<<: *name` or `<<: [*a, *b]`; of several, the first that has a key gives it."""
        found = self.item(node, depth + 1)
        for one in found.items if found.items is not None else [found]:
            if one.entries is None:
                raise Unreadable(one.line, "Only mappings can be merged with <<.")
            into.entries = {**one.entries, **(into.entries or {})}
            into.lines = {**one.lines, **into.lines}
