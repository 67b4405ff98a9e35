"""What a kind of sender is used to, for a source that says nothing else. Pure.

PagerDuty and Opsgenie never bring an incident back and end it with the word that resolves it (intake rules, "PagerDuty
Events API": after resolve, a new incident). Their own severities and priorities name the classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from alerts.grouping import GROUP_BY
from incidents.severity import CRITICAL, MAJOR, STANDARD

PAGERDUTY, OPSGENIE = "pagerduty", "opsgenie"


@dataclass(frozen=True, slots=True)
class Habits:
    """`resolve_hold` None: by class. `group_by`: the labels that group where the source names none; () is the alert's key."""

    reopen_window: timedelta = timedelta(minutes=30)
    resolve_hold: timedelta | None = None
    class_from: Mapping[str, Any] = field(default_factory=dict)
    group_by: tuple[str, ...] = GROUP_BY


PAGERDUTY_CLASSES = {"critical": CRITICAL, "error": MAJOR, "warning": STANDARD, "info": STANDARD}
OPSGENIE_CLASSES = {"P1": CRITICAL, "P2": MAJOR, "P3": STANDARD, "P4": STANDARD, "P5": STANDARD}
USUAL = Habits()
OF_KIND: Mapping[str, Habits] = {
    PAGERDUTY: Habits(timedelta(0), timedelta(0), {"label": "severity", "map": PAGERDUTY_CLASSES}, group_by=()),
    OPSGENIE: Habits(timedelta(0), timedelta(0), {"label": "priority", "map": OPSGENIE_CLASSES}, group_by=()),
}


def habits_of(kind: str) -> Habits:
    """The habits of a kind of source."""
    return OF_KIND.get(kind, USUAL)
