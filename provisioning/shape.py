"""Pure: lists, mappings and records of values, and values that refer to other things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from alerts.matching import compile_match
from oncall.models import DutyRole
from provisioning.kinds import BAD, Findings, Kind, Reference, Slug, Text, nearest
from provisioning.reading import Item

ORGANISATIONS_ZONE = "the organisation's time zone"
"""A default that is only known when everything is read."""


class Entry(dict[str, Any]):
    """A record of the file: a plain dict that remembers its line and those of its keys."""

    line: int = 0
    lines: dict[str, int]

    def at(self, key: str) -> int:
        """The line of `key`, or that of the record."""
        return self.lines.get(key, self.line)


@dataclass(frozen=True)
class Refers(Kind):
    """The name of a thing of `kind` that the file or the database has."""

    kind: str

    def parse(self, text: str, findings: Findings) -> str:
        """People are named in lower case."""
        name = text.lower() if self.kind == "user" else text
        check_known(self.kind, name, findings)
        return name

    def references(self, value: str | None) -> Iterator[Reference]:
        """Itself."""
        if value is not None:
            yield self.kind, value


def check_known(kind: str, name: str, findings: Findings) -> None:
    """Raise ValueError with the nearest known name when there is no such thing."""
    names = set(findings.known.get(kind, ()))
    if name not in names:
        there = nearest(name, names) or f" There is no {kind} yet."
        raise ValueError(f"there is no {kind} {name[:120]!r}.{there}")


@dataclass(frozen=True)
class Target(Kind):
    """A thing of one of these kinds, such as whom a step pages: `schedule:payments-primary`, `user:a@example.com`,
    `team:payments`, or the lead of `area:shop`.

    With `roles`, `schedule:payments/secondary` is who has another role of that schedule than the primary.
    """

    what: ClassVar[str] = "a target such as schedule:payments-primary, user:a@example.com, team:payments or area:shop"
    kinds: tuple[str, ...] = ("schedule", "user", "team", "area")
    roles: bool = False

    def parse(self, text: str, findings: Findings) -> str:
        """With people in lower case."""
        kind, colon, name = text.partition(":")
        if kind not in self.kinds or not colon:
            near = nearest(f"{kind}:", [f"{one}:" for one in self.kinds])
            listed = ", ".join(f"{one}:" for one in self.kinds[:-1]) + f" or {self.kinds[-1]}:"
            raise ValueError(f"{text[:120]!r} does not begin with {listed}.{near}")
        name, slash, role = name.strip().partition("/") if kind == "schedule" and self.roles else (name.strip(), "", "")
        name = Refers(kind).parse(name, findings)
        if slash and role not in DutyRole.values:
            near = nearest(role, DutyRole.values)
            raise ValueError(f"{role[:120]!r} is not what somebody is on duty for, such as secondary.{near}")
        return f"{kind}:{name}/{role}" if role not in {"", DutyRole.PRIMARY} else f"{kind}:{name}"

    def references(self, value: str) -> Iterator[Reference]:
        """The thing behind the colon."""
        kind, _, name = value.partition(":")
        yield kind, name.partition("/")[0]


class Match(Kind):
    """Label matchers as in routes: label -> value, `!=value`, `=~pattern`, `!~pattern` or a list of values."""

    what = "a mapping of labels to values"

    def read(self, item: Item, findings: Findings, where: str) -> Any:
        """Labels with texts or lists of texts, tried by the matcher itself."""
        if item.entries is None:
            return findings.refuse(item.line, f"{where} must be {self.what}.")
        found: dict[str, str | list[str]] = {}
        for label, one in item.entries.items():
            values = [part.text for part in one.items or [one]]
            if None in values or not values:
                return findings.refuse(item.lines[label], f"{where}: label {label!r} must be text or a list of texts.")
            texts = cast(list[str], values)
            try:
                for text in [label, *texts]:
                    Text(most=4096).parse(text, findings)
                found[label] = texts if one.items is not None else texts[0]
                compile_match({label: found[label]})
            except ValueError as error:
                return findings.refuse(item.lines[label], f"{where}: {error}")
        return found

    def plain(self, value: dict[str, Any]) -> dict[str, Any]:
        """In the order of the labels' names: the database keeps none."""
        return dict(sorted(value.items()))


