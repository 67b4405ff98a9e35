"""What became of a message: receipts in any order, early, doubled or lost (paging rules, "Delivery" and "Methods")."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation.dispatch.registry import Key
from incidents.models import Incident
from paging import throttle
from paging.channels.base import Receipt
from paging.channels.known import channel
from paging.consequences import go_on, lock_method, locked_incidents, switch_off, without_address
from paging.delivery import RECEIPT_WITHIN
from paging.models import Delivery, DeliveryAttempt

State = Delivery.State
RANK = {State.SENDING: 0, State.UNKNOWN: 0, State.SENT: 1, State.FAILED: 2, State.DELIVERED: 2, State.READ: 3}
ASK_AGAIN = (timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
"""After a receipt was missed: when the provider is asked again, so that the ledger tells the truth in the end."""


@transaction.atomic
def record(batch: UUID, receipt: Receipt, *, at: datetime) -> int:
    """A provider says what became of the message `batch`; returns how many deliveries changed.

    Late, doubled and overtaken receipts change nothing: numbered ones by their number, others by what is known already. A
    failure after all rings the person's next method now, unless the page has been answered; one that passes is tried again.
    """
    rows = list(_of(batch).select_related("page__person", "method__user").order_by("pk"))
    if rows and rows[0].method and receipt.switch_off:
        lock_method(rows[0].method)
    incidents = locked_incidents(rows)
    ids = [row.pk for row in rows]
    again = Delivery.objects.select_for_update(no_key=True, of=("self",)).select_related("page__person", "method__user")
    changed = 0
    for row in again.filter(pk__in=ids, batch=batch).order_by("pk"):
        if _is_news(row, receipt):
            changed += 1
            _apply(row, receipt, incidents.get(row.page.incident_id or 0), at)
    if changed and receipt.switch_off and rows[0].method:
        switch_off(rows[0].method, receipt.error, at=at)
    return changed


def _of(batch: UUID) -> QuerySet[Delivery]:
    return Delivery.objects.filter(batch=batch, state__in=list(RANK))


def _is_news(row: Delivery, receipt: Receipt) -> bool:
    if receipt.sequence is not None and row.receipt_seq is not None:
        return receipt.sequence > row.receipt_seq
    if receipt.state == State.FAILED:
        return row.state not in {State.FAILED, State.READ}
    return RANK[State(receipt.state)] > RANK[State(row.state)] or row.state == State.FAILED


def _apply(row: Delivery, receipt: Receipt, incident: Incident | None, at: datetime) -> None:
    """One delivery moves to what the receipt says. The caller holds the locks."""
    failed = receipt.state == State.FAILED
    again = throttle.retry_at(row.attempt, at) if failed and receipt.again else None
    row.state, row.receipt_seq = State.QUEUED if again else State(receipt.state), receipt.sequence
    row.sent_at, row.lease_until, row.due_at = row.sent_at or at, None, again or row.due_at
    row.provider_ref = row.provider_ref or receipt.reference[:300]
    # On its way before its sender heard so: what becomes of it is still to be told.
    row.receipt_due_at = row.receipt_due_at or at + RECEIPT_WITHIN if row.state == State.SENT else None
    if failed:
        said = without_address(receipt.error, row.method.address if row.method else "")
        row.error = said[:1000]
    fields = ["state", "receipt_seq", "sent_at", "lease_until", "due_at", "provider_ref", "receipt_due_at", "error"]
    row.save(update_fields=fields)
    DeliveryAttempt.objects.filter(delivery=row, number=row.attempt, finished_at=None).update(
        finished_at=at, outcome="sent"
    )
    if failed:
        go_on(row, incident, row.error, at)


def due(at: datetime, limit: int) -> list[Key]:
    """Messages whose receipt is missed."""
    rows = Delivery.objects.filter(receipt_due_at__lte=at, batch__isnull=False).order_by("receipt_due_at")
    return list(dict.fromkeys(str(batch) for batch in rows.values_list("batch", flat=True)[:limit]))


def missed(key: Key, at: datetime) -> bool:
    """No receipt in time: ask the provider; when it knows nothing better, the person's next method is due now.

    The provider is asked without any lock. Asked again later, so that the ledger tells the truth in the end.
    """
    batch = UUID(str(key))
    first = Delivery.objects.filter(batch=batch, receipt_due_at__lte=at).select_related("method").first()
    if first is None:
        return False
    medium = channel(first.kind)
    said = medium.ask(first.provider_ref) if medium and first.provider_ref else None
    if said and record(batch, said, at=at) and said.state != State.SENT:
        return True
    _go_on_without(batch, at)
    return True


@transaction.atomic
def _go_on_without(batch: UUID, at: datetime) -> None:
    incidents = locked_incidents(Delivery.objects.filter(batch=batch).select_related("page"))
    waiting = Delivery.objects.select_for_update(no_key=True, of=("self",)).select_related("page__person")
    for row in waiting.filter(batch=batch, receipt_due_at__lte=at).order_by("pk"):
        asked, row.receipt_asks = row.receipt_asks, row.receipt_asks + 1
        row.receipt_due_at = at + ASK_AGAIN[asked] if asked < len(ASK_AGAIN) and row.state == State.SENT else None
        row.save(update_fields=["receipt_asks", "receipt_due_at"])
        if asked == 0 and row.state == State.SENT:
            go_on(row, incidents.get(row.page.incident_id or 0), _("no receipt within a minute"), at)
