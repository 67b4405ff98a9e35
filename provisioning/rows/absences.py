"""When people are away, as the file writes it: on the clock of a zone, their own where it names none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from oncall.models import Absence
from provisioning.rows.stored import Named
from teams.models import User

THEIRS = Prefetch(
    "absences",
    # What an imported calendar says is that calendar's business, not the file's.
    queryset=Absence.objects.filter(removed_at=None, entry=None).order_by("starts", "pk"),
    to_attr="absences_of_file",
)


def identity(record: Named) -> tuple[Any, ...]:
    """What makes an absence the same one."""
    return record["from"], record["to"], record["timezone"]


def records_of(person: User) -> dict[tuple[Any, ...], tuple[dict[str, Any], bool]]:
    """Those that were not taken back, by identity: what the file writes, and whether it came from there."""
    found: dict[tuple[Any, ...], tuple[dict[str, Any], bool]] = {}
    for row in person.absences_of_file:  # type: ignore[attr-defined]  # prefetched by THEIRS
        said = {
            "from": row.starts,
            "to": row.ends,
            "reason": row.reason,
            "timezone": row.timezone,
        }
        found[identity(said)] = said, row.from_file
    return found


def write(person: User, wanted: list[dict[str, Any]], named: list[dict[str, Any]], at: datetime) -> None:
    """Take back what is no longer wanted, add what is new."""
    from_file = {identity(said) for said in named}
    there = {}
    stays = {identity(said) for said in wanted}
    for row in Absence.objects.filter(person=person, removed_at=None, entry=None).order_by("pk"):
        who = row.starts, row.ends, row.timezone
        if who in stays and who not in there:
            there[who] = row
        else:
            row.removed_at = at
            row.save(update_fields=["removed_at"])
    for said in wanted:
        who = identity(said)
        row = there.get(who) or Absence(
            person=person, starts=said["from"], ends=said["to"], timezone=said["timezone"], created_at=at
        )
        row.reason, row.from_file = said["reason"], row.from_file or who in from_file
        row.save()
