"""Which months of the public history somebody touched since the last rounds. Nobody tells us: the stories do.

Whatever happens to an incident adds a line to its story, and to a follow-up a line to the item's. Their keys grow, so that
the keys at an earlier round mark what came later. A transaction may commit lines after one that has higher keys: the mark
that counts is therefore older than any transaction may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from incidents.models import TimelineEntry
from postmortems.models import ItemEvent
from status.models import PublicIncident
from status.near import month_of

LONGEST = timedelta(minutes=2)
"""No transaction lasts longer; the database ends one that idles for 30 seconds."""
Mark = list[str | int]


def marked(marks: Sequence[Mark], at: datetime) -> list[Mark]:
    """`marks`, oldest first, with the one of now: the newest that is old enough, and all after it."""
    now = [
        at.isoformat(),
        *(model.objects.aggregate(last=Max("pk"))["last"] or 0 for model in (TimelineEntry, ItemEvent)),
    ]
    old = [mark for mark in marks if datetime.fromisoformat(str(mark[0])) <= at - LONGEST]
    return [*old[-1:], *(mark for mark in marks if mark not in old), now]


def months(marks: Sequence[Mark]) -> list[str]:
    """The months, as "2026-11", with public incidents whose story went on since the oldest of `marks`."""
    if not marks:
        return []
    _at, line, event = marks[0]
    told = TimelineEntry.objects.filter(pk__gt=line).values("incident")
    done = ItemEvent.objects.filter(pk__gt=event).values("item__postmortem__incident")
    rows = PublicIncident.objects.filter(incident__in=told).union(PublicIncident.objects.filter(incident__in=done))
    return sorted({month_of(created_at) for created_at in rows.values_list("created_at", flat=True)})
