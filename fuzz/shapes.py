"""JSON out of the fuzzer's bytes: bodies that are well formed and mean nothing, with the words that parsers look for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from fuzz.seeds import seeds, words
from fuzz.targets import PRESETS, TARGETS

WORDS = {name: words(name) or words() for name in (*TARGETS, *PRESETS)}
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e308, float("nan"), float("inf"), 10**400, "", " ", "\x00", "\ud800", "=", "*"),
    *(
        "javascript:x",
        "http://[",
        "https://a.example/",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "x" * 5000,
        [],
        {},
    ),
)
DEEPEST, WIDEST = 6, 6
TWO_LINES = frozenset({"mapping", "selectors", "cloudevents", "goalert"})
LED = frozenset({"presets", "reading"})
"""Parsers whose first byte says something of its own."""
NO_JSON = frozenset({"mail", "instants"})
MARK, CHANGED = b"\xff", b"\xfe"


def fed(name: str, data: bytes) -> bytes:
    """What the parser gets: the bytes themselves, or what they stand for: JSON (`MARK`), or a change of a real body."""
    if name in NO_JSON or data[:1] not in (MARK, CHANGED):
        return data
    if data[:1] == CHANGED:
        return _changed_seed(name, data[1:])
    numbers = iter(data[2:])
    known = WORDS[PRESETS[data[1] % len(PRESETS)] if name == "presets" and data[1:] else name]
    lines = [json.dumps(_value(numbers, known, 0)).encode() for _line in range(1 + (name in TWO_LINES))]
    return (data[1:2] or b"\x00" if name in LED else b"") + b"\n".join(lines)


def _changed_seed(name: str, data: bytes) -> bytes:
    """A body that a sender posts, with up to three of its places changed."""
    numbers, found = iter(data[2:]), _seeds(name)
    seed = found[int.from_bytes(data[:2]) % len(found)]
    lead, body = (seed[:1], seed[1:]) if name in LED else (b"", seed)
    known = WORDS[PRESETS[lead[0]] if name == "presets" else name]
    lines = body.split(b"\n") if name in TWO_LINES else [body]
    return lead + b"\n".join(_changed_line(line, numbers, known) for line in lines)


def _changed_line(line: bytes, numbers: Iterator[int], known: list[str]) -> bytes:
    try:
        value = json.loads(line)
    except ValueError:
        return line
    for _one in range(1 + next(numbers, 0) % 3):
        value = _changed(value, numbers, known)
    return json.dumps(value).encode()


def _changed(value: Any, numbers: Iterator[int], known: list[str]) -> Any:
    """The same, but for one place that the next numbers lead to."""
    step = next(numbers, 0)
    if isinstance(value, dict) and value and step % 8:
        key = list(value)[step % len(value)]
        return {**value, key: _changed(value[key], numbers, known)}
    if isinstance(value, list) and value and step % 8:
        place = step % len(value)
        return [*value[:place], _changed(value[place], numbers, known), *value[place + 1 :]]
    return _value(numbers, known, DEEPEST - 2)


@cache
def _seeds(name: str) -> list[bytes]:
    return list(seeds(name))


def _value(numbers: Iterator[int], known: list[str], depth: int) -> Any:
    """The next value; `null` when the bytes are over."""
    kind = next(numbers, 0) % 8 if depth < DEEPEST else 1
    if kind < 2:  # noqa: PLR2004
        return ODD[next(numbers, 0) % len(ODD)]
    if kind < 4:  # noqa: PLR2004
        return _word(numbers, known)
    size = next(numbers, 0) % WIDEST
    if kind < 7:  # noqa: PLR2004
        return {_word(numbers, known): _value(numbers, known, depth + 1) for _one in range(size)}
    return [_value(numbers, known, depth + 1) for _one in range(size)]


def _word(numbers: Iterator[int], known: list[str]) -> str:
    return known[next(numbers, 0) % len(known)]
