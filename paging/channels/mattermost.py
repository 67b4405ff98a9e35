"""Pages by a bot's direct message in Mattermost, with buttons; the message says later who has it and that it is over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _

from paging.channels import json_api, mattermost_api
from paging.channels.base import Message, News, Receipt, SendFailed
from paging.channels.mattermost_text import compose, escaped

USER = re.compile(r"[a-z0-9]{26}")
NAME = re.compile(r"@?([a-z0-9][a-z0-9._-]{0,63})")
POST = re.compile(r"[a-z0-9]{26}")


def clean(address: str) -> str:
    """The id of a user, or a user name or e-mail that Mattermost knows: then it is asked for the id.

    Raises ValueError with a sentence.
    """
    address = address.strip()
    if USER.fullmatch(address):
        return address
    name = NAME.fullmatch(address.lower())
    if not name and "@" not in address.strip("@"):
        raise ValueError(_("Give your user name in Mattermost, or the e-mail with which it knows you."))
    if not (settings.MATTERMOST_URL and settings.MATTERMOST_TOKEN):
        raise ValueError(_("Mattermost is not set up here."))
    path = f"users/username/{quote(name[1], safe='')}" if name else f"users/email/{quote(address, safe='')}"
    try:
        found = mattermost_api.call("GET", path)
    except SendFailed as error:
        missing = isinstance(error, json_api.Refused) and error.switch_off
        raise ValueError(_("Mattermost knows nobody of this name.") if missing else str(error)) from error
    user = str(found.get("id", ""))
    if not USER.fullmatch(user) or found.get("delete_at") or found.get("is_bot"):
        raise ValueError(_("Mattermost knows nobody of this name."))
    return user


class Mattermost:
    """Posts to the direct channel of our bot and the person; the reference is the id of the post."""

    kind = "mattermost"
    receipts = False

    def send(self, address: str, message: Message) -> str:
        """Post it; returns its id. Raises SendFailed."""
        return self._post(address, compose(address, message, {}))

    def say(self, address: str, text: str) -> str:
        """A few plain words: the code that proves the address."""
        return self._post(address, {"message": escaped(text)})

    def edit(self, address: str, reference: str, message: Message, news: Mapping[int, News]) -> None:
        """Show what became of the pages of an earlier message. Raises SendFailed."""
        if not POST.fullmatch(reference):
            return
        try:
            mattermost_api.call("PUT", f"posts/{reference}", {"id": reference, **compose(address, message, news)})
        except json_api.Refused as error:
            # A post that is gone, or too old for the server's limit, is not worth another try, nor a word to anybody.
            if not (error.status == mattermost_api.NOT_THERE or "time_limit" in error.code):
                raise

    def ask(self, reference: str) -> Receipt | None:
        """Mattermost tells no bot who has read what."""
        return None

    @staticmethod
    def _post(address: str, fields: dict[str, Any]) -> str:
        if not USER.fullmatch(address):
            raise SendFailed(_("This is no user of Mattermost."), switch_off=True)
        channel = mattermost_api.channel_with(address)
        return str(mattermost_api.call("POST", "posts", {"channel_id": channel, **fields}).get("id", ""))
