"""Messages that stay true: where a medium can change what it showed, it says who has an incident and that it is over.

State is read: a message is due when its incident has moved on since it was last looked at. Nothing here waits under a lock,
and no page waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from foundation.dispatch.registry import Key
from incidents.models import Incident, State
from paging.channels.base import ASKS, Edits, Message, News, SendFailed
from paging.channels.known import channel
from paging.messages import message_of
from paging.models import ContactMethod, Delivery, LiveMessage, Page

LEASE = timedelta(seconds=30)
WAITS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""Before another try; after the last the message stays as it is until its incident moves again."""
HELD = ("resolve", "escalate")
"""What can be done while somebody has it."""


def standing(incident: Incident) -> str:
    """Where it stands, as far as a message shows it."""
    over = "" if incident.is_open else incident.state
    return f"{incident.held_by_id or ('sender' if incident.held_by_sender else '')}:{over}"


def remember(method: ContactMethod, rows: Sequence[Delivery], reference: str, *, at: datetime) -> None:
    """These have left in a message that can be changed. The rows carry their incidents as they were when it was written."""
    LiveMessage.objects.bulk_create(
        [
            LiveMessage(
                delivery=row,
                method=method,
                incident=row.page.incident,
                reference=reference,
                version=row.page.incident.version,
                shown=standing(row.page.incident),
                due_at=at,
            )
            for row in rows
            if row.page.incident
        ],
        update_conflicts=True,
        unique_fields=["delivery"],
        update_fields=["method", "reference", "version", "shown", "due_at"],
    )


def due(at: datetime, limit: int) -> list[Key]:
    """Messages whose incidents have moved on."""
    rows = LiveMessage.objects.filter(due_at__lte=at).exclude(version=F("incident__version")).order_by("due_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def edit_one(key: Key, at: datetime) -> bool:
    """Look at one message again, and change it when it says what is no longer so."""
    rows = _claim(int(key), at)
    if not rows:
        return False
    method = rows[0].method
    deliveries = _deliveries([row.delivery_id for row in rows])
    incidents = {one.page.incident_id: one.page.incident for one in deliveries}
    now = {row.pk: incidents[row.incident_id] for row in rows}
    medium = channel(method.kind)
    if all(row.shown == _state(now[row.pk]) for row in rows) or not isinstance(medium, Edits) or not deliveries:
        _looked(rows, now, at)
        return True
    news = {one.page_id: news_of(one.page) for one in deliveries}
    try:
        message = message_of(method, deliveries, deliveries[0].batch or uuid4())
        medium.edit(method.address, rows[0].reference, message, news)
    except SendFailed as error:
        _failed(rows, now, error, at)
    else:
        _looked(rows, now, at)
    return True


def shown_now(method: ContactMethod, reference: str) -> tuple[Message, dict[int, News]] | None:
    """What a message that can still change says by now, for a medium that can show it at once; None for any other."""
    rows = LiveMessage.objects.filter(method=method, reference=reference).order_by("pk")
    deliveries = _deliveries(list(rows.values_list("delivery_id", flat=True))) if reference else []
    if not deliveries:
        return None
    message = message_of(method, deliveries, deliveries[0].batch or uuid4())
    return message, {one.page_id: news_of(one.page) for one in deliveries}


def _state(incident: Incident | None) -> str:
    return standing(incident) if incident else ""


@transaction.atomic
def _claim(key: int, at: datetime) -> list[LiveMessage]:
    """All pages of the message, with a lease; none when somebody else is at it."""
    locked = LiveMessage.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    first = locked.filter(pk=key, due_at__lte=at).exclude(version=F("incident__version")).first()
    if first is None:
        return []
    rows = list(
        LiveMessage.objects.filter(method=first.method_id, reference=first.reference)
        .select_related("method__user")
        .order_by("pk")
    )
    LiveMessage.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=at + LEASE, attempts=F("attempts") + 1)
    return rows


def _deliveries(ids: Sequence[int]) -> list[Delivery]:
    related = ("page__incident__service", "page__incident__held_by", "page__person")
    return list(Delivery.objects.filter(pk__in=ids).select_related(*related).order_by("pk"))


def news_of(page: Page) -> News:
    """What is to be said of it now, and what can still be done."""
    incident = page.incident
    if incident is None:
        return News("", ASKS)
    if not incident.is_open:
        state = _("resolved") if incident.state == State.CLOSED else incident.get_state_display()
        return News(_("%(number)s is %(state)s.") % {"number": incident.number, "state": state}, ())
    if not incident.is_held:
        return News("", ASKS)
    words = {"number": incident.number, "who": incident.holder}
    mine = incident.held_by_id == page.person_id
    return News((_("You have %(number)s.") if mine else _("%(who)s has %(number)s.")) % words, HELD)


def _looked(rows: Sequence[LiveMessage], now: dict[int, Incident | None], at: datetime) -> None:
    """The message says what is so; when all of it is over, it is looked at no more."""
    if not any(incident and incident.is_open for incident in now.values()):
        LiveMessage.objects.filter(pk__in=now).delete()
        return
    for row in rows:
        values = {"version": _version(row, now), "shown": _state(now[row.pk])}
        LiveMessage.objects.filter(pk=row.pk).update(**values, due_at=at, attempts=0)


def _version(row: LiveMessage, now: dict[int, Incident | None]) -> int:
    incident = now[row.pk]
    return incident.version if incident else row.version


def _failed(rows: Sequence[LiveMessage], now: dict[int, Incident | None], error: SendFailed, at: datetime) -> None:
    """Again later where hope remains; an edit that fails tells nobody, for the page itself has arrived."""
    done = rows[0].attempts
    if not error.permanent and done < len(WAITS):
        wait = max(WAITS[done], timedelta(seconds=error.retry_after or 0))
        LiveMessage.objects.filter(pk__in=now).update(due_at=at + wait)
        return
    for row in rows:
        LiveMessage.objects.filter(pk=row.pk).update(version=_version(row, now), due_at=at, attempts=0)
