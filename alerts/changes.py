"""Change events of senders: they stand beside the incidents of the source's service, and page nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.models import Source
from alerts.payloads.pagerduty import ChangeEvent
from incidents.changes import TITLE_LENGTH, Change

AHEAD = timedelta(days=1)


def take(source: Source, event: ChangeEvent, *, at: datetime) -> Change:
    """Keep a change that came at `at`; one whose own time lies more than a day ahead is taken for now."""
    when = event.at if event.at and event.at <= at + AHEAD else at
    details = event.details | ({"source": event.source} if event.source else {})
    return Change.objects.create(
        at=when,
        told_at=at,
        service=source.service,
        title=event.summary[:TITLE_LENGTH],
        version=event.details.get("version", "")[:200],
        cause=str(source)[:200],
        links=[{"label": label, "url": url} for label, url in event.links],
        details=details,
    )
