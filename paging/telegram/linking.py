"""Linking a chat to a person: a link with a code in it, good for ten minutes and once, and whoever opens it is in that chat."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.http import base36_to_int, int_to_base36
from django.utils.translation import gettext as _

from incidents.models import NotAllowed
from paging import methods
from paging.channels import telegram_api
from paging.channels.base import SendFailed
from paging.channels.known import available
from paging.models import ContactMethod
from teams.models import User

LIFE = timedelta(minutes=10)
KIND = ContactMethod.Kind.TELEGRAM
SIGNATURE = 24
"""Bytes of it: a code has at most 64 letters, digits, - and _ (Telegram, "Deep linking")."""
WEB = "https://t.me"


def code_of(user: User, *, at: datetime) -> str:
    """A code that links the chat which brings it to `user`."""
    named = f"{int_to_base36(user.pk)}_{int_to_base36(int((at + LIFE).timestamp()))}"
    return f"{named}_{_sign(named)}"


@dataclass(frozen=True)
class Invitation:
    """What a person opens, or types, in their Telegram; good for ten minutes and once."""

    bot: str
    code: str

    @property
    def link(self) -> str:
        """The address that opens the bot with the code."""
        return f"{WEB}/{self.bot}?start={self.code}"


def invite(user: User, *, at: datetime) -> Invitation:
    """How `user` links their chat; Telegram is asked once a day what the bot is called. Raises NotAllowed with its words."""
    if KIND not in available():
        raise NotAllowed(_("This installation has no bot of Telegram: TELEGRAM_TOKEN is not set."))
    try:
        bot = telegram_api.bot_name()
    except SendFailed as error:
        raise NotAllowed(str(error)) from error
    return Invitation(bot, code_of(user, at=at))


def _sign(named: str) -> str:
    mac = salted_hmac("paging.telegram.link", named, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(mac[:SIGNATURE]).decode()


def _person(code: str, at: datetime) -> User | None:
    parts = code.split("_", 2)
    if len(parts) != len(("person", "until", "signature")) or not code.isascii():
        return None
    if not hmac.compare_digest(parts[2], _sign(f"{parts[0]}_{parts[1]}")):
        return None
    if base36_to_int(parts[1]) < at.timestamp():
        return None
    return User.objects.active().filter(pk=base36_to_int(parts[0])).first()


@transaction.atomic
def link(code: str, chat: str, *, at: datetime) -> str:
    """The chat that brings the code wakes its person from now on; returns the sentence for it."""
    person = _person(code, at)
    # Once, unless it is the same chat again: a link that was passed on opens nothing.
    mark = f"telegram:code:{salted_hmac('paging.telegram.used', code).hexdigest()}"
    if person is None or (not cache.add(mark, chat, LIFE.total_seconds()) and cache.get(mark) != chat):
        return _("This link is too old or was used. Take a new one: %s") % _where()
    try:
        method = methods.add_method(person, kind=KIND, address=chat)
    except NotAllowed as refusal:
        return str(refusal)
    methods.verify(method, at=at)
    words = {"who": person.short_name, "link": _where()}
    return _("Pages for %(who)s arrive here from now on. Test it: %(link)s") % words


def _where() -> str:
    return f"{settings.SHARPEND_URL}/settings/methods/"
