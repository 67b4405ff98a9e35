"""The dead man's switch: each minute a synthetic alert goes the way of a real one, and only then is HEARTBEAT_URL called.

In two halves, so that nobody ever sees it (docs/adr/0009): a rehearsal from incident to written page, taken back before it
commits, and a page that is committed, found by the dispatcher, claimed and handed to the loopback medium.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from foundation.dispatch.wake import wake
from foundation.health import paging_trouble
from incidents import lifecycle
from incidents.lifecycle import Opening
from paging import escalation, statements
from paging.channels.loopback import KIND
from paging.models import ContactMethod, Delivery, Page
from paging.outbox import SENDING
from teams.models import Role, Severity, User
from teams.models.people import MACHINE

logger = logging.getLogger(__name__)
EVERY = timedelta(minutes=1)
KEPT = timedelta(hours=1)
DEEP = 100_000


class Unwell(Exception):
    """The rehearsal did not come as far as a page."""


def beat(at: datetime) -> bool:
    """Begin one synthetic alert, where HEARTBEAT_URL is set and nothing real is late; whether it was begun.

    Raises Unwell, or whatever broke, when the rehearsal fails: then nothing calls HEARTBEAT_URL.
    """
    if not settings.HEARTBEAT_URL:
        return False
    if trouble := paging_trouble(at):
        logger.error("no heartbeat: %s", "; ".join(trouble))
        return False
    rehearse(at)
    page_itself(at)
    return True


def rehearse(at: datetime) -> None:
    """Open, find and escalate an incident by the real code on the real database, and take all of it back.

    It has no number, nobody else ever sees it, and what would have been woken is not. Raises Unwell.
    """
    with transaction.atomic():
        try:
            opening = Opening("The pager rehearses", None, Severity.CRITICAL, drill=True, cause="heartbeat")
            incident = lifecycle.rehearse(opening, at=at)
            found = incident.pk in escalation.due(at, DEEP)
            looked = escalation.escalate_one(incident.pk, at)
            incident.refresh_from_db(fields=["page_due_at"])
            has_next = incident.page_due_at is not None and incident.page_due_at > at
            pages = Page.objects.filter(incident=incident.pk).count()
            expected = User.objects.active().filter(role=Role.ADMIN).exists()
        finally:
            transaction.set_rollback(True)
    if not (found and looked and has_next and (pages or not expected)):
        raise Unwell(f"found={found} looked={bool(looked)} next={has_next} pages={pages}")


@transaction.atomic
def page_itself(at: datetime) -> None:
    """Write a page to the machine, unless one is still on its way, and drop those of more than an hour ago."""
    method = _method(at)
    Page.objects.filter(person=method.user_id, created_at__lt=at - KEPT).delete()
    if Delivery.objects.filter(method=method, state__in=["queued", "sending"]).exists():
        return
    statements.insert_pages(
        [(method.user_id, "heartbeat")],
        [(method.user_id, method.pk, KIND, 0)],
        incident=None,
        fence=0,
        round=0,
        step=0,
        reason=str(Page.Reason.TEST),
        severity=str(Severity.STANDARD),
        at=at,
    )
    wake(SENDING)


def last(at: datetime) -> datetime | None:
    """When the last synthetic page came all the way, within the last hour."""
    sent = Delivery.objects.filter(method__user__email=MACHINE, state=Delivery.State.SENT).order_by("-sent_at")
    return sent.values_list("sent_at", flat=True).first()


def _method(at: datetime) -> ContactMethod:
    """The machine and its one method; made the first time."""
    known = User._base_manager  # the usual one does not know the machine
    person, _made = known.get_or_create(
        email=MACHINE, defaults={"name": "Sharp End", "role": Role.OBSERVER, "password": make_password(None)}
    )
    method, _made = ContactMethod.objects.get_or_create(
        user=person, slug=KIND, defaults={"kind": KIND, "address": KIND, "verified_at": at}
    )
    return method
