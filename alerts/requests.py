"""Reading an intake request's body with a limit of our own, whatever its headers say."""

from __future__ import annotations

from typing import BinaryIO, Protocol, cast

from django.http import HttpRequest

from alerts.payloads.alert import Oversize
from alerts.payloads.reading import HEAD_BYTES, MAX_BYTES

# What comes beyond the limit is read and dropped up to here: a sender that is cut off in mid-body would try for ever.
DRAINED = 200 * 1024 * 1024
CHUNK = 64 * 1024


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_body(request: HttpRequest) -> bytes:
    """The body as it was sent. Raises Oversize (with the first megabyte) beyond 20 MB, OSError when the sender is gone."""
    stream = _stream(request)
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BYTES and (part := stream.read(min(MAX_BYTES + 1 - size, 1024 * 1024))):
        parts.append(part)
        size += len(part)
    body = b"".join(parts)
    if size <= MAX_BYTES:
        return body
    while size < DRAINED and (part := stream.read(CHUNK)):
        size += len(part)
    raise Oversize("The body is larger than 20 MB.", body[:HEAD_BYTES])


def read_head(request: HttpRequest, most: int) -> tuple[bytes, int]:
    """The first `most` bytes of the body, and its size; the rest is dropped as it comes. Raises OSError as above."""
    stream = _stream(request)
    head = bytearray()
    size = 0
    while size < DRAINED and (part := stream.read(CHUNK)):
        head += part[: most - len(head)]
        size += len(part)
    return bytes(head), size


def _stream(request: HttpRequest) -> _Readable:
    """Django reads no body without a Content-Length; a chunked one is there all the same."""
    environ = request.META
    if not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
        return cast(BinaryIO, environ["wsgi.input"])
    return request
