"""Who is behind a member id of Slack, and the way for those of whom nobody knows."""

from __future__ import annotations

from paging import chat
from teams.models import User


def person_of(member: str) -> User | None:
    """The active person who proved that this member id is theirs."""
    return chat.person_of("slack", member)


def offer(member: str) -> str:
    """How to link."""
    return chat.offer("slack", member)
