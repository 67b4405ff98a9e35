"""Change events of senders: they stand beside the incidents of the source's service, and page nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.models import Source
from alerts.payloads.pagerduty import ChangeEvent
from incidents.changes import TITLE_LENGTH, Change

MOST_DETAILS, DETAIL_LENGTH, MOST_LINKS = 50, 1000, 20
AHEAD = timedelta(days=1)


def take(source: Source, event: ChangeEvent, *, at: datetime) -> Change:
    """Keep a change that came at `at`; one whose own time lies more than a day ahead is taken for now."""
    when = event.at if event.at and event.at <= at + AHEAD else at
    told = list(event.details.items())[:MOST_DETAILS]
    details = {name[:DETAIL_LENGTH]: text[:DETAIL_LENGTH] for name, text in told}
    if event.source:
        details["source"] = event.source[:DETAIL_LENGTH]
    return Change.objects.create(
        at=when,
        told_at=at,
        service=source.service,
        title=event.summary[:TITLE_LENGTH],
        version=event.details.get("version", "")[:200],
        cause=str(source)[:200],
        links=[{"label": label, "url": url} for label, url in event.links[:MOST_LINKS]],
        details=details,
    )
