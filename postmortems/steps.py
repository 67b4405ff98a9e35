"""Pure: the steps of a clock at which people are reminded (incident rules, section 3). Data.

The first steps count from the beginning, the last ones from the deadline: they move with an extension.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

OWNER, RESPONDERS, FACILITATOR, CONTACT = "owner", "responders", "facilitator", "point_of_contact"
MANAGER, DIRECTOR = "manager", "director"
ON_WORKING_DAYS = frozenset({MANAGER, DIRECTOR})
DAY = "day-"


@dataclass(frozen=True)
class Step:
    """One reminder: hours from the beginning or from the deadline (one of both), and who hears it."""

    name: str
    to: tuple[str, ...]
    from_start: float | None = None
    from_due: float = 0

    def planned(self, start: datetime, due: datetime) -> datetime:
        """Its instant, whatever the hour."""
        if self.from_start is not None:
            return start + timedelta(hours=self.from_start)
        return due + timedelta(hours=self.from_due)

    def key(self, extensions: int) -> str:
        """What it is called among the reminders of one clock: after an extension the last steps come once more."""
        return f"{self.name}+{extensions}" if extensions and self.from_start is None else self.name


STEPS: dict[str, tuple[Step, ...]] = {
    "internal": (
        Step("start", (OWNER, RESPONDERS), from_start=0),
        Step("4h", (OWNER,), from_start=4),
        Step("18h", (OWNER,), from_due=-6),
        Step("22h", (OWNER, FACILITATOR), from_due=-2),
        Step("24h", (OWNER, MANAGER), from_due=0),
        Step("72h", (DIRECTOR,), from_due=48),
    ),
    "public": (
        Step("start", (OWNER, CONTACT), from_start=0),
        Step("24h", (OWNER, CONTACT), from_start=24),
        Step("48h", (OWNER, CONTACT), from_start=48),
        Step("66h", (OWNER, CONTACT, MANAGER), from_due=-6),
        Step("72h", (OWNER, CONTACT, MANAGER, DIRECTOR), from_due=0),
    ),
}
DAILY_TO: dict[str, tuple[str, ...]] = {"internal": (OWNER, MANAGER), "public": (OWNER, CONTACT, MANAGER)}
"""Who hears of it each working day at 10:00 once the deadline passed."""
