"""What follows when a page did not reach its person: their next method, then the next step, now and not later."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from incidents import lifecycle
from incidents.models import Incident, Kind
from paging import notices
from paging.models import ContactMethod, Delivery
from paging.outbox import SENDING
from teams.models import Notice, Role, User

State = Delivery.State
TOLD_EVERY = timedelta(hours=1)


def locked_incidents(rows: Iterable[Delivery]) -> dict[int, Incident]:
    """The incidents of these deliveries with their services, locked in the order of their ids."""
    ids = {row.page.incident_id for row in rows if row.page.incident_id}
    locked = Incident.objects.select_for_update(no_key=True, of=("self",)).select_related("service")
    return locked.filter(pk__in=ids).order_by("pk").in_bulk() if ids else {}


def lock_method(method: ContactMethod) -> None:
    """Lock a way that may be switched off: before its incidents, as the claim of a batch does. Call inside a transaction."""
    ContactMethod.objects.select_for_update(no_key=True).get(pk=method.pk)


def without_address(error: str, address: str) -> str:
    """What colleagues may read: providers like to repeat the address, which is its person's alone."""
    return re.sub(re.escape(address), str(_("the address")), error, flags=re.IGNORECASE) if address else error


def switch_off(method: ContactMethod, error: str, *, at: datetime) -> None:
    """A method that will never work again is passed over from now on, and its person hears it by mail."""
    changed = ContactMethod.objects.filter(pk=method.pk, disabled_at=None)
    if not changed.update(disabled_at=at, disabled_because=error[:300]):
        return
    subject = _("%s cannot wake you any more") % method
    body = _("It is switched off, because the provider said: %s\nCheck it, or add another way to wake you.") % error
    notices.tell(method.user, subject=subject, at=at, body=body, path="/settings/methods/")


def tell_administrators(method: ContactMethod, error: str, *, at: datetime) -> None:
    """The installation's own account at a provider does not work: nobody can be woken by it."""
    _tell_hourly(
        _("Nobody can be paged by %s: the provider refuses our account") % method.get_kind_display(), error, at
    )


def tell_slack_makes_no_channel(error: str, *, at: datetime) -> None:
    """Pages go out by Slack or not, whatever becomes of the channels of incidents; but somebody asked for these."""
    _tell_hourly(_("Slack refuses the channel of an incident"), error, at)


def _tell_hourly(subject: str, error: str, at: datetime) -> None:
    """A mail to the administrators, once in an hour."""
    if Notice.objects.filter(subject=subject, created_at__gt=at - TOLD_EVERY).exists():
        return
    for person in User.objects.active().filter(role=Role.ADMIN):
        notices.tell(person, subject=subject, at=at, body=error)


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
    if row.attempt == 1 or row.state in {State.FAILED, State.CANCELLED}:
        said: dict[str, Any] = {"person": row.page.person.email, "kind_": row.kind, "way": row.get_kind_display()}
        if row.state == State.SENT:
            said["sent"] = True
        incident.tell(Kind.NOT_SENT, at=at, cause=row.kind, text=error[:300], attempt=row.attempt, **said)
    next_step = not pulled and _step_failed(row) and incident.page_due_at and not incident.is_held
    if next_step and incident.page_fence == row.page.fence:
        lifecycle.next_look(incident, due_at=min(at, incident.page_due_at or at))
        wake(lifecycle.PAGING)
    else:
        lifecycle.next_look(incident, due_at=incident.page_due_at)


def _step_failed(row: Delivery) -> bool:
    """Whether nobody of this step was or may soon be reached. Asked at the first failure: retries do not hold the step."""
    if row.attempt > 1 and row.state not in {State.FAILED, State.CANCELLED}:
        return False
    page = row.page
    if page.escalation_id is None:
        return False
    same_step = Q(page__escalation=page.escalation_id, page__round=page.round, page__step=page.step)
    arrived = Q(state__in=[State.DELIVERED, State.READ, State.SENDING]) | Q(state=State.SENT, receipt_asks=0)
    hopeful = arrived | Q(state=State.QUEUED, attempt=0)
    return not Delivery.objects.filter(same_step & hopeful).exists()
