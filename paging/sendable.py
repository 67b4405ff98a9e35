"""Whether a page may still be sent: asked under the incident's lock, immediately before the provider is called. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Facts:
    """What is true of the page, its person and its incident at `at`."""

    reason: str
    page_fence: int
    acked: bool
    person_active: bool
    method_usable: bool
    incident_open: bool = False
    incident_fence: int = 0
    held: bool = False
    silenced_until: datetime | None = None


def why_not(facts: Facts, at: datetime) -> str:
    """Why the page must not be sent any more, or the empty string.

    A person who was asked for help or was handed the incident is told even when somebody has it: that is the point. "anew" is
    a page of an earlier run: nobody has it, and others are asked from the beginning.
    """
    if not facts.person_active:
        return "person_inactive"
    if not facts.method_usable:
        return "method_unusable"
    if facts.reason == "test":
        return ""
    if not facts.incident_open:
        return "over"
    if facts.reason in {"asked_for_help", "handover"}:
        return "answered" if facts.acked else ""
    if facts.acked or facts.held:
        return "answered"
    if facts.page_fence != facts.incident_fence:
        return "anew"
    if facts.silenced_until and facts.silenced_until > at:
        return "silenced"
    return ""
