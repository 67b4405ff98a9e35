"""Matchers on labels: first match wins. Pure; patterns that a user typed go to RE2 only, which cannot blow up.

A matcher is data: label -> `"x"` (equal), `"!=x"`, `"=~pattern"`, `"!~pattern"` (RE2, over the whole value, as in
Alertmanager), or a list (one of). All entries must hold; a missing label counts as "".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar, cast

import re2

Labels = Mapping[str, str]
Test = Callable[[str], bool]
T = TypeVar("T")

PATTERN_LENGTH = 4096
PATTERN_MEMORY = 1 << 20
OPERATORS = ("=~", "!~", "!=")


class Found(Protocol):
    """A match of RE2, as far as we use it."""

    def group(self, number: int) -> str | None:
        """What a group caught."""


class Pattern(Protocol):
    """What RE2 compiles to, as far as we use it."""

    def fullmatch(self, text: str) -> object | None:
        """A match when the whole of `text` fits."""

    def search(self, text: str) -> Found | None:
        """The first match in `text`."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """A compiled matcher: call it with labels."""

    tests: tuple[tuple[str, Test], ...]

    def __call__(self, labels: Labels) -> bool:
        """Whether all entries hold for `labels`; a matcher without entries holds for everything."""
        return all(test(labels.get(label, "")) for label, test in self.tests)


def compile_match(match: Mapping[str, object]) -> Matcher:
    """Compile matcher data. Raises ValueError with one sentence that names the label."""
    if not isinstance(match, Mapping):
        raise ValueError("A match must map labels to values.")  # noqa: TRY004 - the one error of this door
    return Matcher(tuple((str(label), _test(str(label), value)) for label, value in match.items()))


def first_match(routes: Iterable[tuple[Matcher, T]], labels: Labels) -> T | None:
    """What belongs to the first matcher that holds for `labels`, None when none does."""
    return next((found for matcher, found in routes if matcher(labels)), None)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str, *, captures: bool = False) -> Pattern:
    """`pattern` by RE2, with a bound on its memory; its groups catch something with `captures`.

    Raises ValueError with RE2's own words.
    """
    if len(pattern) > PATTERN_LENGTH:
        raise ValueError(f"the pattern is longer than {PATTERN_LENGTH} characters")
    options = re2.Options()
    options.max_mem = PATTERN_MEMORY
    options.never_capture = not captures
    options.log_errors = False
    try:
        return cast(Pattern, re2.compile(pattern, options))  # type: ignore[no-untyped-call]
    except re2.error as error:
        said = error.args[0] if error.args else "unreadable"
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"the pattern {pattern[:80]!r} is not valid RE2: {reason}") from None
    except UnicodeEncodeError:
        raise ValueError("the pattern has broken characters in it") from None


def _test(label: str, value: object) -> Test:
    if isinstance(value, list | tuple | set | frozenset):
        return _one_of(label, value)
    text = _text(label, value)
    operator = next((o for o in OPERATORS if text.startswith(o)), "")
    wanted = text[len(operator) :]
    if not operator:
        return wanted.__eq__
    if operator == "!=":
        return wanted.__ne__
    try:
        compiled = compile_pattern(wanted)
    except ValueError as error:
        raise ValueError(f"Label {label!r}: {error}.") from None
    if operator == "=~":
        return lambda given: _fits(compiled, given)
    return lambda given: not _fits(compiled, given)


def _fits(compiled: Pattern, given: str) -> bool:
    try:
        return compiled.fullmatch(given) is not None
    except UnicodeEncodeError:  # half a surrogate pair; intake removes them, other callers may not
        return compiled.fullmatch(given.encode(errors="replace").decode()) is not None


def _one_of(label: str, values: Iterable[object]) -> Test:
    wanted = frozenset(_text(label, value) for value in values)
    if not wanted:
        raise ValueError(f"Label {label!r}: an empty list can never match.")
    if odd := next((value for value in wanted if value.startswith(OPERATORS)), None):
        raise ValueError(f"Label {label!r}: {odd!r} stands in a list, where only plain values can.")
    return wanted.__contains__


def _text(label: str, value: object) -> str:
    """YAML makes numbers and booleans of what was meant as text: `port: 9100`, `canary: true`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError(f"Label {label!r}: a value must be text or a list of texts.")
