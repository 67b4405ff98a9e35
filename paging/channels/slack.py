"""Pages by direct message in Slack, with buttons; the message says later who has it and that it is over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from paging.channels import slack_api
from paging.channels.base import Message, News, Receipt, SendFailed
from paging.channels.slack_blocks import compose, escaped
from paging.channels.words import headline, lines

USER = re.compile(r"[UW][A-Z0-9]{6,20}")
ALREADY_SO = {"message_not_found", "cant_update_message", "edit_window_closed"}
"""What Slack says to an edit that is not worth another try, nor a word to anybody."""


def clean(address: str) -> str:
    """A member id of Slack, or the e-mail with which Slack knows the person: then Slack is asked for the id.

    Raises ValueError with a sentence.
    """
    address = address.strip()
    if USER.fullmatch(address.upper()):
        return address.upper()
    try:
        validate_email(address)
    except ValidationError as error:
        raise ValueError(_("Give your e-mail at Slack, or your member ID such as U024BE7LH.")) from error
    if not settings.SLACK_BOT_TOKEN:
        raise ValueError(_("Slack is not set up here."))
    try:
        found = slack_api.call("users.lookupByEmail", {"email": address}, form=True)
    except SendFailed as error:
        missing = isinstance(error, slack_api.Refused) and error.switch_off
        sentence = _("Slack knows nobody with this e-mail: give your member ID.") if missing else str(error)
        raise ValueError(sentence) from error
    user = found.get("user")
    return str(user["id"]) if isinstance(user, dict) and USER.fullmatch(str(user.get("id", ""))) else _unread()


def _unread() -> str:
    raise ValueError(_("The provider's answer cannot be read."))


class Slack:
    """Sends to a member of the workspace; the reference is `channel:ts`."""

    kind = "slack"
    receipts = False

    def send(self, address: str, message: Message) -> str:
        """Post it; returns where it stands. Raises SendFailed."""
        try:
            return self._post({"channel": address, **compose(address, message, {})})
        except slack_api.Refused as error:
            if not error.code.startswith("invalid_blocks"):
                raise
        # A page without buttons wakes too.
        return self._post({"channel": address, "text": escaped(f"{headline(message)}\n{lines(message)}")[:3000]})

    def say(self, address: str, text: str) -> str:
        """A few plain words: the code that proves the address."""
        return self._post({"channel": address, "text": escaped(text)})

    def edit(self, address: str, reference: str, message: Message, news: Mapping[int, News]) -> None:
        """Show what became of the pages of an earlier message. Raises SendFailed."""
        channel, _colon, stamp = reference.partition(":")
        try:
            slack_api.call("chat.update", {"channel": channel, "ts": stamp, **compose(address, message, news)})
        except slack_api.Refused as error:
            if error.code not in ALREADY_SO:
                raise

    def ask(self, reference: str) -> Receipt | None:
        """Slack tells nobody who has read what."""
        return None

    @staticmethod
    def _post(fields: dict[str, Any]) -> str:
        taken = slack_api.call("chat.postMessage", {**fields, "unfurl_links": False, "unfurl_media": False})
        return f"{taken.get('channel', '')}:{taken.get('ts', '')}"