@dataclass(frozen=True)
class List(Kind):
    """Values in order; `noun` is one of them: "a step"."""

    of: Kind
    noun: str
    least: int = 0
    most: int = 10_000

    def read(self, item: Item, findings: Findings, where: str) -> Any:
        """All that can be read; BAD when one cannot."""
        if item.items is None:
            return findings.refuse(item.line, f"{where} must be a list.")
        if not self.least <= len(item.items) <= self.most:
            few = len(item.items) < self.least
            return findings.refuse(item.line, f"{where} needs {self.noun}." if few else f"{where} is too long.")
        found = [self.of.read(one, findings, where) for one in item.items]
        return BAD if any(one is BAD for one in found) else found

    def plain(self, value: list[Any]) -> list[Any]:
        """Each of them."""
        return [self.of.plain(one) for one in value]

    def references(self, value: list[Any]) -> Iterator[Reference]:
        """All of theirs."""
        for one in value:
            yield from self.of.references(one)


@dataclass(frozen=True)
class Map(Kind):
    """Names with values; keys leave in the order of their names unless `keys` is a choice, which has an order."""

    keys: Kind
    of: Kind

    def read(self, item: Item, findings: Findings, where: str) -> Any:
        """All that can be read; BAD when one cannot."""
        if item.entries is None:
            return findings.refuse(item.line, f"{where} must be a mapping.")
        found: dict[Any, Any] = {}
        good = True
        for name, one in item.entries.items():
            key = self.keys.read(Item(item.lines[name], text=name), findings, where)
            value = self.of.read(one, findings, f"{name!r} in {where}")
            if key is not BAD and key in found:
                good = findings.refuse(item.lines[name], f"{where}: {name!r} is there twice.") is not BAD
            found[key] = value
            good = good and key is not BAD and value is not BAD
        return found if good else BAD

    def plain(self, value: dict[Any, Any]) -> dict[Any, Any]:
        """Sorted, so that two exports are the same to the byte."""
        words: tuple[str, ...] = getattr(self.keys, "words", ())
        order = (lambda pair: words.index(pair[0])) if words else (lambda pair: pair[0])
        return {key: self.of.plain(one) for key, one in sorted(value.items(), key=order)}

    def references(self, value: dict[Any, Any]) -> Iterator[Reference]:
        """Of the keys and of the values."""
        for key, one in value.items():
            yield from self.keys.references(key)
            yield from self.of.references(one)


@dataclass(frozen=True)
class Field:
    """One key of a record.

    Absent it means `default`; with `kept`, absent leaves alone what is there and `default` is for a new record only.
    `always`: export writes it even when it is the default.
    """

    kind: Kind
    required: bool = False
    default: Any = None
    kept: bool = False
    always: bool = False


@dataclass(frozen=True)
class Record(Kind):
    """A mapping with known keys; `noun` is what it is: "a service"."""

    noun: str
    fields: dict[str, Field] = field(hash=False)

    def read(self, item: Item, findings: Findings, where: str) -> Any:
        """An `Entry` with the defaults filled in; BAD when a key is unknown, missing or wrong."""
        if item.entries is None:
            return findings.refuse(item.line, f"{where} must be {self.noun}: a mapping.")
        before = len(findings.problems)
        for name in item.entries.keys() - self.fields.keys():
            findings.refuse(item.lines[name], f"{name!r} is not a key of {self.noun}.{nearest(name, self.fields)}")
        entry = Entry()
        entry.line, entry.lines = item.line, item.lines
        for name, one in self.fields.items():
            given = item.entries.get(name)
            if given is not None and not given.is_nothing:
                entry[name] = one.kind.read(given, findings, f"{name!r} of {self.noun}")
            elif one.required:
                findings.refuse(item.lines.get(name, item.line), f"{self.noun} needs {name!r}.")
            elif not one.kept:
                entry[name] = one.default
        return entry if len(findings.problems) == before else BAD

    def plain(self, value: dict[str, Any]) -> dict[str, Any]:
        """In the order of the keys, without what is the default."""
        return {
            name: one.kind.plain(value[name])
            for name, one in self.fields.items()
            if name in value and value[name] is not None
            if one.required or one.always or value[name] != one.default
        }

    def references(self, value: dict[str, Any]) -> Iterator[Reference]:
        """Of all its keys."""
        for name, one in self.fields.items():
            if value.get(name) is not None:
                yield from one.kind.references(value[name])


__all__ = ["Entry", "Field", "List", "Map", "Match", "Record", "Refers", "Slug", "Target"]
