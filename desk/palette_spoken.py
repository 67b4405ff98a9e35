"""What a person typed into the field: an act with a number, or words to look for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 500
"""Characters that are read; the field takes no more."""
MOST_WORDS = 8
# The longer ones first: "take back" is not "take". One word each way of saying it; they are what a page in English says.
SPOKEN = {
    "unacknowledge": ("give back", "take back", "unacknowledge", "unack"),
    "acknowledge": ("acknowledge", "ack", "i have", "take"),
    "pull_in": ("pull in", "page"),
    "page_me": ("page me", "test page", "test my phone"),
    "resolve": ("resolved", "resolve"),
    "mitigate": ("mitigated", "mitigate"),
    "escalate": ("escalate now", "escalate"),
    "note": ("note", "write"),
    "declare": ("declare", "new incident"),
    "who": ("who has the pager", "who is on call", "who's on call", "who", "pager"),
    "override": ("override", "cover"),
    "help": ("help", "?"),
    "sign_out": ("sign out", "log out", "logout"),
}
_VERBS = sorted(
    ((words, verb) for verb, phrases in SPOKEN.items() for words in phrases), key=lambda pair: -len(pair[0])
)
_NUMBER = re.compile(r"(?:#|INC-)?([1-9][0-9]{0,17})(?=[\s:]|$)", re.IGNORECASE)
_FILLERS = re.compile(r"^(?:of|for|on|to|with|is|:)(?:\s+|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Spoken:
    """What was asked: `verb` is one of SPOKEN or "", `number` that of an incident, `rest` what else was typed.

    `text` is all of it in one line, without what PostgreSQL cannot store.
    """

    text: str
    verb: str = ""
    number: int | None = None
    rest: str = ""

    @property
    def words(self) -> list[str]:
        """What to look for: all of it, for "page cache" may be an act or a title; nothing once an act is complete."""
        complete = self.verb == "declare" or (self.verb and self.number)
        return [] if complete else self.text.split()[:MOST_WORDS]


def read(typed: str) -> Spoken:
    """Understand `typed`; whatever cannot be understood is words."""
    text = " ".join(typed[: LONGEST * 4].replace("\x00", "").split())[:LONGEST].strip()
    verb, rest = _verb(text)
    number = _NUMBER.match(rest)
    if number:
        return Spoken(text, verb, int(number[1]), rest[number.end() :].lstrip(" :"))
    if verb == "pull_in" and (last := _NUMBER.search(rest)) and last.end() == len(rest):
        return Spoken(text, verb, int(last[1]), re.sub(r"\s+(?:in)?to$", "", rest[: last.start()].rstrip()))
    return Spoken(text, verb, None, rest)


def _verb(text: str) -> tuple[str, str]:
    """The act that the text begins with, and what follows it."""
    lower = text.lower()
    for words, verb in _VERBS:
        if lower == words or lower.startswith(f"{words} "):
            return verb, _FILLERS.sub("", text[len(words) :].strip())
    return "", text


def has_trigram(words: list[str]) -> bool:
    """Whether an index of three letters each can help: some word has three letters or digits in a row."""
    return any(re.search(r"[^\W_]{3}", word) for word in words)
