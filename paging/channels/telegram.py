"""Pages by a bot in Telegram, with buttons; the message says later who has it and that it is over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from paging.channels import telegram_api
from paging.channels.base import Message, News, Receipt, SendFailed
from paging.channels.telegram_text import compose, plain

CHAT = re.compile(r"[1-9][0-9]{4,15}")
"""A person. Groups have negative numbers, and a page is for one person."""
FORM = ("can't parse", "button_data_invalid", "message is too long", "entities")
NOT_WORTH = ("message is not modified", "message to edit not found", "message can't be edited")
"""What Telegram says to an edit that is not worth another try, nor a word to anybody."""


def clean(address: str) -> str:
    """The number of a private chat, as the bot tells it. Raises ValueError with a sentence."""
    address = address.strip()
    if not CHAT.fullmatch(address):
        raise ValueError(_("Press Link Telegram, or give the number that the bot tells you when you write to it."))
    return address


def _chat(address: str) -> int:
    """As Telegram wants it. Raises SendFailed for what is no chat: a file may name anything."""
    if not CHAT.fullmatch(address):
        raise SendFailed(_("This is no private chat of Telegram."), switch_off=True)
    return int(address)


class Telegram:
    """Sends to a private chat; the reference is the message's number in it."""

    kind = "telegram"
    receipts = False

    def send(self, address: str, message: Message) -> str:
        """Send it; returns its number. Raises SendFailed."""
        try:
            return self._send({"chat_id": _chat(address), **compose(address, message, {})})
        except telegram_api.Refused as error:
            if not any(sign in error.said for sign in FORM):
                raise
        # A page without buttons wakes too.
        return self._send({"chat_id": _chat(address), "text": plain(message)})

    def say(self, address: str, text: str) -> str:
        """A few plain words: the code that proves the address."""
        return self._send({"chat_id": _chat(address), "text": text[:3500]})

    def edit(self, address: str, reference: str, message: Message, news: Mapping[int, News]) -> None:
        """Show what became of the pages of an earlier message. Raises SendFailed."""
        if not reference.isdigit():
            return
        fields = {"chat_id": _chat(address), "message_id": int(reference), **compose(address, message, news)}
        try:
            telegram_api.call("editMessageText", fields)
        except telegram_api.Refused as error:
            if not any(sign in error.said for sign in NOT_WORTH):
                raise

    def ask(self, reference: str) -> Receipt | None:
        """Telegram tells no bot who has read what."""
        return None

    @staticmethod
    def _send(fields: dict[str, Any]) -> str:
        taken = telegram_api.call("sendMessage", fields)
        return str(taken.get("message_id", "")) if isinstance(taken, dict) else ""
