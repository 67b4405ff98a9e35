"""Pages by Web Push: encrypted for one browser (RFC 8291), signed by us (RFC 8292), kept by the push service while it sleeps.

The library encrypts and signs; the request itself goes through the one safe client, like every address that people bring.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from pywebpush import WebPusher, WebPushException

from foundation.egress import http
from paging.channels import webpush_hooks
from paging.channels.base import Item, Message, Receipt, SendFailed
from paging.channels.refusals import ask
from paging.channels.webpush_subscription import Subscription, clean, read
from paging.channels.words import headline, lines, shortened

__all__ = ["Webpush", "clean"]
LIMIT = 5.0
"""Seconds in total for one push."""
TTL = {"critical": 3600}
DEFAULT_TTL = 600
"""Seconds that the service keeps it for a phone without a connection. The library's default of 0 would drop the page."""
SIGNED_FOR = 12 * 3600
"""Seconds that a signature is good; services refuse more than a day."""
LONGEST = 3000  # bytes, of 3,993 that every service takes (RFC 8291, 4)
GONE = {404, 410}
OTHER_KEY = 403


class Webpush:
    """Pushes to one browser. Its worker says when a push arrived, so that a silent phone lets the next method ring."""

    kind = "webpush"
    receipts = True

    def send(self, address: str, message: Message) -> str:
        """Push it; returns the service's name of it, or ours. Raises SendFailed."""
        try:
            there = read(address)
            sealed = WebPusher(_info(there)).encode(self.compose(message))["body"]
        except (ValueError, WebPushException) as error:
            raise SendFailed(str(error), switch_off=True) from error
        until = int(timezone.now().timestamp()) + SIGNED_FOR
        headers = {"Authorization": webpush_hooks.signed(there.origin, until), **_headers(message)}
        answer = ask(lambda: _push(there.endpoint, sealed, headers), ours=False)
        return answer.headers.get("location", "")[:300] or message.batch.hex

    def ask(self, reference: str) -> Receipt | None:
        """A push service knows no more than that it took it."""
        return None

    @staticmethod
    def compose(message: Message) -> bytes:
        """What the worker shows and where it answers, as JSON of at most `LONGEST` bytes; every incident is named."""
        first = message.items[0]
        said: dict[str, Any] = {
            "v": 1,
            "title": shortened(headline(message), 250),
            "body": "",
            "tag": first.number or "test",
            "number": first.number,
            "class": first.severity,
            "why": shortened(first.because, 150),
            "path": urlsplit(first.link).path,
            "arrived": webpush_hooks.path(message.batch),
            "sent": int(timezone.now().timestamp() * 1000),
            "test": message.is_test,
            "actions": _actions(message),
        }
        if len(message.items) > 1:
            said["numbers"] = [item.number for item in message.items]
        body, room = _body(message.items, lines(message)), LONGEST
        while len(content := _json({**said, "body": shortened(body, room)})) > LONGEST:
            room -= max(len(content) - LONGEST, 3)
        return content


def _json(said: dict[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _body(items: Sequence[Item], text: str) -> str:
    """Of a bundle, the numbers first: a lock screen shows little."""
    return f"{', '.join(item.number for item in items)}\n{text}" if len(items) > 1 else text


def _actions(message: Message) -> list[dict[str, str]]:
    """The buttons, where the platform has them. Of a bundle, one press answers the worst; the others are one tap away."""
    acknowledge = _("It rang") if message.is_test else _("Acknowledge")
    if len(message.items) > 1:
        acknowledge = f"{acknowledge} {message.items[0].number}"
    return [{"action": "acknowledge", "title": acknowledge}, {"action": "open", "title": _("Open")}]


def _info(there: Subscription) -> dict[str, Any]:
    return {"endpoint": there.endpoint, "keys": {"p256dh": there.p256dh, "auth": there.auth}}


def _headers(message: Message) -> dict[str, str]:
    return {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(TTL.get(message.items[0].severity, DEFAULT_TTL)),
        "Urgency": "high",
        "Topic": topic(message),
    }


def topic(message: Message) -> str:
    """A page that still waits at the service is replaced by a later one of the same incident, and by nothing else.

    At most 32 characters that fit an address (RFC 8030, 5.4); the service learns no number from it.
    """
    if len(message.items) > 1 or not message.items[0].number:
        return message.batch.hex
    digest = salted_hmac("paging.webpush.topic", message.items[0].number, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def _push(endpoint: str, sealed: bytes, headers: dict[str, str]) -> http.Answer:
    """POST it. Raises SendFailed for a subscription that has ended, and as the client does."""
    answer = http.call("POST", endpoint, body=sealed, headers=headers, limit=LIMIT)
    if answer.status in GONE:
        raise SendFailed(_("The browser has ended its subscription: switch push on again there."), switch_off=True)
    if answer.status == OTHER_KEY:
        raise SendFailed(_("The subscription was made for another key of ours: switch push on again."), switch_off=True)
    if answer.status == 401:  # noqa: PLR2004
        raise SendFailed(_("The push service refused our signature."), permanent=True, administrators=True)
    return answer
