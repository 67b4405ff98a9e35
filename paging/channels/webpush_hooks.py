"""What a browser needs of us for Web Push: the key that it subscribes to, and the address at which it says that a push came."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02

from paging.channels.doors import Door
from paging.channels.webpush_subscription import encoded

DOOR = Door("paging.push", timedelta(hours=24))


@lru_cache(maxsize=4)
def keys(private: str) -> Vapid02:
    """The signer of this installation. Raises ValueError for a key that is none."""
    signer: Vapid02 = Vapid02.from_string(private)  # type: ignore[no-untyped-call]
    return signer


def server_key() -> str:
    """What a browser subscribes to: the public half of VAPID_PRIVATE_KEY (RFC 8292), in base64url; empty without one."""
    if not settings.VAPID_PRIVATE_KEY:
        return ""
    public = keys(settings.VAPID_PRIVATE_KEY).public_key
    return encoded(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def signed(origin: str, until: int) -> str:
    """The Authorization for one push service, good until then (seconds since 1970)."""
    claims = {"aud": origin, "exp": until, "sub": contact()}
    said: dict[str, str] = keys(settings.VAPID_PRIVATE_KEY).sign(claims)  # type: ignore[no-untyped-call]
    return said["Authorization"]


def contact() -> str:
    """Whom a push service may write to about us (RFC 8292, "sub"); some refuse addresses that cannot exist."""
    mail = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    url = urlsplit(settings.SHARPEND_URL)
    if "." not in mail.rpartition("@")[2] and url.scheme == "https":
        return f"https://{url.hostname}"
    return f"mailto:{mail or 'root@localhost'}"


def path(batch: UUID) -> str:
    """Where the browser says that this message arrived."""
    return f"/in/push/{DOOR.token(batch)}/"
