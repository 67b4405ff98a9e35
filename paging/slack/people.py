"""Who is behind a member id of Slack, and the way for those of whom nobody knows."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from paging.models import ContactMethod
from teams.models import User


def person_of(member: str) -> User | None:
    """The active person who proved that this member id is theirs."""
    rows = ContactMethod.objects.filter(kind="slack", address=member, verified_at__isnull=False, user__is_active=True)
    method = rows.select_related("user").order_by("pk").first()
    return method.user if method else None


def offer(member: str) -> str:
    """How to link: the address only fills in the form, for a code that Slack brings proves whose account it is."""
    link = f"{settings.SHARPEND_URL}/settings/methods/?{urlencode({'kind': 'slack', 'address': member})}"
    return _("Sharp End does not know you yet. Link your Slack account here, once: %s") % link
