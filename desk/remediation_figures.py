"""How remediation goes: kept dates, lead time, days lost by reason, over the last 90 days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery

from incidents.metrics import Spread
from postmortems.models import Remediation, UnblockRequest

WINDOW = timedelta(days=90)


@dataclass(frozen=True)
class Lost:
    """Days in which items could not go on, for one reason."""

    code: str
    word: str
    days: float
    items: int


@dataclass(frozen=True)
class Record:
    """What was done in the window. `kept` of `done` were done by the first date that was promised; `lead` in seconds."""

    done: int
    kept: int
    lead: Spread
    lost: list[Lost]


def record(found: QuerySet[Remediation], at: datetime) -> Record:
    """Of these items; two queries. Lead time runs from the acceptance to the proof."""
    first = at - WINDOW
    finished = found.filter(done_at__gt=first, first_due__isnull=False)
    rows = list(finished.values_list("done_at", "first_due", "accepted_at", "verified_at"))
    kept = sum(1 for done_at, due, _accepted, _verified in rows if done_at and due and done_at.date() <= due)
    spans = [verified - accepted for _done, _due, accepted, verified in rows if verified and accepted]
    return Record(len(rows), kept, Spread.of(spans), lost_days(found, first, at))


def lost_days(found: QuerySet[Remediation], first: datetime, last: datetime) -> list[Lost]:
    """Days between `first` and `last` in which items could not go on, by reason, the most first."""
    asked = found.order_by().filter(pk=OuterRef("item")).values("pk")  # each by itself: IN reads the items of all years
    blocks = UnblockRequest.objects.filter(since__lt=last).exclude(ended_at__lte=first)
    blocks = blocks.alias(asked=Subquery(asked[:1])).filter(asked__isnull=False)
    spans: dict[str, timedelta] = {}
    items: dict[str, set[int]] = {}
    for code, item, since, ended in blocks.values_list("code", "item", "since", "ended_at"):
        spans[code] = spans.get(code, timedelta()) + min(ended or last, last) - max(since, first)
        items.setdefault(code, set()).add(item)
    lost = [
        Lost(code, str(UnblockRequest.Code(code).label), span / timedelta(days=1), len(items[code]))
        for code, span in spans.items()
    ]
    return sorted(lost, key=lambda one: (-one.days, one.code))
