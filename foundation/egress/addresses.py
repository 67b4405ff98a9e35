"""Which addresses this installation calls when somebody typed them, and what a name means now."""

from __future__ import annotations

import ipaddress
import socket
import threading
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotReached(Exception):
    """Nobody answered in time, or the connection broke; the message is a sentence without the address's secrets."""


class AddressRefused(Exception):
    """This installation does not call that address."""


def is_plain(url: str) -> bool:
    """Whether this is an http or https address with a host, and without a name or password in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None


def resolve(host: str, port: int, limit: float) -> list[Address]:
    """What a name means now. Raises NotReached when it means nothing, or nothing within `limit` seconds.

    Resolvers have time-outs of their own, longer than ours: one that hangs is left behind.
    """
    found: list[Address] = []
    failed: list[OSError] = []

    def ask() -> None:
        try:
            for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                found.append(ipaddress.ip_address(str(row[4][0]).partition("%")[0]))
        except OSError as error:
            failed.append(error)

    asking = threading.Thread(target=ask, daemon=True, name="resolver")
    asking.start()
    asking.join(limit)
    if asking.is_alive():
        raise NotReached(_("The name %s could not be looked up in time.") % host)
    if failed or not found:
        raise NotReached(_("The name %s means no address.") % host)
    return list(dict.fromkeys(found))


def may_be_called(address: Address) -> bool:
    """Whether an address that somebody typed may be called: public ones, and those that EGRESS_ALLOW names."""
    if any(address in network for network in settings.EGRESS_ALLOW):
        return True
    inner = _inside(address)
    if inner is not None:
        return may_be_called(inner)
    return address.is_global and not address.is_multicast


def _inside(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one carries: it is what would be reached."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.teredo[1] if address.teredo else None
