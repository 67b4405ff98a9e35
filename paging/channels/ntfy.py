"""Pages by ntfy: the operator's server or any other, the loudest priority, and buttons that acknowledge."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from foundation.egress import http
from paging.channels.base import Message, Receipt, SendFailed
from paging.channels.refusals import ask
from paging.channels.words import headline, lines, shortened

TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
LOUDEST = 5
MOST_BUTTONS = 3  # ntfy shows no more
LONGEST = 3000  # bytes: ntfy turns more than 4,096 into an attachment


def clean(address: str) -> str:
    """A topic on the operator's server, or the full address of a topic elsewhere. Raises ValueError with a sentence."""
    address = address.strip().rstrip("/")
    if TOPIC.fullmatch(address):
        if not settings.NTFY_URL:
            raise ValueError(_("Give the full address, such as https://ntfy.example.com/my-topic."))
        return address
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not TOPIC.fullmatch(parts.path.strip("/")):
        raise ValueError(_("This is no topic of ntfy: letters, digits, - and _, or https://server/topic."))
    return address


class Ntfy:
    """Publishes to a topic, as JSON to the server's root."""

    kind = "ntfy"
    receipts = False

    def send(self, address: str, message: Message) -> str:
        """Publish; returns ntfy's id of it. Raises SendFailed."""
        return self._publish(address, lambda topic: self.compose(topic, message))

    def say(self, address: str, text: str) -> str:
        """Publish a few plain words; returns ntfy's id of them. Raises SendFailed."""
        return self._publish(
            address, lambda topic: {"topic": topic, "message": text, "priority": LOUDEST, "actions": []}
        )

    @staticmethod
    def _publish(address: str, compose: Callable[[str], dict[str, Any]]) -> str:
        ours = bool(TOPIC.fullmatch(address))
        server, _slash, topic = (settings.NTFY_URL, "", address) if ours else address.rpartition("/")
        if ours and not server:
            raise SendFailed(_("NTFY_URL is not set: give the topic's full address."), permanent=True)
        headers = {"Authorization": f"Bearer {settings.NTFY_TOKEN}"} if ours and settings.NTFY_TOKEN else {}
        content = compose(topic)
        answer = ask(
            lambda: http.post_json(server.rstrip("/") + "/", content, headers=headers, typed=not ours), ours=ours
        )
        taken = answer.json()
        return str(taken.get("id", "")) if isinstance(taken, dict) else ""

    def ask(self, reference: str) -> Receipt | None:
        """ntfy knows subscribers, not readers."""
        return None

    @staticmethod
    def compose(topic: str, message: Message) -> dict[str, Any]:
        """What ntfy takes. A button posts to the page's own link once, then goes away."""
        single = len(message.items) == 1
        acknowledge = _("It rang") if message.is_test else _("Acknowledge")
        return {
            "topic": topic,
            "title": shortened(headline(message), 250),
            "message": shortened(lines(message), LONGEST),
            "priority": LOUDEST,
            "tags": ["rotating_light"],
            "click": message.items[0].link,
            "actions": [
                {
                    "action": "http",
                    "label": acknowledge if single else f"{acknowledge} {item.number}",
                    "url": item.link,
                    "method": "POST",
                    "clear": True,
                }
                for item in message.items[:MOST_BUTTONS]
            ],
        }
