"""Classes of incidents and what follows from them: pure data and rules (incident rules, section 1)."""

from __future__ import annotations

from datetime import timedelta

CRITICAL, MAJOR, STANDARD = "critical", "major", "standard"
CLASSES = (CRITICAL, MAJOR, STANDARD)

ACK_TIMEOUT: dict[str, timedelta | None] = {
    CRITICAL: timedelta(minutes=30),
    MAJOR: timedelta(minutes=60),
    STANDARD: None,
}
LOW_URGENCY = frozenset({STANDARD})
"""Classes for which nobody is woken where a service is covered in working hours only."""
RESOLVE_HOLD: dict[str, timedelta] = {name: timedelta(minutes=5) for name in CLASSES}
IMPACT_OF = {CRITICAL: ("outage", 1.0, False), MAJOR: ("partial", 0.5, True), STANDARD: ("degraded", 0.0, False)}
"""Class -> (kind of impact interval, share of customers, whether that share is an estimate)."""


def rank(name: str) -> int:
    """0 for the worst class; unknown names come last."""
    return CLASSES.index(name) if name in CLASSES else len(CLASSES)


def worse(one: str, other: str) -> str:
    """The worse of two classes."""
    return min(one, other, key=rank)
