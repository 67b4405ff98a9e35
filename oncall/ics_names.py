"""Pure: whom an entry of somebody else's calendar means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from oncall.ics_in import Entry

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:]{1,64}@[^\s@<>()\[\],;:]{1,250}\w")


class Known(NamedTuple):
    """A person whom an entry may mean."""

    pk: int
    email: str
    name: str


class People:
    """Those whom entries may mean, found by what is written: a calendar has thousands of entries, a house hundreds of people."""

    def __init__(self, known: Iterable[Known]) -> None:
        self.emails: dict[str, int] = {}
        self.names: dict[str, list[tuple[list[str], int]]] = {}
        for one in known:
            self.emails[one.email.lower()] = one.pk
            if words := _words(one.name):
                self.names.setdefault(words[0], []).append((words, one.pk))

    def by_email(self, emails: Iterable[str]) -> set[int]:
        """Who has one of these addresses."""
        return {self.emails[email] for email in emails if email in self.emails}

    def by_name(self, words: list[str]) -> set[int]:
        """Whose whole name, of two words at least, stands among `words`, side by side."""
        return {
            pk
            for place, word in enumerate(words)
            for name, pk in self.names.get(word, ())
            if len(name) > 1 and words[place : place + len(name)] == name
        }

    def by_first_name(self, words: list[str]) -> set[int]:
        """Whose first name is one of `words`."""
        return {pk for word in words for _name, pk in self.names.get(word, ())}


def whom(entry: Entry, near: People, everybody: People) -> int | None:
    """By e-mail (invited, or written), by the whole name, by a first name that only one has; `near` are asked first.

    None when nobody is meant, or more than one may be: a pager is not given to somebody by guessing.
    """
    emails = {*entry.emails, *(found.lower() for found in _EMAIL.findall(entry.summary))}
    words = _words(_EMAIL.sub(" ", entry.summary))
    found = (
        everybody.by_email(emails)
        or near.by_name(words)
        or everybody.by_name(words)
        or near.by_first_name(words)
        or everybody.by_first_name(words)
    )
    return found.pop() if len(found) == 1 else None


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
