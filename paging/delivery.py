"""Sending: claim with a lease, check, call the provider without any lock, record, and go on to the next method.

At least once, and at most one extra per crash: an attempt is written before the provider is called, and a lease that runs
out is taken as "may have arrived".
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Case, Min, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy

from foundation.dispatch.registry import Key
from foundation.dispatch.wake import wake
from incidents import lifecycle
from incidents.models import OPEN, Incident
from incidents.severity import CLASSES
from paging import edits, limits, sendable, statements, throttle
from paging.channels.base import Edits, Message, SendFailed
from paging.channels.known import channel
from paging.consequences import go_on, lock_method, locked_incidents, switch_off, tell_administrators, without_address
from paging.messages import message_of
from paging.models import ContactMethod, Delivery, DeliveryAttempt
from paging.outbox import SENDING

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
"""Longer than twice a provider's time-out of 10 s."""
RECEIPT_WITHIN = timedelta(seconds=60)
"""Where the medium gives receipts: without one by then, the next method rings."""
BUNDLE = 100
"""Pages in one message at the most; the rest leave with the next."""
WORST_FIRST = Case(*(When(page__severity=name, then=Value(rank)) for rank, name in enumerate(CLASSES)))
NEW_FIRST = Case(When(page__incident__first_page_at=None, then=Value(0)), default=Value(1))
"""What nobody has been called for yet, before what is repeated."""
State = Delivery.State
NOBODY_THERE = {
    "person_inactive": gettext_lazy("switched off since"),
    "method_unusable": gettext_lazy("this way does not work any more"),
}
"""Why a page is not sent although its incident still asks, in words: somebody else has to hear it now."""


@dataclass(frozen=True)
class Batch:
    """Deliveries that leave in one message on one method."""

    method: ContactMethod
    deliveries: list[Delivery]
    message: Message


def due(at: datetime, limit: int) -> list[Key]:
    """Methods with something to send now: the worst class first, then first pages of incidents, then who waited longest."""
    rows = (
        Delivery.objects.filter(state=State.QUEUED, due_at__lte=at, method__isnull=False)
        .values("method")
        .annotate(rank=Min(WORST_FIRST * 2 + NEW_FIRST), first=Min("due_at"))
        .order_by("rank", "first")
    )
    return [row["method"] for row in rows[:limit]]


def oldest(at: datetime) -> datetime | None:
    """Since when the longest waiting delivery is due."""
    first: datetime | None = Delivery.objects.filter(state=State.QUEUED, due_at__lte=at).aggregate(at=Min("due_at"))[
        "at"
    ]
    return first


def send_one(key: Key, at: datetime) -> bool:
    """Send what is due on one method; returns whether there was anything."""
    batch = claim(int(key), at)
    if batch is None:
        return False
    medium = channel(batch.method.kind)
    try:
        if medium is None:
            raise SendFailed(f"{batch.method.get_kind_display()} is not set up on this installation.", permanent=True)
        reference = medium.send(batch.method.address, batch.message)
    except SendFailed as error:
        failed(batch, error, at=timezone.now())
    except Exception as error:
        logger.exception("the %s channel broke", batch.method.kind)
        failed(batch, SendFailed(f"{type(error).__name__} in the {batch.method.kind} channel"), at=timezone.now())
    else:
        now = timezone.now()
        wait = now + RECEIPT_WITHIN if medium.receipts else None
        sent(batch, reference, at=now, receipt_due_at=wait, editable=isinstance(medium, Edits))
    return True


@transaction.atomic
def claim(method_id: int, at: datetime) -> Batch | None:
    """Take what may be sent on this method now, with a lease; None when there is nothing or somebody else is at it.

    The incident rows are locked while the attempt is written: after an acknowledgement commits, no attempt begins.
    """
    waiting = Delivery.objects.filter(method=method_id, method__user__isnull=False, state=State.QUEUED, due_at__lte=at)
    rows = list(
        waiting.select_for_update(no_key=True, skip_locked=True, of=("method",))
        .select_related("method__user", "page")
        .order_by(WORST_FIRST, NEW_FIRST, "due_at", "pk")[:BUNDLE]
    )
    method = rows[0].method if rows else None
    if method is None:
        return None
    sends = limits.recent_sends(method, at)
    before = next((then for then in sends if method.last_sent_at and then < method.last_sent_at), None)
    slot, limit = (
        throttle.next_slot(method.kind, method.last_sent_at, at, before=before),
        throttle.full(method.kind, sends, at),
    )
    if limit is None and at < slot <= at + throttle.DEFAULT_GAP:
        waiting.update(due_at=slot)
        return None
    good = _check(method, rows, at)
    if good and (limit or slot > at):
        good = limits.hold_back(method, good, slot=slot, limit=limit, at=at)
    return _lease(method, good, at)


def _check(method: ContactMethod, rows: Sequence[Delivery], at: datetime) -> list[Delivery]:
    """Those that may still be sent, under their incidents' locks; the others are cancelled."""
    incidents = locked_incidents(rows)
    good = []
    for row in rows:
        row.page.incident = incidents.get(row.page.incident_id or 0)
        reason = sendable.why_not(_facts(row, method, row.page.incident), at)
        if reason:
            gone = Delivery.objects.filter(pk=row.pk, state=State.QUEUED).update(state=State.CANCELLED, error=reason)
            if gone and reason in NOBODY_THERE and _still_asks(row):
                row.state = State.CANCELLED
                go_on(row, row.page.incident, str(NOBODY_THERE[reason]), at)
        else:
            good.append(row)
    return good


