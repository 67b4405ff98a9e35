"""Deliveries that were turned away: kept where their owner sees them, and bounded so that a flood fills no disk."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from alerts.models import RejectedDelivery, Source
from teams.models import Membership, Notice, Role, User

Reason = RejectedDelivery.Reason

UNKNOWN_KEPT = 1000
KEPT_OF_A_SOURCE = 500
UNKNOWN_A_MINUTE = 60
CONTENT_KEPT = 64 * 1024
SENTENCE_LENGTH = 500
TOLD_EVERY = timedelta(hours=1)


def unknown_key(*, kind: str, hint: str, sender: str, at: datetime) -> None:
    """Note a request with a key that nobody has."""
    of_nobody(Reason.UNKNOWN_KEY, _("No source has this key."), kind=kind, hint=hint, sender=sender, at=at)


def of_nobody(reason: str, sentence: str, *, kind: str, sender: str, at: datetime, hint: str = "") -> None:
    """Note a request that cannot be told to be any source's: nothing of its body, at most 60 a minute for each reason."""
    which = Q(source=None, reason=reason)
    recent = RejectedDelivery.objects.filter(which).order_by("-pk")
    last = recent.values_list("at", flat=True)[UNKNOWN_A_MINUTE - 1 : UNKNOWN_A_MINUTE].first()
    if last and last > at - timedelta(minutes=1):
        return
    RejectedDelivery.objects.create(
        at=at,
        kind=kind[:30],
        reason=reason,
        sentence=sentence[:SENTENCE_LENGTH],
        key_hint=hint,
        sender=_address(sender),
    )
    _prune(which, UNKNOWN_KEPT)


def of_source(
    source: Source,
    reason: Reason,
    sentence: str,
    *,
    at: datetime,
    hint: str = "",
    sender: str = "",
    content: bytes = b"",
) -> None:
    """Note a refused delivery of `source` and tell its owners, at most once an hour for each reason."""
    before = RejectedDelivery.objects.filter(source=source, reason=reason, at__gt=at - TOLD_EVERY).exists()
    RejectedDelivery.objects.create(
        at=at,
        source=source,
        kind=source.kind,
        reason=reason,
        sentence=sentence[:SENTENCE_LENGTH],
        key_hint=hint,
        sender=_address(sender),
        content=content[:CONTENT_KEPT],
    )
    _prune(Q(source=source), KEPT_OF_A_SOURCE)
    if not before:
        subject = _("Alerts of %(source)s are turned away: %(reason)s") % {"source": source, "reason": reason.label}
        tell_owners(source, subject[:300], sentence, at=at)


def tell_owners(source: Source, subject: str, body: str, *, at: datetime) -> None:
    """A word to the leads of the source's team; without any, to its manager; without, to the administrators."""
    Notice.objects.bulk_create(
        Notice(
            person=person,
            subject=subject,
            body=body,
            path=f"/services/sources/{source.slug}/",
            created_at=at,
            due_at=at,
        )
        for person in owners(source)
    )


def owners(source: Source) -> Iterable[User]:
    """Who answers for `source`."""
    if source.service:
        leads = User.objects.active().filter(
            memberships__team=source.service.team_id, memberships__place=Membership.Place.LEAD
        )
        managers = User.objects.active().filter(teams_managed=source.service.team_id)
        found = list(leads) or list(managers)
        if found:
            return found
    return User.objects.active().filter(role=Role.ADMIN)


def _prune(which: Q, keep: int) -> None:
    """Delete all but the newest `keep` rows."""
    rows = RejectedDelivery.objects.filter(which).order_by("-pk")
    oldest = rows.values_list("pk", flat=True)[keep - 1 : keep].first()
    if oldest:
        RejectedDelivery.objects.filter(which, pk__lt=oldest).delete()


def _address(sender: str) -> str | None:
    try:
        return str(ipaddress.ip_address(sender))
    except ValueError:
        return None
