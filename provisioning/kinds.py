"""Pure: what a single value of the file may be, how it is read, and how it is written back."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from foundation.text import UNSTORABLE
from provisioning import durations
from provisioning.reading import Item, Problem

BAD: Final = object()
"""Stands for a value that could not be read; the problem is noted."""

Reference = tuple[str, str]
"""A kind of thing and its name, e.g. ("team", "payments")."""

CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass
class Findings:
    """What exists to refer to (kind -> names), and what was found wrong so far."""

    known: Mapping[str, Iterable[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, line: int, sentence: str) -> object:
        """Note a problem; returns BAD."""
        self.problems.append(Problem(line, sentence))
        return BAD


def nearest(word: str, names: Iterable[str]) -> str:
    """ " Did you mean 'x'?" with the name nearest to `word`; nothing when there are no names."""
    near = difflib.get_close_matches(word, sorted(names), n=1, cutoff=0.0)
    return f" Did you mean {near[0]!r}?" if near else ""


class Kind:
    """One kind of value. Subclasses parse text; `what` completes "must be ..."."""

    what: ClassVar[str] = "text"

    def read(self, item: Item, findings: Findings, where: str) -> Any:
        """The value of `item`, or BAD with a problem noted; `where` names the place in words."""
        if item.text is None:
            return findings.refuse(item.line, f"{where} must be {self.what}.")
        try:
            return self.parse(item.text, findings)
        except ValueError as error:
            return findings.refuse(item.line, f"{where}: {error}")

    def parse(self, text: str, findings: Findings) -> Any:
        """The value that `text` says. Raises ValueError with one sentence."""
        raise NotImplementedError

    def plain(self, value: Any) -> Any:
        """`value` as YAML writes it."""
        return value

    def references(self, value: Any) -> Iterator[Reference]:
        """What `value` refers to."""
        yield from ()


@dataclass(frozen=True)
class Text(Kind):
    """Words; `lines` allows more than one line."""

    most: int = 200
    least: int = 0
    lines: bool = False

    def parse(self, text: str, findings: Findings) -> str:
        """As it stands."""
        if len(text) > self.most:
            raise ValueError(f"{len(text)} characters are too many, {self.most} is the limit.")
        if len(text.strip()) < self.least:
            raise ValueError("it is empty.")
        if UNSTORABLE.search(text) or (not self.lines and ("\n" in text or "\r" in text)):
            raise ValueError("it has a line break or a control character in it.")
        return text


@dataclass(frozen=True)
class Slug(Kind):
    """A name for machines: letters, digits, - and _; none of `reserved`, which are pages of their own."""

    what: ClassVar[str] = "a slug such as payments-primary"
    most: int = 100
    reserved: frozenset[str] = frozenset()

    def parse(self, text: str, findings: Findings) -> str:
        """As it stands."""
        if not re.fullmatch(r"[-a-zA-Z0-9_]+", text) or len(text) > self.most:
            raise ValueError(f"{text[:120]!r} is not a slug: up to {self.most} letters, digits, - and _.")
        if text in self.reserved:
            raise ValueError(f"{text!r} is the address of a page of its own; take another slug.")
        return text


class Email(Kind):
    """An e-mail address in lower case: the name of a person."""

    what = "an e-mail address"

    def parse(self, text: str, findings: Findings) -> str:
        """In lower case."""
        try:
            validate_email(text)
        except ValidationError:
            raise ValueError(f"{text[:120]!r} is not an e-mail address.") from None
        return text.lower()


class Zone(Kind):
    """A time zone of the IANA list."""

    what = "a time zone such as Europe/London"

    def parse(self, text: str, findings: Findings) -> str:
        """As it stands."""
        if text not in available_timezones():
            near = nearest(text, available_timezones())
            raise ValueError(f"{text[:120]!r} is not a time zone such as Europe/London.{near}")
        return text


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words; `noun` is what they are: "a class"."""

    noun: str
    words: tuple[str, ...]

    def parse(self, text: str, findings: Findings) -> str:
        """As it stands."""
        if text not in self.words:
            raise ValueError(f"{text[:120]!r} is not {self.noun}.{nearest(text, self.words)}")
        return text


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number between two limits."""

    what: ClassVar[str] = "a whole number"
    least: int
    most: int

    def parse(self, text: str, findings: Findings) -> int:
        """In decimal digits only: 010 and 0x10 mean different things to different readers."""
        if not re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text):
            raise ValueError(f"{text[:40]!r} is not a whole number.")
        if not self.least <= int(text) <= self.most:
            raise ValueError(f"{text} is not between {self.least} and {self.most}.")
        return int(text)


@dataclass(frozen=True)
class Number(Kind):
    """A decimal number from 0 to `most` with at most `places` digits after the point."""

    what: ClassVar[str] = "a number"
    most: int
    places: int

    def parse(self, text: str, findings: Findings) -> Decimal:
        """Without the zeros that say nothing."""
        try:
            number = Decimal(text) if re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", text) else Decimal("nan")
        except InvalidOperation:
            number = Decimal("nan")
        if number.is_nan():
            raise ValueError(f"{text[:40]!r} is not a number.")
        if not 0 <= number <= self.most:
            raise ValueError(f"{text} is not between 0 and {self.most}.")
        if number != round(number, self.places):
            raise ValueError(f"{text} has more than {self.places} digits after the point.")
        return number.normalize()

    def plain(self, value: Decimal) -> int | float:
        """A whole number where it is one."""
        return int(value) if value == int(value) else float(value)


class Truth(Kind):
    """`true` or `false`."""

    what = "true or false"

    def parse(self, text: str, findings: Findings) -> bool:
        """Also yes and no, on and off."""
        if text.lower() in {"true", "yes", "on"}:
            return True
        if text.lower() in {"false", "no", "off"}:
            return False
        raise ValueError(f"{text[:40]!r} is neither true nor false.")


@dataclass(frozen=True)
class Duration(Kind):
    """A duration such as `5m`."""

    what: ClassVar[str] = "a duration such as 30s, 5m, 2h or 1d"
    least: timedelta = timedelta(0)
    most: timedelta = durations.LONGEST

    def parse(self, text: str, findings: Findings) -> timedelta:
        """Between the limits."""
        duration = durations.parse(text)
        if not self.least <= duration <= self.most:
            limit = ("shorter", self.least) if duration < self.least else ("longer", self.most)
            raise ValueError(f"{text} is {limit[0]} than {durations.show(limit[1])}.")
        return duration

    def plain(self, value: timedelta) -> str:
        """In the largest exact unit."""
        return durations.show(value)


class Moment(Kind):
    """A local time such as 2026-10-19T09:00, without a zone."""

    what = "a local time such as 2026-10-19T09:00"

    def parse(self, text: str, findings: Findings) -> datetime:
        """Naive: its zone is the schedule's."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text[:40]!r} is not a local time such as 2026-10-19T09:00.") from None
        if moment.tzinfo:
            raise ValueError(f"{text!r} has a zone; write the local time of the schedule, such as 2026-10-19T09:00.")
        if not 1970 <= moment.year <= 2199:  # noqa: PLR2004
            raise ValueError(f"{text!r} is not between 1970 and 2199.")
        return moment.replace(microsecond=0)

    def plain(self, value: datetime) -> str:
        """To the minute where that is exact."""
        return value.isoformat(timespec="seconds" if value.second else "minutes")


@dataclass(frozen=True)
class Clock(Kind):
    """A time of day such as 08:30; `ends` allows 24:00."""

    what: ClassVar[str] = 'a time of day such as "08:30"'
    ends: bool = False

    def parse(self, text: str, findings: Findings) -> str:
        """As it stands."""
        if not CLOCK.fullmatch(text) and not (self.ends and text == "24:00"):
            raise ValueError(f'{text[:40]!r} is not a time of day such as "08:30".')
        return text
