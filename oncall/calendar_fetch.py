"""Fetching a calendar that somebody else keeps: ten seconds and 5 MB in all, and only what is new."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

from foundation.egress import http
from foundation.egress.addresses import AddressRefused, NotReached
from oncall.ics_text import LARGEST

LIMIT = 10.0
"""Seconds, with every address that it leads on to (on-call rules, "Calendar feeds")."""
HOPS = 3
MOVED = {301, 302, 303, 307, 308}
NOT_MODIFIED = 304
MOST_MARK = 300
"""Characters of an ETag that are kept; a longer one is as good as none."""
MOST_STAMP = 100


class NotFetched(Exception):
    """There was no calendar; the message is a sentence, without the address."""


@dataclass(frozen=True)
class Fetched:
    """What came: None instead of a body when the calendar is still the one whose marks were sent."""

    body: bytes | None
    etag: str = ""
    modified: str = ""


def plain_address(typed: str) -> str:
    """The address to ask: `webcal:` is how calendar programs write `https:`."""
    scheme, colon, rest = typed.strip().partition(":")
    return f"https:{rest}" if colon and scheme.lower() in {"webcal", "webcals"} else typed.strip()


def host_of(address: str) -> str:
    """What may be shown of an address: where it leads, not what it opens."""
    try:
        return urlsplit(plain_address(address)).hostname or ""
    except ValueError:
        return ""


def fetch(address: str, *, etag: str = "", modified: str = "") -> Fetched:
    """Ask `address`, and where it leads on to, each checked like the first. Raises NotFetched."""
    marks = {"If-None-Match": etag, "If-Modified-Since": modified}
    headers = {"Accept": "text/calendar", "Accept-Encoding": "identity", **{k: v for k, v in marks.items() if v}}
    asked, until = plain_address(address), time.monotonic() + LIMIT
    for _hop in range(HOPS + 1):
        answer = _ask(asked, headers, until - time.monotonic())
        if answer.status not in MOVED:
            return _read(answer)
        led = urljoin(asked, answer.headers.get("location", ""))
        if asked.startswith("https:") and not led.startswith("https:"):
            raise NotFetched(_("The address leads on to one that is not encrypted."))
        asked = led
    raise NotFetched(_("The address leads on and on."))


def _ask(address: str, headers: Mapping[str, str], left: float) -> http.Answer:
    try:
        return http.call("GET", address, headers=headers, limit=max(left, 0.001), largest=LARGEST + 1)
    except (AddressRefused, NotReached) as error:
        raise NotFetched(str(error)) from error


def _read(answer: http.Answer) -> Fetched:
    if answer.status == NOT_MODIFIED:
        return Fetched(None)
    if not answer.ok:
        raise NotFetched(_("The other side answers with the error %d.") % answer.status)
    if answer.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        # It was asked not to: a few bytes may unpack to more than the memory holds.
        raise NotFetched(_("The other side sends it compressed, which is not read."))
    if len(answer.body) > LARGEST:
        raise NotFetched(_("It is larger than 5 MB, the most that is read."))
    etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
    return Fetched(
        answer.body,
        etag if len(etag) <= MOST_MARK and etag.isprintable() else "",
        modified if len(modified) <= MOST_STAMP and modified.isprintable() else "",
    )
