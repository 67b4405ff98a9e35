"""What every medium has in common: a message, a way to send it, a receipt, and one exception that says whether hope remains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID, uuid4


class SendFailed(Exception):
    """The provider did not take it.

    `permanent`: the address will not work the next time either. `switch_off`: the method is of no use any more (a number
    that does not exist): its person is told. `administrators`: the installation itself is at fault (a wrong token).
    `retry_after` is in seconds, where the provider named it.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        switch_off: bool = False,
        administrators: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent or switch_off
        self.switch_off = switch_off
        self.administrators = administrators
        self.retry_after = retry_after


@dataclass(frozen=True)
class Item:
    """One page inside a message. `link` shows it, and only its POST acknowledges."""

    page_id: int
    number: str
    title: str
    severity: str
    service: str
    since: datetime
    because: str
    link: str
    reason: str


@dataclass(frozen=True)
class Message:
    """What one person is told at once: one page, or a bundle, the worst first. `batch` names it to providers."""

    items: Sequence[Item]
    person: str
    timezone: str
    repeat: bool = False
    attempt: int = 1
    batch: UUID = field(default_factory=uuid4)

    @property
    def is_test(self) -> bool:
        """A test page to oneself."""
        return self.items[0].reason == "test"


@dataclass(frozen=True)
class Receipt:
    """What a provider says became of a message: `sent` (still on its way), `delivered`, `read` or `failed`.

    `sequence` orders receipts where the provider numbers them. `switch_off` as in `SendFailed`. `again`: it failed for a
    reason that passes, so the same method is tried again too.
    """

    state: str
    error: str = ""
    sequence: int | None = None
    switch_off: bool = False
    reference: str = ""
    again: bool = False


class Channel(Protocol):
    """A medium. `send` returns the provider's reference, may take 10 s in total, and raises SendFailed.

    `receipts`: whether the medium says later what became of a message; then `ask` asks for it (10 s in total, None when the
    provider does not know or was not reached).
    """

    kind: str
    receipts: bool

    def send(self, address: str, message: Message) -> str:
        """Hand the message over."""
        ...

    def ask(self, reference: str) -> Receipt | None:
        """What became of it."""
        ...


@runtime_checkable
class Speaks(Protocol):
    """A medium that can carry a few plain words to an address: the code that proves it."""

    def say(self, address: str, text: str) -> str:
        """Hand them over; returns the provider's reference, and raises SendFailed as `send` does."""
        ...


ASKS = ("acknowledge", "resolve", "escalate")
"""What a page that nobody has asks for."""


@dataclass(frozen=True)
class News:
    """What became of a page since it was sent, in one sentence, and what can still be done to its incident."""

    text: str
    acts: Sequence[str]


@runtime_checkable
class Edits(Protocol):
    """A medium whose messages can be changed after they were sent."""

    def edit(self, address: str, reference: str, message: Message, news: Mapping[int, News]) -> None:
        """Show the news of each page by its id; takes 10 s at most, and raises SendFailed as `send` does."""
        ...