def _still_asks(row: Delivery) -> bool:
    """Whether nobody has the incident of this page yet."""
    incident = row.page.incident
    return incident is not None and incident.is_open and not incident.is_held and incident.page_fence == row.page.fence


def _facts(row: Delivery, method: ContactMethod, incident: Incident | None) -> sendable.Facts:
    return sendable.Facts(
        reason=row.page.reason,
        page_fence=row.page.fence,
        acked=row.page.acked_at is not None,
        person_active=method.user.is_active,
        # A test is how an address is proved: it goes where no other page goes yet.
        method_usable=method.usable or (row.page.reason == "test" and method.disabled_at is None),
        incident_open=incident is not None and incident.state in OPEN,
        incident_fence=incident.page_fence if incident else 0,
        held=incident is not None and incident.is_held,
        silenced_until=incident.silenced_until if incident else None,
    )


def _lease(method: ContactMethod, rows: list[Delivery], at: datetime) -> Batch | None:
    """Mark them as being sent, write the attempts, and build the message.

    The rows were read before the locks: what another sender took meanwhile is no longer waiting, and is his.
    """
    name, ids = uuid4(), [row.pk for row in rows]
    attempts = statements.lease(ids, method=method.pk, batch=name, at=at, until=at + LEASE) if rows else {}
    ours = [row for row in rows if row.pk in attempts]
    for row in ours:
        row.attempt = attempts[row.pk]
    return Batch(method, ours, message_of(method, ours, name)) if ours else None


def _close(batch: Batch, at: datetime, *, outcome: str, error: str = "") -> QuerySet[Delivery]:
    """Close the attempts; returns the deliveries that are still ours: a stale attempt writes nothing more."""
    attempts, ours = Q(), Q()
    for row in batch.deliveries:
        attempts |= Q(delivery=row.pk, number=row.attempt)
        ours |= Q(pk=row.pk, attempt=row.attempt)
    DeliveryAttempt.objects.filter(attempts, finished_at=None).update(
        finished_at=at, outcome=outcome, error=error[:1000]
    )
    return Delivery.objects.filter(ours, state=State.SENDING)


@transaction.atomic
def sent(
    batch: Batch, reference: str, *, at: datetime, receipt_due_at: datetime | None = None, editable: bool = False
) -> None:
    """The provider took it. That is all we know: it is `sent`, not delivered, until a receipt says more."""
    lifecycle.page_left(sorted({row.page.incident_id for row in batch.deliveries if row.page.incident_id}), at=at)
    attempts = [(row.pk, row.attempt) for row in batch.deliveries]
    statements.mark_sent(attempts, reference=reference, at=at, receipt_due_at=receipt_due_at)
    if editable:
        edits.remember(batch.method, batch.deliveries, reference, at=at)


@transaction.atomic
def failed(batch: Batch, error: SendFailed, *, at: datetime) -> None:
    """The provider did not take it: try again later where hope remains, and ring the next method now."""
    said = without_address(str(error), batch.method.address)
    lock_method(batch.method)
    incidents = locked_incidents(batch.deliveries)
    for row in _close(batch, at, outcome="failed", error=said).select_related("page", "page__person").order_by("pk"):
        again = None if error.permanent else throttle.retry_at(row.attempt, at, error.retry_after)
        row.state = State.QUEUED if again else State.FAILED
        row.due_at, row.lease_until, row.error = again or row.due_at, None, said[:1000]
        row.save(update_fields=["state", "due_at", "lease_until", "error"])
        go_on(row, incidents.get(row.page.incident_id or 0), said, at)
    # The slot of a message that never left is free again; the one before it still counts.
    ContactMethod.objects.filter(pk=batch.method.pk).update(last_sent_at=limits.last_left(batch.method, at))
    if error.switch_off:
        switch_off(batch.method, str(error), at=at)
    if error.administrators:
        tell_administrators(batch.method, said, at=at)


def leases_over(at: datetime, limit: int) -> list[Key]:
    """Deliveries whose sender died in the middle."""
    found = Delivery.objects.filter(state=State.SENDING, lease_until__lte=at).order_by("lease_until")
    return list(found.values_list("pk", flat=True)[:limit])


@transaction.atomic
def recover(key: Key, at: datetime) -> bool:
    """It may have arrived or not: go on with the person's next method, marked as a repeat; without one, the same again."""
    row = (
        Delivery.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("page")
        .filter(pk=key, state=State.SENDING, lease_until__lte=at)
        .first()
    )
    if row is None:
        return False
    DeliveryAttempt.objects.filter(delivery=row, finished_at=None).update(finished_at=at, outcome="unknown")
    following = Delivery.objects.filter(page=row.page, state=State.QUEUED).order_by("due_at", "pk").first()
    if following:
        Delivery.objects.filter(pk=following.pk).update(due_at=min(at, following.due_at), repeat=True)
        Delivery.objects.filter(pk=row.pk).update(state=State.UNKNOWN, lease_until=None)
    else:
        Delivery.objects.filter(pk=row.pk).update(state=State.QUEUED, lease_until=None, due_at=at, repeat=True)
    wake(SENDING)
    return True
