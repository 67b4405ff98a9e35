"""What a young organisation does next: cards that vanish by facts, never by clicks."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.models import Key
from status.models import Component
from teams.models import Role, User

YOUNG = 5
"""An organisation of more people than this has begun."""


@dataclass(frozen=True)
class Card:
    """One thing to do, and why."""

    title: str
    text: str
    url: str
    act: str


def next_cards(user: User) -> list[Card]:
    """For the administrator of a young organisation; one query for a grown one, three at most."""
    if user.role != Role.ADMIN:
        return []
    people = User.objects.active()[: YOUNG + 1].count()
    if people > YOUNG:
        return []
    cards = []
    if people == 1:
        words = _("Then somebody else is asked when you do not answer.")
        cards.append(Card(_("Invite a second person"), words, reverse("teams:invite"), _("Invite")))
    if not Key.objects.filter(last_used_at__isnull=False).exists():
        words = _("No machine has sent an alert yet; what to paste stands there.")
        cards.append(Card(_("Connect a real source"), words, reverse("desk:first_try"), _("Connect")))
    if not Component.objects.exists():
        words = _("Customers then see what works. Name it under “components” in the organisation’s file.")
        cards.append(Card(_("Publish the status page"), words, "/status/", _("Look at it")))
    return cards
