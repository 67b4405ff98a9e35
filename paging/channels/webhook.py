"""Pages to a program of the person's own, signed as the Standard Webhooks specification says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4

from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from foundation.egress import http
from foundation.egress.addresses import is_plain
from paging.channels.base import Message, Receipt
from paging.channels.refusals import ask


def clean(address: str) -> str:
    """An https address (http only where it is allowed to reach). Raises ValueError with a sentence."""
    address = address.strip()
    if not is_plain(address):
        raise ValueError(_("This is no address of a webhook: it begins with https:// and names no password."))
    return address


def secret_of(address: str) -> str:
    """The secret that signs what goes to this address, as receivers want it (`whsec_...`); the same as long as SECRET_KEY."""
    return "whsec_" + base64.b64encode(_key(address)).decode()


def _key(address: str) -> bytes:
    return salted_hmac("paging.webhook", address, algorithm="sha256").digest()


def signature(address: str, name: str, stamp: int, body: bytes) -> str:
    """`v1,<base64>` over `id.timestamp.body` (Standard Webhooks, "Signature scheme")."""
    signed = hmac.new(_key(address), f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


class Webhook:
    """POSTs the page as JSON. The same message keeps its id when it is sent again."""

    kind = "webhook"
    receipts = False

    def send(self, address: str, message: Message) -> str:
        """Post it; returns the message's id. Raises SendFailed."""
        return self._post(address, f"page-{message.items[0].page_id}-{len(message.items)}", self.compose(message))

    def say(self, address: str, text: str) -> str:
        """Post a few plain words; returns the message's id. Raises SendFailed."""
        content = {"type": "words", "timestamp": timezone.now().isoformat(), "data": {"text": text}}
        return self._post(address, f"words-{uuid4()}", content)

    @staticmethod
    def _post(address: str, name: str, content: dict[str, Any]) -> str:
        stamp, body = int(timezone.now().timestamp()), json.dumps(content, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(address, name, stamp, body),
        }
        ask(lambda: http.call("POST", address, body=body, headers=headers), ours=False)
        return name

    def ask(self, reference: str) -> Receipt | None:
        """A program says with its answer all that it will say."""
        return None

    @staticmethod
    def compose(message: Message) -> dict[str, Any]:
        """Field by field: what is not named here does not leave."""
        return {
            "type": "page.test" if message.is_test else "page",
            "timestamp": timezone.now().isoformat(),
            "data": {
                "person": message.person,
                "repeat": message.repeat,
                "incidents": [
                    {
                        "number": item.number,
                        "title": item.title,
                        "class": item.severity,
                        "service": item.service,
                        "since": item.since.isoformat(),
                        "because": item.because,
                        "acknowledge_url": item.link,
                    }
                    for item in message.items
                ],
            },
        }
