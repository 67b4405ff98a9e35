"""The two clocks of an incident, computed from its stamps: pure (incident rules, section 3, C1 to C6, C18 to C20).

A deadline is a function of dates, never a stored flag: editing a stamp moves it, and nothing must be kept in step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

INTERNAL = timedelta(hours=24)
PUBLIC = timedelta(hours=72)
EDIT_GRACE = timedelta(hours=4)
TOLERABLE_WITHOUT_TARGET = 30.0
"""Customer-visible minutes beyond which the impact is extended, for a service that has no availability target."""
MINUTES_OF_A_WEEK = 7 * 24 * 60
OWED_BY_CLASS = frozenset({"critical", "major"})


@dataclass(frozen=True)
class Facts:
    """What is known of an incident. Instants are aware; minutes are those in which customers felt it."""

    severity: str
    resolved_at: datetime | None
    mitigated_at: datetime | None = None
    customer_minutes: float = 0.0
    targets: tuple[float | None, ...] = ()
    acknowledged: bool = True
    data_loss: bool = False
    security: bool = False
    requested: bool = False
    public_by_hand: bool | None = None
    entered_at: datetime | None = None
    drill: bool = False
    cancelled: bool = False


def tolerable_minutes(target: float | None) -> float:
    """Minutes a week that an availability target in % allows: 99.9 is 10.08; 30 without a target."""
    return TOLERABLE_WITHOUT_TARGET if target is None else MINUTES_OF_A_WEEK * (100 - target) / 100


def is_extended(facts: Facts) -> bool:
    """C4: more customer-visible minutes than a week of any affected service tolerates."""
    limits = [tolerable_minutes(target) for target in facts.targets] or [TOLERABLE_WITHOUT_TARGET]
    return facts.customer_minutes > min(limits)


def owes_internal(facts: Facts) -> bool:
    """C1, C20: whether an internal postmortem is owed."""
    if facts.drill or facts.cancelled:
        return False
    reasons = (facts.data_loss, facts.security, facts.requested, not facts.acknowledged, is_extended(facts))
    return facts.severity in OWED_BY_CLASS or any(reasons)


def owes_public(facts: Facts) -> bool:
    """C4, C20: whether a public postmortem is owed; the point of contact overrides it both ways."""
    if facts.drill or facts.cancelled:
        return False
    if facts.public_by_hand is not None:
        return facts.public_by_hand
    return facts.data_loss or is_extended(facts)


def internal_due(facts: Facts) -> datetime | None:
    """C2, C19: 24 hours after the resolve (after the entry, for a past incident entered later); None when none is owed."""
    if facts.resolved_at is None or not owes_internal(facts):
        return None
    return max(facts.resolved_at, facts.entered_at or facts.resolved_at) + INTERNAL


def public_due(facts: Facts) -> datetime | None:
    """C5: 72 hours after customers no longer felt it, else after the resolve; None when none is owed."""
    ended = facts.mitigated_at or facts.resolved_at
    if ended is None or not owes_public(facts):
        return None
    return max(ended, facts.entered_at or ended) + PUBLIC


def after_edit(due: datetime, *, edited_at: datetime) -> datetime:
    """C18: an edited stamp never moves a deadline to less than four hours from the edit."""
    return max(due, edited_at + EDIT_GRACE)
