"""Telegram asked for what is new, again and again, over connections that we open: nobody needs to reach us.

What was taken is in the database before Telegram is told so (by the next question): what was not, comes again.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone, translation

from paging import long_polls
from paging.channels import telegram_api
from paging.channels.base import SendFailed
from paging.pressed import LATEST
from paging.telegram.updates import KINDS, Saying, take

HOLD = 25
"""Seconds that Telegram keeps a question open while nothing is new."""
PATIENCE = 10
"""Seconds more until we give a question up."""
MOST = 50
POLLED = "telegram:polled"
KEPT = 7 * 24 * 60 * 60
logger = logging.getLogger(__name__)


def run(stopping: threading.Event) -> None:
    """Ask until `stopping`; however long Telegram is away, it is tried again."""
    offset, begun = 0, False

    def once() -> None:
        nonlocal offset, begun
        try:
            if not begun:
                telegram_api.call("deleteWebhook", {"drop_pending_updates": False})
                begun = True
            offset = ask(offset)
        except SendFailed:
            begun = False
            raise

    long_polls.keep_asking(stopping, once, role="telegram", name="Telegram")


def ask(offset: int) -> int:
    """One question, and everything that it brings; returns the next offset. Raises SendFailed, or Django's database errors."""
    late = _waited(timezone.now())
    asked = {"offset": offset, "limit": MOST, "timeout": HOLD, "allowed_updates": KINDS}
    found = telegram_api.call("getUpdates", asked, limit=HOLD + PATIENCE)
    for update in found if isinstance(found, list) else ():
        take_one(update, late=late)
        number = update.get("update_id") if isinstance(update, dict) else None
        offset = max(offset, number + 1) if isinstance(number, int) else offset
    cache.set(POLLED, timezone.now().timestamp(), KEPT)
    return offset


def _waited(at: datetime) -> bool:
    """Whether what comes now may have waited at Telegram for longer than a press may: nobody asked for it."""
    last: float | None = cache.get(POLLED)
    return last is None or at.timestamp() - last > LATEST.total_seconds()


def take_one(update: Any, *, late: bool) -> None:
    """Take one update and say what is to be said. One that we cannot take is left behind, the database's errors are raised."""
    try:
        with translation.override(settings.LANGUAGE_CODE):
            said = take(update, at=timezone.now(), late=late)
    except long_polls.AWAY:
        raise
    except Exception:
        logger.exception("an update of Telegram was not taken")
        return
    if said:
        tell(said)


def tell(said: Saying) -> None:
    """Say it; it may be lost, for the message itself says what is so."""
    try:
        telegram_api.call(said.method, said.fields)
    except SendFailed as error:
        logger.warning("Telegram did not take an answer: %s", error)
