"""Signed deliveries: HMAC-SHA256 over the body as it was sent, with a secret that sender and source share. Pure.

Each sender has its own headers: Standard Webhooks, Grafana, GitHub, Sentry, and the form that Slack made common. Where a
time is signed with the body, it may be five minutes off and no more, so that nobody can send an old body again. GitHub and
Sentry sign no time: their old bodies decide nothing (`alerts.replays`).
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

WINDOW = timedelta(minutes=5)
STANDARD_PREFIX = "whsec_"
Headers = Mapping[str, str]


class BadSignature(Exception):  # noqa: N818 - a state of the delivery, named as people say it
    """Not signed with this secret, or too long ago. `str()` of it is one sentence that may be shown to the sender."""


def check_signature(secret: str, headers: Headers, body: bytes, *, at: datetime) -> None:
    """Make sure that `body` was signed with `secret`; `headers` are found whatever their case. Raises BadSignature."""
    for header, check in SCHEMES.items():
        if given := headers.get(header, "").strip():
            if not check(secret, headers, given, body, at):
                raise BadSignature(f"The signature in {header} does not fit this body and the source's secret.")
            return
    raise BadSignature("The delivery is not signed, and this source takes signed ones only.")


def is_usable(secret: str) -> bool:
    """Whether deliveries can be signed with it: behind the prefix of Standard Webhooks stands base64, and not nothing."""
    if not secret.startswith(STANDARD_PREFIX):
        return True
    try:
        return bool(base64.b64decode(secret.removeprefix(STANDARD_PREFIX), validate=True))
    except ValueError:
        return False


def _standard(secret: str, headers: Headers, given: str, body: bytes, at: datetime) -> bool:
    """Standard Webhooks: id, time and body, in base64; several signatures while a secret changes."""
    stamp = headers.get("webhook-timestamp", "")
    _in_time(stamp, at)
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    wanted = base64.b64encode(_digest(_standard_key(secret), signed)).decode()
    return any(_same(one, f"v1,{wanted}") for one in given.split(" "))


def _standard_key(secret: str) -> bytes:
    if not secret.startswith(STANDARD_PREFIX) or not is_usable(secret):
        return secret.encode()
    return base64.b64decode(secret.removeprefix(STANDARD_PREFIX), validate=True)


def _grafana(secret: str, headers: Headers, given: str, body: bytes, at: datetime) -> bool:
    """Of the body, or with a header for the time of `time:body`."""
    if stamp := headers.get("x-grafana-alerting-timestamp", ""):
        _in_time(stamp, at)
        body = stamp.encode() + b":" + body
    return _same(given, _hex(secret, body))


def _slack(secret: str, headers: Headers, given: str, body: bytes, at: datetime) -> bool:
    stamp = headers.get("x-slack-request-timestamp", "")
    _in_time(stamp, at)
    return _same(given, "v0=" + _hex(secret, f"v0:{stamp}:".encode() + body))


def _github(secret: str, _headers: Headers, given: str, body: bytes, _at: datetime) -> bool:
    return _same(given, "sha256=" + _hex(secret, body))


def _sentry(secret: str, _headers: Headers, given: str, body: bytes, _at: datetime) -> bool:
    return _same(given, _hex(secret, body))


SCHEMES: Mapping[str, Callable[[str, Headers, str, bytes, datetime], bool]] = {
    "webhook-signature": _standard,
    "x-grafana-alerting-signature": _grafana,
    "x-hub-signature-256": _github,
    "sentry-hook-signature": _sentry,
    "x-slack-signature": _slack,
}


def _in_time(stamp: str, at: datetime) -> None:
    """Whether a signed time (seconds since 1970) is near `at`; the caller checks that it is the signed one."""
    seconds = int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 else 0  # noqa: PLR2004
    if abs(datetime.fromtimestamp(min(seconds, 2**34), UTC) - at) > WINDOW:
        raise BadSignature("The signed time is more than five minutes off: look at the clocks, or it was sent before.")


def _digest(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, sha256).digest()


def _hex(secret: str, signed: bytes) -> str:
    return _digest(secret.encode(), signed).hex()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())
