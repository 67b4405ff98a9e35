"""The message of a bundle of deliveries: what every medium says in its own form."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from paging import links
from paging.channels.base import Item, Message
from paging.models import ContactMethod, Delivery


def message_of(method: ContactMethod, rows: Sequence[Delivery], batch: UUID) -> Message:
    """What the person of `method` is told by these, under the name `batch`."""
    items = [_item(row) for row in rows]
    repeat = any(row.repeat for row in rows)
    attempt = max(row.attempt for row in rows)
    return Message(items, str(method.user), method.user.timezone, repeat=repeat, attempt=attempt, batch=batch)


def _item(row: Delivery) -> Item:
    page, incident = row.page, row.page.incident
    return Item(
        page_id=page.pk,
        number=incident.number if incident else "",
        title=_line(incident.title) if incident else "",
        severity=page.severity,
        service=_line(str(incident.service)) if incident and incident.service else "",
        since=incident.detected_at if incident else page.created_at,
        because=_line(page.because),
        link=links.link_of(page.pk, page.person_id),
        reason=page.reason,
    )


def _line(text: str) -> str:
    """One line of it: in plain text a line break could put an address of somebody else's where ours stands."""
    return " ".join(text.split())
