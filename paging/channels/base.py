"""What every medium has in common: a message, a way to send it, and one exception that says whether hope remains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class SendFailed(Exception):
    """The provider did not take it. `permanent`: the address will not work the next time either."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


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
    """What one person is told at once: one page, or a bundle, the worst first."""

    items: Sequence[Item]
    person: str
    timezone: str
    repeat: bool = False
    attempt: int = 1

    @property
    def is_test(self) -> bool:
        """A test page to oneself."""
        return self.items[0].reason == "test"


class Channel(Protocol):
    """A medium. `send` returns the provider's reference, may take 10 s in total, and raises SendFailed."""

    kind: str

    def send(self, address: str, message: Message) -> str:
        """Hand the message over."""
        ...


def channel(kind: str) -> Channel | None:
    """The medium of this kind, or None where this installation has none."""
    from paging.channels.email import Email

    return {"email": Email()}.get(kind)


def available() -> set[str]:
    """Kinds that this installation can send."""
    return {"email"}
