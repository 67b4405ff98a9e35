"""What follows when a page did not reach its person: their next method, then the next step, now and not later."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from foundation.dispatch.wake import wake
from incidents import lifecycle
from incidents.models import Incident, Kind
from paging.models import Delivery
from paging.outbox import SENDING

State = Delivery.State


def go_on(row: Delivery, incident: Incident | None, error: str, at: datetime) -> None:
    """After a failure: the person's next method is due now; when there is none, the next step is due now.

    The caller holds the incident's lock.
    """
    waiting = Delivery.objects.filter(page=row.page, state=State.QUEUED, attempt=0)
    if pulled := waiting.order_by("due_at", "pk").first():
        Delivery.objects.filter(pk=pulled.pk).update(due_at=min(at, pulled.due_at))
        wake(SENDING)
    if incident is None:
        return
    if row.attempt == 1 or row.state == State.FAILED:
        person = row.page.person.email
        incident.tell(
            Kind.NOT_SENT, at=at, cause=row.kind, text=error[:300], person=person, kind_=row.kind, attempt=row.attempt
        )
    next_step = not pulled and _step_failed(row) and incident.page_due_at and not incident.is_held
    if next_step and incident.page_fence == row.page.fence:
        lifecycle.next_look(incident, due_at=min(at, incident.page_due_at or at))
        wake(lifecycle.PAGING)
    else:
        lifecycle.next_look(incident, due_at=incident.page_due_at)


def _step_failed(row: Delivery) -> bool:
    """Whether nobody of this step was or may soon be reached. Asked at the first failure: retries do not hold the step."""
    if row.attempt > 1 and row.state != State.FAILED:
        return False
    page = row.page
    if page.escalation_id is None:
        return False
    same_step = Q(page__escalation=page.escalation_id, page__round=page.round, page__step=page.step)
    hopeful = Q(state__in=[State.SENT, State.DELIVERED, State.READ, State.SENDING]) | Q(state=State.QUEUED, attempt=0)
    return not Delivery.objects.filter(same_step & hopeful).exists()
