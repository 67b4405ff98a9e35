"""What one update of Telegram asks for: a press, a code that links a chat, or words. Done once, however often it comes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from paging import chat, replies
from paging.channels.telegram_text import KIND
from paging.pressed import LATEST, again
from paging.telegram import linking

DAY = 24 * 60 * 60
ANSWERS = 5
"""Answers a day to a chat of which nobody knows: two machines must not talk to each other all night."""
TOAST = 200
"""Characters that Telegram shows over the chat."""
_START = re.compile(r"/start(?:@\w+)?(?:\s+(\S{1,64}))?\s*")
KINDS = ("message", "callback_query")
"""Updates that Telegram is asked for."""


@dataclass(frozen=True)
class Saying:
    """A method of Telegram to be asked next, and its fields."""

    method: str
    fields: dict[str, Any] = field(default_factory=dict)


def take(update: Any, *, at: datetime, late: bool = False) -> Saying | None:
    """Do what it asks for; returns what is to be said. `late`: it may have waited longer than a press may."""
    number = update.get("update_id") if isinstance(update, Mapping) else None
    if not isinstance(number, int):
        return None
    with transaction.atomic():
        if not cache.add(f"telegram:once:{number}", 1, DAY):
            return None
        if isinstance(press := update.get("callback_query"), Mapping):
            return _pressed(press, at, late=late)
        if isinstance(message := update.get("message"), Mapping):
            return _written(message, at)
    return None


def _number(found: Any, *path: str) -> int:
    """The whole number at `path`; 0 for anything else that stands there."""
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _pressed(press: Mapping[str, Any], at: datetime, *, late: bool) -> Saying | None:
    name, data, account = chat.clear(press.get("id")), chat.clear(press.get("data")), _number(press, "from", "id")
    if not name or account <= 0:
        return None
    # Telegram does not say when a button was pressed.
    said = again(timedelta.max) if late else chat.press(KIND, str(account), data, at=at)
    return Saying("answerCallbackQuery", {"callback_query_id": name, "text": said[:TOAST], "show_alert": late})


def _written(message: Mapping[str, Any], at: datetime) -> Saying | None:
    """Only in a private chat, whose number is its person's."""
    account, text = _number(message, "from", "id"), chat.clear(message.get("text")).strip()
    if account <= 0 or account != _number(message, "chat", "id") or not text:
        return None
    told = _answer(str(account), text, at, written=_number(message, "date"))
    return Saying("sendMessage", {"chat_id": account, "text": told[:3500]}) if told else None


def _answer(account: str, text: str, at: datetime, *, written: int) -> str:
    start = _START.fullmatch(text)
    if start and start[1]:
        return linking.link(start[1], account, at=at)
    person = chat.person_of(KIND, account)
    if person is None:
        return chat.offer(KIND, account) if chat.answers_left(KIND, account, ANSWERS) else ""
    if start:
        return _("Pages for %s arrive here.") % person.short_name
    if at.timestamp() - written > LATEST.total_seconds():
        return _("You wrote this some time ago, so nothing was changed. Send it again if it is still so.")
    said = replies.by_text(person, text, at=at, via=KIND)
    return said.text if said.changed or chat.answers_left(KIND, account, ANSWERS) else ""
