"""Information by mail, and by Slack beside it: "Bob has it", "resolved", a word to a person from any room. Never a page."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.dispatch.registry import Key
from foundation.dispatch.wake import wake
from incidents.models import Kind, TimelineEntry
from paging.channels.base import SendFailed
from paging.channels.email import domain, thread_id
from paging.channels.slack import Slack
from paging.models import ContactMethod, Page
from teams.models import Notice, User

logger = logging.getLogger(__name__)
NOTICES = "notices"
LEASE = timedelta(seconds=60)
ATTEMPTS = 5
SLACK_LENGTH = 2000
TOLD = (Kind.ACKNOWLEDGED, Kind.RESOLVED)


def tell(person: User, *, subject: str, at: datetime, body: str = "", path: str = "", thread: str = "") -> Notice:
    """Queue a word to a person."""
    wake(NOTICES)
    return Notice.objects.create(
        person=person, subject=subject[:300], body=body, path=path, thread=thread, created_at=at, due_at=at
    )


def to_announce(at: datetime, limit: int) -> list[Key]:
    """Lines of stories that others who were paged should hear about."""
    rows = TimelineEntry.objects.filter(announced_at=None, kind__in=[str(kind) for kind in TOLD]).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


@transaction.atomic
def announce(key: Key, at: datetime) -> bool:
    """Tell the others who were paged for this incident that somebody has it, or that it is over."""
    entry = (
        TimelineEntry.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("incident", "by")
        .filter(pk=key, announced_at=None)
        .first()
    )
    if entry is None:
        return False
    if entry.data.get("given", 1) < entry.data.get("needed", 1):  # paging goes on: "somebody has it" would be wrong
        TimelineEntry.objects.filter(pk=entry.pk).update(announced_at=at)
        return True
    incident = entry.incident
    others = User.objects.active().filter(pk__in=Page.objects.filter(incident=incident).values("person"))
    who = entry.by.short_name if entry.by else entry.cause
    has_it, over = _("%(who)s has it: %(number)s %(title)s"), _("Resolved: %(number)s %(title)s")
    line = has_it if entry.kind == Kind.ACKNOWLEDGED else over
    subject = line % {"who": who, "number": incident.number, "title": incident.title}
    for person in others.exclude(pk=entry.by_id or 0):
        tell(
            person,
            subject=subject,
            at=at,
            body=_("This is information; nothing is asked of you."),
            path=incident.path,
            thread=incident.number,
        )
    TimelineEntry.objects.filter(pk=entry.pk).update(announced_at=at)
    return True


def due(at: datetime, limit: int) -> list[Key]:
    """Notices to be sent now, and those whose sender died."""
    rows = Notice.objects.filter(state__in=[Notice.State.QUEUED, Notice.State.SENDING], due_at__lte=at)
    return list(rows.order_by("due_at", "pk").values_list("pk", flat=True)[:limit])


def send_one(key: Key, at: datetime) -> bool:
    """Send one notice by mail; a failure is tried again later, five times in all."""
    with transaction.atomic():
        rows = Notice.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("person")
        notice = rows.filter(pk=key, state__in=[Notice.State.QUEUED, Notice.State.SENDING], due_at__lte=at).first()
        if notice is None:
            return False
        # Due again when the lease is over, should this process die before it can say how it went.
        notice.state, notice.attempts, notice.due_at = Notice.State.SENDING, notice.attempts + 1, at + LEASE
        notice.save(update_fields=["state", "attempts", "due_at"])
    try:
        _mail(notice).send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        over = notice.attempts >= ATTEMPTS
        state = Notice.State.FAILED if over else Notice.State.QUEUED
        later = timezone.now() + timedelta(minutes=2**notice.attempts)
        Notice.objects.filter(pk=notice.pk).update(state=state, error=str(error)[:1000], due_at=later)
    else:
        Notice.objects.filter(pk=notice.pk).update(state=Notice.State.SENT, sent_at=timezone.now(), error="")
        _slack(notice)
    return True


def address_of(person: User) -> str:
    """Where mail reaches a person: their verified mail method, else the e-mail that names them."""
    methods = ContactMethod.objects.filter(user=person, kind="email", disabled_at=None, verified_at__isnull=False)
    return methods.values_list("address", flat=True).first() or person.email


def _slack(notice: Notice) -> None:
    """The same by direct message where somebody proved their Slack: swaps, handovers, gaps. The mail is what counts.

    What is told of an incident stands in the messages of its pages already.
    """
    if notice.thread or not settings.SLACK_BOT_TOKEN:
        return
    methods = ContactMethod.objects.filter(
        user=notice.person, kind="slack", disabled_at=None, verified_at__isnull=False
    )
    address = methods.values_list("address", flat=True).first()
    if address is None:
        return
    try:
        Slack().say(address, _text(notice)[:SLACK_LENGTH])
    except SendFailed as error:
        logger.warning("notice %s went by mail alone: %s", notice.pk, error)


def _text(notice: Notice) -> str:
    link = f"{settings.SHARPEND_URL}{notice.path}" if notice.path else ""
    return "\n\n".join(part for part in (" ".join(notice.subject.split()), notice.body, link) if part)


def _mail(notice: Notice) -> EmailMessage:
    link = f"{settings.SHARPEND_URL}{notice.path}" if notice.path else ""
    body = "\n\n".join(part for part in (notice.body, link) if part)
    headers = {"Message-ID": f"<notice-{notice.pk}@{domain()}>", "Auto-Submitted": "auto-generated"}
    if notice.thread:
        headers["References"] = headers["In-Reply-To"] = thread_id(notice.thread)
    return EmailMessage(
        " ".join(notice.subject.split()), body or notice.subject, to=[address_of(notice.person)], headers=headers
    )
