"""A mail as an alert: what its subject says, told apart from how it stands. Pure.

The mail becomes one JSON object in the generic format's words, with `subject`, `from`, `to`, `text`, `message_id` and
`headers` beside them for a source's own mapping. It fires unless its subject begins with a word that ends something.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from html.parser import HTMLParser
from typing import Any

from alerts.payloads.alert import Malformed, one_line
from alerts.payloads.generic import STATUS_WORDS, State
from alerts.payloads.reading import HEAD_BYTES

TEXT_LENGTH = 64 * 1024
HEADER_LENGTH = 1000
RAW_LENGTH = 4 * HEADER_LENGTH
"""Characters of a header that are looked at: reading addresses and parameters takes the square of their length."""
MOST_HEADERS = 60
MULTIPART = re.compile(rb"multipart/", re.IGNORECASE)
MOST_MULTIPARTS = 10
"""Each line is looked at once for each level of parts that lies around it."""
UNREADABLE = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)
"""What the standard library raises for broken mails and headers."""
SUBJECT_LENGTH = 400
REPLY = re.compile(r"^(?:(?:re|fwd?|aw|wg|sv|antw|tr)\s*:\s*)+", re.IGNORECASE)
FRAMED = re.compile(r"^\*+\s*(.*?)\s*\*+$")
# In front: [RESOLVED], [FIRING:2], OK:, Problem:, "Resolved in 5m 3s:", and as one word before the rest: RECOVERY Service ...
BRACKET = re.compile(r"^\[\s*([A-Za-z]{2,20})\s*(?::\s*\d{1,6})?\s*\]\s*[:-]?\s*")
COLON = re.compile(r"^([A-Za-z]{2,20})(?: in [0-9dhms ]{1,30})?\s*:\s+")
SHOUTED = re.compile(r"^([A-Z]{2,20})\s+(?=\S)")


def mail_as_json(mail: bytes | Message) -> bytes:
    """The mail as it came, or as somebody has read it already, as a generic event. Raises Malformed for what is no mail."""
    try:
        said = _said(BytesParser(policy=_CutHeaders()).parsebytes(_bounded(mail)) if isinstance(mail, bytes) else mail)
    except UNREADABLE as error:
        raise Malformed("This is no mail that can be read.") from error
    if not said["title"]:
        raise Malformed("The mail has neither a subject nor a text.")
    return json.dumps(said).encode()


def status_of(subject: str) -> tuple[State, str]:
    """What a subject says, by whole words of the exact table only, and the rest of it, which names what it is about."""
    rest = REPLY.sub("", subject.strip())
    framed = FRAMED.match(rest)
    rest = framed[1] if framed else rest
    for pattern in (BRACKET, COLON, SHOUTED):
        found = pattern.match(rest)
        state = STATUS_WORDS.get(found[1].lower()) if found else None
        if found and state:
            return state, rest[found.end() :].strip() or rest
    return State.FIRING, rest


class _CutHeaders(policy.Compat32):
    """Headers stay as they were written, and no longer than anybody reads them; `_header` makes text of a few."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Name and cut value."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:RAW_LENGTH]


def _bounded(content: bytes) -> bytes:
    """As much of the mail as is read: not endless, and not parts within parts without end."""
    head = content[:HEAD_BYTES]
    starts = [found.start() for found in MULTIPART.finditer(head)]
    return head[: starts[MOST_MULTIPARTS]] if len(starts) > MOST_MULTIPARTS else head


def _header(name: str, raw: str) -> Any:  # noqa: ANN401 - a header of its own type, which is a text
    """What a header says; the text as it was sent where it is broken."""
    try:
        return policy.default.header_fetch_parse(name, raw)
    except UNREADABLE:
        return " ".join(raw.encode(errors="surrogateescape").decode(errors="replace").split())


def _said(mail: Message) -> dict[str, object]:
    headers = list(mail.raw_items())
    told = {name: _header(name, _raw(headers, name)) for name in ("subject", "from", "to", "message-id", "x-dedup-key")}
    subject = one_line(str(told["subject"]), SUBJECT_LENGTH)
    state, topic = status_of(subject)
    text = _text(mail)
    return {
        "title": topic or one_line(text),
        "dedup_key": one_line(str(told["x-dedup-key"]), HEADER_LENGTH) or topic.lower(),
        "status": {State.FIRING: "firing", State.ACK: "ack", State.RESOLVED: "resolved"}[state],
        "description": text,
        "labels": {"from": one_line(_address(told["from"]), HEADER_LENGTH)},
        "subject": subject,
        "from": one_line(str(told["from"]), HEADER_LENGTH),
        "to": one_line(str(told["to"]), HEADER_LENGTH),
        "message_id": one_line(str(told["message-id"]), HEADER_LENGTH),
        "headers": {
            name.lower(): one_line(str(_header("subject", str(raw)[:HEADER_LENGTH])), HEADER_LENGTH)
            for name, raw in headers[:MOST_HEADERS]
        },
    }


def _raw(headers: list[tuple[str, Any]], name: str) -> str:
    """The first header of this name as it was sent, "" without one."""
    return next((str(raw)[:RAW_LENGTH] for one, raw in headers if one.lower() == name), "")


def _address(header: Any) -> str:  # noqa: ANN401
    """The bare address of who wrote it."""
    addresses = getattr(header, "addresses", ())
    return addresses[0].addr_spec if addresses else str(header)


def _leaves(part: Message) -> Iterator[Message]:
    """The parts that hold something, without attachments."""
    if part.get_content_disposition() == "attachment":
        return
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for child in part.get_payload():
            if isinstance(child, Message):
                yield from _leaves(child)
    else:
        yield part


def _text(mail: Message) -> str:
    """What a person would read: the plain part, else the words of the HTML one."""
    leaves = {one.get_content_type(): one for one in reversed(list(_leaves(mail)))}
    part = leaves.get("text/plain", leaves.get("text/html"))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset("utf-8")
    raw = payload if isinstance(payload, bytes) else b""
    try:
        text = raw[: TEXT_LENGTH * 4].decode(
            charset if charset in ("utf-8", "us-ascii", "latin-1", "iso-8859-1") else "utf-8"
        )
    except (LookupError, UnicodeDecodeError):
        text = raw[: TEXT_LENGTH * 4].decode("latin-1")
    if part.get_content_subtype() == "html":
        words = _Words()
        with suppress(AssertionError):  # the parser's answer to a broken declaration: the words before it stay
            words.feed(text)
        text = " ".join(" ".join(words.found).split())
    return text.replace("\r\n", "\n").strip()[:TEXT_LENGTH]


class _Words(HTMLParser):
    """The words of a page, without its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Scripts and styles are no words."""
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        """Behind them go on the words."""
        self.hidden -= tag in ("script", "style") and self.hidden > 0

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self.hidden:
            self.found.append(data)
