"""What is not enough alone: a push on a device that shows it without buttons (paging rules, "Web Push")."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from incidents.models import NotAllowed
from paging.channels.webpush_subscription import read
from paging.models import ContactMethod
from paging.outbox import ways_of
from teams.models import Severity, User


def not_enough(user: User) -> str:
    """Why the ways that ring `user` for a critical page are not enough; empty when they are, or when there is none at all."""
    rings = ways_of([user.pk], Severity.CRITICAL)[user.pk]
    if not rings or any(ring.kind != ContactMethod.Kind.WEBPUSH for ring in rings):
        return ""
    if enough(list(ContactMethod.objects.filter(pk__in=[ring.method_id for ring in rings]))):
        return ""
    return _(
        "Push on an iPhone or iPad is not enough for critical pages: it rings once, quietly, and has no buttons. "
        "Let a phone call, a text message, ntfy or mail ring too."
    )


def enough(ringing: Sequence[ContactMethod]) -> bool:
    """Whether these ways together are enough to wake somebody for a critical page; none at all is another matter."""
    return not ringing or any(method.kind != ContactMethod.Kind.WEBPUSH or _enough(method) for method in ringing)


def refuse_alone(user: User) -> None:
    """Raises NotAllowed when what is about to be written would leave `user` with ways that are not enough."""
    if why := not_enough(user):
        raise NotAllowed(why)


def _enough(method: ContactMethod) -> bool:
    try:
        return read(method.address).enough_alone
    except ValueError:
        return False
