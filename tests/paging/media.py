"""Media that take everything and remember it: whom, when, by what, about which incidents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType

import pytest
from django.utils import timezone

from paging.channels.base import Item, Message, Receipt, SendFailed
from tests.factories import AT


@dataclass(frozen=True)
class Heard:
    """One message: the medium, the address, the instant, the numbers of its incidents and their links, in its order."""

    kind: str
    address: str
    at: datetime
    incidents: list[str]
    links: list[str]
    reasons: list[str]

    @staticmethod
    def fail_next() -> None:
        """The next message is not taken."""
        _failing.append(SendFailed("no"))


_heard: list[Heard] = []
_failing: list[SendFailed] = []


def message(*titles: str, reason: str = "first", repeat: bool = False) -> Message:
    """A page for each title."""
    items = [
        Item(n, f"INC-{n}", title, "critical", "Checkout", AT, "pager of A", f"http://testserver/p/{n}/", reason)
        for n, title in enumerate(titles, 1)
    ]
    return Message(items, "Alice Ames", "Europe/London", repeat=repeat)


class _Medium:
    kind, receipts = "", False

    def send(self, address: str, message: Message) -> str:
        """Remember it."""
        if _failing:
            raise _failing.pop()
        items = message.items
        numbers, links = [item.number for item in items], [item.link for item in items]
        _heard.append(Heard(self.kind, address, timezone.now(), numbers, links, [item.reason for item in items]))
        return str(len(_heard))

    def ask(self, reference: str) -> Receipt | None:
        """Nothing is known."""
        return None


class Voice(_Medium):
    """A phone that rings."""

    kind = "voice"


class Sms(_Medium):
    """A phone that takes texts."""

    kind = "sms"


class Email(_Medium):
    """A mailbox."""

    kind = "email"


def hears(monkeypatch: pytest.MonkeyPatch, known: ModuleType, *kinds: str) -> Iterator[list[Heard]]:
    """These media take everything for one test; yields what left, in order."""
    _heard.clear()
    _failing.clear()
    for kind in kinds:
        monkeypatch.setitem(known.MEDIA, kind, (f"{__name__}.{kind.capitalize()}", ()))
    yield _heard
