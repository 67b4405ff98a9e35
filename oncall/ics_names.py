"""Pure: whom an entry of somebody else's calendar means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from oncall.ics_in import Entry

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_EMAIL = re.compile(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+\w")


class Known(NamedTuple):
    """A person whom an entry may mean."""

    pk: int
    email: str
    name: str


def whom(entry: Entry, near: Iterable[Known], everybody: Iterable[Known]) -> int | None:
    """By e-mail (invited, or written), by the whole name, by a first name that only one has; `near` are asked first.

    None when nobody is meant, or more than one may be: a pager is not given to somebody by guessing.
    """
    near, everybody = list(near), list(everybody)
    emails = {*entry.emails, *(found.lower() for found in _EMAIL.findall(entry.summary))}
    words = _words(_EMAIL.sub(" ", entry.summary))
    asked = [
        [one for one in everybody if one.email.lower() in emails],
        *([one for one in group if _has(words, _words(one.name))] for group in (near, everybody)),
        *(
            [one for one in group if _words(one.name)[:1] and _words(one.name)[0] in words]
            for group in (near, everybody)
        ),
    ]
    for found in asked:
        if found:
            return found[0].pk if len({one.pk for one in found}) == 1 else None
    return None


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _has(words: list[str], name: list[str]) -> bool:
    """Whether the words of `name` (two at least) stand there side by side."""
    return len(name) > 1 and any(words[place : place + len(name)] == name for place in range(len(words)))
