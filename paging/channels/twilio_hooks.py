"""The way back from Twilio: which address it may call, the signed names in it, and whether a request is really theirs."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import QueryDict
from twilio.request_validator import RequestValidator

from paging.channels.doors import Door

LIFE = {"status": timedelta(hours=24), "voice": timedelta(hours=1)}
"""How long an address that we hand out is good: signatures of the provider have no time in them, so ours do."""


class Refused(Exception):
    """This is no address of ours, or its time is over."""


def public() -> bool:
    """Whether the provider can call us: SHARPEND_URL is not a loopback address, nor one of an inner network that only a
    stand-in on the same network would reach."""
    host = urlsplit(settings.SHARPEND_URL).hostname or ""
    return not _loopback(host) and (not _inner(host) or near())


def near() -> bool:
    """Whether what stands at TWILIO_BASE_URL is on this machine or network, as a stand-in is."""
    return _inner(urlsplit(settings.TWILIO_BASE_URL).hostname or "")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _inner(host: str) -> bool:
    """Names without a dot and those that are never public (RFC 6762, RFC 8375, ICANN's .internal), and inner networks."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan", ".home.arpa"))


def _door(name: str) -> Door:
    return Door(f"paging.twilio.{name}", LIFE[name])


def address(door: str, batch: UUID) -> str:
    """The full address at which the provider finds the message `batch`; `door` is "status" or "voice"."""
    return f"{settings.SHARPEND_URL}/in/twilio/{door}/{_door(door).token(batch)}/"


def batch_of(door: str, token: str) -> UUID:
    """The message that a token names. Raises Refused for one that is not ours or too old."""
    batch = _door(door).batch_of(token)
    if batch is None:
        raise Refused
    return batch


def is_theirs(path: str, form: QueryDict, signature: str) -> bool:
    """Whether the provider signed this request to our public address; `path` with its query.

    The configured address counts, not what a proxy made of it.
    """
    if not settings.TWILIO_AUTH_TOKEN or not signature.isascii():
        return False
    try:
        good: bool = RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(  # type: ignore[no-untyped-call]
            settings.SHARPEND_URL + path, form, signature
        )
    except ValueError:
        return False
    return good
