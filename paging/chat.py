"""What people do in a chat: who is behind an account, and what a press on the button of a page does.

Every medium with buttons comes through here, and from here through the door of every other reply.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from paging import methods, replies
from paging.channels import buttons
from paging.models import ContactMethod, Page
from teams.models import User

DAY = 24 * 60 * 60


def clear(found: object) -> str:
    """The text that a medium sent, without what no text holds: NULs and halves of characters. Empty for anything else."""
    return found.replace("\x00", "").encode(errors="replace").decode() if isinstance(found, str) else ""


def mark(text: str) -> str:
    """A short name for what may be long, or hold anything."""
    return salted_hmac("paging.chat", text, algorithm="sha256").hexdigest()[:40]


def answers_left(kind: str, account: str, most: int) -> bool:
    """Whether an account whose words change nothing gets an answer still: at most so many a day."""
    counter = f"{kind}:passive:{mark(account)}"
    cache.add(counter, 0, DAY)
    return cache.incr(counter) <= most


def person_of(kind: str, account: str) -> User | None:
    """The active person who proved that this account is theirs."""
    rows = ContactMethod.objects.filter(kind=kind, address=account, verified_at__isnull=False, user__is_active=True)
    method = rows.select_related("user").order_by("pk").first()
    return method.user if method else None


def offer(kind: str, account: str) -> str:
    """How to link: the address only fills in the form, for a code that the medium brings proves whose account it is."""
    link = f"{settings.SHARPEND_URL}/settings/methods/?{urlencode({'kind': kind, 'address': account})}"
    words = {"medium": ContactMethod.Kind(kind).label, "link": link}
    return _("Sharp End does not know you yet. Link your %(medium)s account here, once: %(link)s") % words


def too_old() -> str:
    """The sentence for a button that is good no more, or not for who pressed it."""
    return _("This button is too old, or somebody else's. Open Sharp End: %s") % f"{settings.SHARPEND_URL}/"


def page_of(kind: str, account: str, page_id: int) -> Page | None:
    """The page with this id, when whoever has the account is still its person."""
    page = Page.objects.select_related("person", "incident").filter(pk=page_id, person__is_active=True).first()
    if page is None:
        return None
    linked = ContactMethod.objects.filter(user=page.person, kind=kind, address=account)
    # The press on a test page is one of the ways to prove the address.
    linked = linked if page.incident_id is None else linked.filter(verified_at__isnull=False)
    return page if linked.exists() else None


def press(kind: str, account: str, token: str, *, at: datetime) -> str:
    """Do what was pressed; returns the sentence for who pressed it. Whoever is unknown is offered the link."""
    try:
        wish = buttons.read(kind, account, token)
    except buttons.Unknown:
        wish = None
    page = page_of(kind, account, wish.page_id) if wish else None
    if wish is None or page is None:
        return too_old() if person_of(kind, account) else offer(kind, account)
    return answer(page, wish.act, at=at, via=kind)


@transaction.atomic
def answer(page: Page, act: str, *, at: datetime, via: str) -> str:
    """The person of this page answers it; returns the sentence. Messages of it change soon after."""
    if page.incident is None:
        said = replies.rang(page, at=at, via=via).text
        methods.proved(page, at=at)
    else:
        said = replies.reply(page.person, page.incident.pk, act, at=at, via=via)
    wake("edits")
    return said
