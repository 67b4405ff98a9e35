"""A push service over loopback with the browsers behind it: it checks the sender's signature (RFC 8292) and the headers (RFC
8030), and opens the body with the browser's own key (RFC 8291). What a real one would refuse fails the test."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.provider import Provider, Reply, Request, Unexpected

PRIVATE_KEY = "x7bYf1nGQ0x6n9n1W1kHk3Qm1pRrG2u0iZ8w0d4Jc5E"
"""Of the installation under test."""
DAY = 86400
SHORTEST, LONGEST_LIFE = 600, 3600
MOST = 4096  # bytes of a body
HEADERS = {"ttl", "urgency", "topic", "authorization", "content-encoding", "content-type"}
PLAIN = {"host", "user-agent", "accept", "content-length"}


def b64(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The other way."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def expand(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF with SHA-256 (RFC 5869), of one block."""
    key = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:length]


@dataclass
class Browser:
    """One subscription: its keys, and what arrived."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = bytes(range(16))
    shown: list[dict[str, Any]] = field(default_factory=list)

    @property
    def point(self) -> bytes:
        """The public key."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def to_json(self) -> dict[str, Any]:
        """`PushSubscription.toJSON()`."""
        keys = {"p256dh": b64(self.point), "auth": b64(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def opened(self, body: bytes) -> bytes:
        """The plain text of an aes128gcm body of one record (RFC 8188, RFC 8291)."""
        salt, length = body[:16], body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.key.exchange(ec.ECDH(), theirs)
        secret = expand(self.auth, shared, b"WebPush: info\x00" + self.point + sender, 32)
        key = expand(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = expand(salt, secret, b"Content-Encoding: nonce\x00", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        if not plain.endswith(b"\x02"):
            raise Unexpected("not the last record")
        return plain[:-1]


class PushService:
    """`with PushService() as there:` - `there.browser()` subscribes; `there.script` scripts replies; see `Provider`."""

    def __init__(self, public_key: str = "") -> None:
        self.provider = Provider(self._judge)
        self.public_key, self.browsers = public_key, dict[str, Browser]()

    def __enter__(self) -> Self:
        self.provider.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.provider.__exit__(kind, error, trace)

    @property
    def script(self) -> list[Reply | None]:
        """Replies that are given first."""
        return self.provider.script

    def browser(self) -> Browser:
        """A browser that subscribed just now."""
        path = f"/wpush/v2/Browser-{len(self.browsers) + 1}"
        self.browsers[path] = Browser(self.provider.url + path)
        return self.browsers[path]

    def _judge(self, request: Request) -> Reply:
        browser = self.browsers.get(request.path)
        if request.method != "POST" or browser is None:
            raise Unexpected("nobody has subscribed to this")
        self._check_headers(request.headers)
        self._check_signature(request.headers["authorization"])
        if len(request.body) > MOST:
            raise Unexpected("longer than 4,096 bytes")
        scripted = self.script[0] if self.script else None
        if scripted is None or scripted.status < 300:  # noqa: PLR2004
            browser.shown.append(json.loads(browser.opened(request.body)))
        return Reply(201, b"", {"Location": f"{self.provider.url}/m/{len(self.provider.received)}"})

    @staticmethod
    def _check_headers(given: dict[str, str]) -> None:
        if unknown := set(given) - HEADERS - PLAIN:
            raise Unexpected(f"unknown headers: {unknown}")
        if missing := HEADERS - set(given):
            raise Unexpected(f"missing headers: {missing}")
        if not given["ttl"].isdigit() or not SHORTEST <= int(given["ttl"]) <= LONGEST_LIFE:
            raise Unexpected(f"a TTL of {given['ttl']}")
        if given["urgency"] != "high" or given["content-encoding"] != "aes128gcm":
            raise Unexpected("neither urgent nor encrypted as it should be")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", given["topic"]):
            raise Unexpected(f"a topic of {given['topic']}")

    def _check_signature(self, authorization: str) -> None:
        found = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)", authorization)
        if not found:
            raise Unexpected(f"no signature of RFC 8292: {authorization}")
        head, claims, signature, key = found.groups()
        if self.public_key and key != self.public_key:
            raise Unexpected("signed by another key than the one subscribed to")
        if json.loads(unb64(head)) != {"typ": "JWT", "alg": "ES256"}:
            raise Unexpected("another kind of token")
        raw, point = unb64(signature), unb64(key)
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            public.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
        except InvalidSignature as error:
            raise Unexpected("a forged signature") from error
        self._check_claims(json.loads(unb64(claims)))

    def _check_claims(self, said: dict[str, Any]) -> None:
        if said["aud"] != self.provider.url:
            raise Unexpected(f"signed for {said['aud']}")
        if not time.time() < said["exp"] <= time.time() + DAY:
            raise Unexpected("signed for longer than a day, or not any more")
        if not re.match(r"mailto:[^@]+@[^@]+$|https://\S+$", said["sub"]):
            raise Unexpected(f"nobody to write to: {said['sub']}")
