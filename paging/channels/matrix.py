"""Pages by Matrix in a direct room, answered by reactions; the message says later who has it and that it is over."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from paging.channels import json_api, matrix_api
from paging.channels.base import Message, News, Receipt, SendFailed
from paging.channels.matrix_text import compose, plain, replaced

USER = re.compile(r"@[a-z0-9._=/+-]{1,200}:[A-Za-z0-9.:\[\]-]{1,200}")
EVENT = "m.room.message"


def clean(address: str) -> str:
    """A user id of Matrix. Raises ValueError with a sentence."""
    address = address.strip()
    if not USER.fullmatch(address) or len(address) > 255:  # noqa: PLR2004 - the specification's limit
        raise ValueError(_("Give your Matrix ID, such as @alice:example.org."))
    return address


def named(address: str, *parts: object) -> str:
    """The name under which a server takes an event once: a page sent again after a crash is not a second message."""
    return hashlib.sha256(repr((address, *parts)).encode()).hexdigest()[:40]


class Matrix:
    """Sends to the direct room with a user; the reference is `room event`."""

    kind = "matrix"
    receipts = False

    def send(self, address: str, message: Message) -> str:
        """Send it; returns where it stands. Raises SendFailed."""
        pages = [item.page_id for item in message.items]
        return self._send(address, named(address, "page", *pages), compose(address, message, {}))

    def say(self, address: str, text: str) -> str:
        """A few plain words: the code that proves the address."""
        return self._send(address, uuid4().hex, plain(text))

    def edit(self, address: str, reference: str, message: Message, news: Mapping[int, News]) -> None:
        """Show what became of the pages of an earlier message. Raises SendFailed."""
        room, _blank, event = reference.partition(" ")
        if not event:
            return
        content = replaced(event, compose(address, message, news))
        try:
            matrix_api.put(room, EVENT, named(address, event, content["body"]), content)
        except json_api.Refused as error:
            if error.code not in matrix_api.LOST:
                raise

    def ask(self, reference: str) -> Receipt | None:
        """Read markers are private on many clients, and say nothing of being awake."""
        return None

    @staticmethod
    def _send(address: str, name: str, content: dict[str, Any]) -> str:
        if not USER.fullmatch(address):
            raise SendFailed(_("This is no user of Matrix."), switch_off=True)
        room = matrix_api.room_with(address)
        try:
            return f"{room} {matrix_api.put(room, EVENT, name, content)}"
        except json_api.Refused as error:
            if error.code not in matrix_api.LOST:
                raise
        # We are not in that room any more: another one, with another invitation, and the page in it.
        matrix_api.forget(address)
        room = matrix_api.room_with(address)
        return f"{room} {matrix_api.put(room, EVENT, name, content)}"
