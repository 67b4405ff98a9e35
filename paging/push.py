"""Browsers that wake their person: subscribing one, its new address, and the word that a push arrived."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.models import NotAllowed
from paging import methods, receipts
from paging.channels.base import Receipt
from paging.channels.known import available
from paging.channels.webpush_subscription import Subscription, read
from paging.models import ContactMethod, Delivery, Page
from teams.models import User

KIND = ContactMethod.Kind.WEBPUSH


def endpoint_of(method: ContactMethod) -> str:
    """Where its browser is pushed to; empty when the stored address cannot be read."""
    try:
        return read(method.address).endpoint
    except ValueError:
        return ""


def find(user: User, endpoint: str) -> ContactMethod | None:
    """The way of `user` that leads to this browser."""
    mine = ContactMethod.objects.filter(user=user, kind=KIND)
    return next((method for method in mine if endpoint and endpoint_of(method) == endpoint), None)


@transaction.atomic
def subscribe(user: User, there: Subscription, *, old: str = "") -> ContactMethod:
    """This browser wakes `user`. The same browser is one way, and stays what it is in the person's rules.

    `old` is the endpoint that the browser had before: who knows it is that browser, and what was verified stays so. A way
    that had ended on a device of the same name is taken up again, and waits for its proof. Raises NotAllowed.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if same := find(user, there.endpoint):
        return _change(same, there, verified=same.usable)
    if before := find(user, old):
        return _change(before, there, verified=before.usable)
    ended = ContactMethod.objects.filter(user=user, kind=KIND, disabled_at__isnull=False, from_file=False)
    for method in ended:
        if method.shown == there.device:
            return _change(method, there, verified=False)
    if KIND not in available():
        raise NotAllowed(_("This installation cannot push yet: VAPID_PRIVATE_KEY is not set."))
    return methods.add_method(user, kind=KIND, address=there.address)


def _change(method: ContactMethod, there: Subscription, *, verified: bool) -> ContactMethod:
    method.address = there.address
    if not verified:
        method.verified_at, method.disabled_at, method.disabled_because = None, None, ""
    method.save(update_fields=["address", "verified_at", "disabled_at", "disabled_because"])
    return method


@transaction.atomic
def arrived(batch: UUID, *, at: datetime) -> bool:
    """The browser's worker has this message: it is delivered, and a test proves the address. Returns whether any page of it
    still asks its person, so that a push that slept for an hour says so."""
    receipts.record(batch, Receipt("delivered"), at=at)
    methods.proved_by(Delivery.objects.filter(batch=batch, kind=KIND), at=at)
    pages = Page.objects.filter(deliveries__batch=batch, deliveries__kind=KIND)
    return pages.filter(incident=None, acked_at=None).exists() or pages.asking().exists()
