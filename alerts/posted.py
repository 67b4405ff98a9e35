"""A body that has to be read before the door: its key is in it, or the address says what is to be done with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from alerts.door import Reader
from alerts.payloads import Malformed, Oversize, Parsed
from alerts.payloads.reading import HEAD_BYTES, Reading, inflate, read_value
from alerts.requests import read_body


@dataclass(frozen=True, slots=True)
class Posted:
    """A body as it came. `why` is what makes it unreadable; `head` stands for one that was not read yet."""

    body: bytes
    reading: Reading | None = None
    why: Exception | None = None
    head: bytes = b""

    def read(self) -> Reading:
        """Its value. Raises Malformed, Oversize."""
        if self.reading is None:
            raise self.why or Malformed(_("The body is empty."))
        return self.reading

    def reader(self, read: Callable[[Reading], Parsed]) -> Reader:
        """What the door calls to read it: it was read from its bytes already."""
        return lambda _body, _content_type: read(self.read())

    def text(self, *names: str) -> str:
        """The first of these fields that says something; "" when none does.

        In a body that cannot be read it is looked for as text, so that the owner of a key is told, and not nobody.
        """
        if self.reading is None:
            wanted = "|".join(map(re.escape, names)).encode()
            found = re.search(rb'"(?:' + wanted + rb')"\s*:\s*"([^"\\]{1,200})"', self.head or self.body)
            return found[1].decode(errors="replace") if found else ""
        value = self.reading.value if isinstance(self.reading.value, dict) else {}
        return next((text.strip() for name in names if isinstance(text := value.get(name), str) and text.strip()), "")


def read_posted(request: HttpRequest, *, empty: bool = False) -> Posted:
    """What was posted, whatever it is; an empty body is an empty object where the protocol allows it (`empty`)."""
    posted = _received(request)
    if empty and posted.why is None and not posted.body.strip():
        return Posted(posted.body, Reading({}))
    return read_whole(request, posted)


def glance(request: HttpRequest) -> Posted:
    """What was posted, read only where it is small: nobody has shown a key yet, and a few KB may unpack to 20 MB."""
    posted = _received(request)
    if posted.why:
        return posted
    try:
        inflate(posted.body, request.headers.get("Content-Encoding", ""), most=HEAD_BYTES)
    except Oversize as error:
        is_plain = posted.body.startswith(error.head)
        return Posted(posted.body, head=posted.body if is_plain else error.head)
    except Malformed as error:
        return Posted(posted.body, why=error)
    return read_whole(request, posted)


def read_whole(request: HttpRequest, posted: Posted) -> Posted:
    """The same, read to its end, unless it was so already."""
    if posted.reading or posted.why:
        return posted
    body, headers = posted.body, request.headers
    try:
        return Posted(body, read_value(body, headers.get("Content-Type", ""), headers.get("Content-Encoding", "")))
    except Oversize as error:
        return Posted(error.head, why=error)
    except Malformed as error:
        return Posted(body, why=error)


def _received(request: HttpRequest) -> Posted:
    try:
        return Posted(read_body(request))
    except Oversize as error:
        return Posted(error.head, why=error)
    except OSError:
        return Posted(b"", why=Malformed(_("The body ended too early.")))
