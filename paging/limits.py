"""What happens when a person has been rung too often on one way: the rules of `throttle`, applied to rows.

A page that would be the first is never held back: it goes by the person's next way now, and where there is none it leaves all
the same. What follows a page that has left already waits, and leaves as one bundle when there is room (paging rules,
"A throttle may bundle or switch the method").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from foundation.dispatch.wake import wake
from incidents import lifecycle
from incidents.models import Kind
from paging import throttle
from paging.models import ContactMethod, Delivery, DeliveryAttempt, Page
from paging.outbox import SENDING
from paging.throttle import Full

State = Delivery.State
LEFT = (State.SENDING, State.SENT, State.DELIVERED, State.READ)
THROTTLED = "throttled"
"""What the ledger says of a delivery that waits because of a limit."""
ONE_A_MINUTE = (1, timedelta(minutes=1))


def recent_sends(method: ContactMethod, at: datetime) -> list[datetime]:
    """When messages left on a method that has limits, the newest first; test pages do not count, nor what failed at once.

    Asks the database only when something left within the last hour: the first page costs nothing.
    """
    last = method.last_sent_at
    if method.kind not in throttle.LIMITS or last is None or last <= at - throttle.LONGEST:
        return []
    rows = _attempts(method, at).exclude(delivery__page__reason=Page.Reason.TEST)
    return list(rows.values_list("started_at", flat=True).distinct().order_by("-started_at"))


def last_left(method: ContactMethod, at: datetime) -> datetime | None:
    """When the last message that did not fail at once left on this method, within the last hour."""
    return _attempts(method, at).order_by("-started_at").values_list("started_at", flat=True).first()


def _attempts(method: ContactMethod, at: datetime) -> QuerySet[DeliveryAttempt]:
    recent = DeliveryAttempt.objects.filter(delivery__method=method, started_at__gt=at - throttle.LONGEST)
    return recent.exclude(outcome="failed")


def hold_back(
    method: ContactMethod, rows: Sequence[Delivery], *, slot: datetime, limit: Full | None, at: datetime
) -> list[Delivery]:
    """Which of these leave now although `method` has no room before `slot` (its gap) and the end of `limit`.

    All of them when a first page has no other way: a message leaves anyway. Else none; first pages go on to the next way,
    and the story says why. The caller holds the locks of the method and of the incidents.
    """
    first = {row.pk for row in rows if _is_first(row)}
    ways = {row.pk: _next_way(row) for row in rows if row.pk in first}
    if slot <= at and any(way is None for way in ways.values()):
        return list(rows)
    until = max(slot, limit.until) if limit else slot
    for row in rows:
        way = ways.get(row.pk)
        if row.pk in first and way is None:
            Delivery.objects.filter(pk=row.pk).update(due_at=slot)
            continue
        Delivery.objects.filter(pk=row.pk).update(due_at=until, error=THROTTLED)
        if way:
            Delivery.objects.filter(pk=way.pk).update(due_at=min(at, way.due_at))
            wake(SENDING)
        if row.error != THROTTLED:
            _tell(row, method, way, until, limit, at)
    return []


def _is_first(row: Delivery) -> bool:
    """Whether nothing has called this person for this incident yet, since it last began to page."""
    page = row.page
    same: dict[str, Any] = {"page": page}
    if page.reason not in {Page.Reason.ASKED_FOR_HELP, Page.Reason.HANDOVER, Page.Reason.TEST}:
        same = {"page__incident": page.incident_id, "page__person": page.person_id, "page__fence": page.fence}
    return not Delivery.objects.filter(state__in=LEFT, **same).exists()


def _next_way(row: Delivery) -> Delivery | None:
    """The person's next way for this page that is not itself held back; a test is of the way itself."""
    if row.page.reason == Page.Reason.TEST:
        return None
    others = Delivery.objects.filter(page=row.page, state=State.QUEUED, attempt=0).exclude(pk=row.pk)
    return others.exclude(error=THROTTLED).order_by("due_at", "pk").first()


def _tell(
    row: Delivery, method: ContactMethod, way: Delivery | None, until: datetime, limit: Full | None, at: datetime
) -> None:
    incident = row.page.incident
    if incident is None:
        return
    most, span = (limit.most, limit.span) if limit else ONE_A_MINUTE
    incident.tell(
        Kind.NOT_PAGED,
        at=at,
        cause=method.kind,
        why=THROTTLED,
        person=method.user.email,
        way=method.get_kind_display(),
        most=most,
        minutes=int(span.total_seconds() // 60),
        instead=way.get_kind_display() if way else "",
        until=until.isoformat(),
    )
    lifecycle.next_look(incident, due_at=incident.page_due_at)
