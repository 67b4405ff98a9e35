"""The one way out by HTTP: ten seconds in total, 64 KB, no redirects, and no inner networks for addresses that people typed.

Addresses from the environment are the operator's and are used as they are (`typed=False`). An address typed in the
application or in the organisation's file is resolved once, checked, and connected to as resolved, so that a name cannot
mean something else a moment later (paging rules, "Methods").
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
from django.utils.translation import gettext as _

from foundation.egress.addresses import AddressRefused, NotReached, is_plain, may_be_called, resolve

LIMIT = 10.0
"""Seconds from the first byte of the question to the last byte of the answer."""
LARGEST = 64 * 1024
"""Bytes of an answer that are read."""


@dataclass(frozen=True)
class Answer:
    """What the other side said; at most `LARGEST` bytes of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is a success (2xx)."""
        return 200 <= self.status < 300  # noqa: PLR2004

    def json(self) -> Any:
        """The body as JSON, or None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def retry_after(self) -> float | None:
        """Seconds to wait, as the other side asked for; None when it did not."""
        asked = self.headers.get("retry-after", "")
        return min(float(asked), 3600.0) if asked.isascii() and asked.isdigit() else None


def call(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    typed: bool = True,
    limit: float = LIMIT,
    largest: int = LARGEST,
) -> Answer:
    """Ask once, for at most `limit` seconds; of the answer at most `largest` bytes are read.

    Raises AddressRefused for an address that is not called, and NotReached when there was no answer.
    """
    if not is_plain(url):
        raise AddressRefused(_("Only plain http and https addresses are called."))
    until = time.monotonic() + limit
    backend = _Guarded(until, checked=typed)
    pool = httpcore.ConnectionPool(network_backend=backend, ssl_context=_tls())
    try:
        with (
            pool,
            pool.stream(method, url, headers=_headers(headers), content=body, extensions=_timeouts(limit)) as answer,
        ):
            taken = _first(answer.iter_stream(), largest)
            named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            return Answer(answer.status, named, taken)
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise NotReached(_("No answer within %d s.") % limit) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise NotReached(_("The connection failed: %s") % (str(error) or type(error).__name__)) from error
    except (httpcore.UnsupportedProtocol, UnicodeError, ValueError) as error:
        raise AddressRefused(_("This is not an address that can be called.")) from error


def post_json(url: str, content: Any, *, headers: Mapping[str, str] | None = None, typed: bool = True) -> Answer:
    """POST `content` as JSON; raises as `call` does."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return call("POST", url, body=body, headers={"Content-Type": "application/json", **(headers or {})}, typed=typed)


@cache
def _tls() -> ssl.SSLContext:
    """Reading the trusted certificates takes longer than most calls."""
    return ssl.create_default_context()


def _headers(given: Mapping[str, str] | None) -> list[tuple[bytes, bytes]]:
    named = {"User-Agent": "Sharp-End", "Accept": "*/*", **(given or {})}
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in named.items()]


def _timeouts(limit: float) -> dict[str, Any]:
    return {"timeout": {"connect": limit, "read": limit, "write": limit, "pool": limit}}


def _first(chunks: Iterable[bytes], largest: int) -> bytes:
    taken = bytearray()
    for chunk in chunks:
        taken += chunk
        if len(taken) >= largest:
            break
    return bytes(taken[:largest])


class _Guarded(httpcore.NetworkBackend):
    """Connects to the address that was checked, and gives every read and write only what is left of the time."""

    def __init__(self, until: float, *, checked: bool) -> None:
        self.until, self.checked, self.plain = until, checked, httpcore.SyncBackend()

    def left(self) -> float:
        """Seconds until the end. Raises httpcore.ReadTimeout when it has come."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve once, check all, take the first."""
        found = resolve(host, port, self.left())
        if self.checked and not all(may_be_called(address) for address in found):
            raise AddressRefused(_("This installation does not call addresses inside its own network."))
        return _Timed(self.plain.connect_tcp(str(found[0]), port, timeout=self.left()), self)


class _Timed(httpcore.NetworkStream):
    """A connection whose every step ends with the whole call's time: slow drips do not add up."""

    def __init__(self, stream: httpcore.NetworkStream, guard: _Guarded) -> None:
        self.stream, self.guard = stream, guard

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes."""
        return self.stream.read(max_bytes, timeout=self.guard.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All bytes."""
        self.stream.write(buffer, timeout=self.guard.left())

    def close(self) -> None:
        """The end."""
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Certificates are checked against the name in the address, not against the number that it led to."""
        return _Timed(self.stream.start_tls(ssl_context, server_hostname, timeout=self.guard.left()), self.guard)

    def get_extra_info(self, info: str) -> Any:
        """Of the connection below."""
        return self.stream.get_extra_info(info)
