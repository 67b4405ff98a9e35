"""The address of a browser that wants to be woken: its push service, its keys, its name (RFC 8030, 8291)."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.translation import gettext as _

from foundation.egress.addresses import is_plain

LONGEST_ENDPOINT, LONGEST_DEVICE = 1500, 60
SECRET = 16
"""Bytes of the authentication secret (RFC 8291, 3.2)."""
NO_BUTTONS = ("iPhone", "iPad")
"""Devices whose pushes carry no buttons and no sound of their own: not enough alone for what cannot wait."""


@dataclass(frozen=True)
class Subscription:
    """Where to push, and the keys that only that browser can open. `device` is for people: "Chrome on Android"."""

    endpoint: str
    p256dh: str
    auth: str
    device: str = ""

    @property
    def address(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @property
    def origin(self) -> str:
        """The push service, as the signature of the sender names it (RFC 8292, "aud")."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def enough_alone(self) -> bool:
        """Whether this device shows a page with buttons and may be somebody's only way for a critical one."""
        return not self.device.startswith(NO_BUTTONS)


def read(address: str) -> Subscription:
    """The subscription of a stored address. Raises ValueError with a sentence."""
    try:
        said = json.loads(address)
    except ValueError as error:
        raise ValueError(_refusal()) from error
    return of(said, device=str(said.get("device", "")) if isinstance(said, dict) else "")


def of(said: Any, *, device: str) -> Subscription:
    """What a browser says (`PushSubscription.toJSON()`), or what we stored. Raises ValueError with a sentence."""
    said = said if isinstance(said, dict) else {}
    keys, endpoint = said.get("keys", said), said.get("endpoint")
    if not isinstance(keys, dict) or not isinstance(endpoint, str) or not _callable(endpoint):
        raise ValueError(_refusal())
    point, secret = decoded(keys.get("p256dh")), decoded(keys.get("auth"))
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise ValueError(_refusal()) from error
    if len(secret) != SECRET:
        raise ValueError(_refusal())
    name = " ".join("".join(c for c in device if c.isprintable()).split())[:LONGEST_DEVICE].strip()
    return Subscription(endpoint, encoded(point), encoded(secret), name)


def clean(address: str) -> str:
    """A subscription as it is stored. Raises ValueError with a sentence."""
    return read(address).address


def decoded(text: object) -> bytes:
    """base64url, with or without padding; nothing for what is none."""
    if not isinstance(text, str):
        return b""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def encoded(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _callable(endpoint: str) -> bool:
    """Whatever is not public is refused when it is called (one safe client); here only what is no address at all."""
    short = len(endpoint) <= LONGEST_ENDPOINT
    return short and is_plain(endpoint) and endpoint.isascii() and endpoint.isprintable()


def _refusal() -> str:
    return _("This is no subscription of a browser: switch push on again in that browser.")
