"""A mail as an alert: what its subject says, told apart from how it stands. Pure.

The mail becomes one JSON object in the generic format's words, with `subject`, `from`, `to`, `text`, `message_id` and
`headers` beside them for a source's own mapping. It fires unless its subject begins with a word that ends something.
"""

import json
import re
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser

from alerts.payloads.alert import Malformed, one_line
from alerts.payloads.generic import STATUS_WORDS, State

TEXT_LENGTH = 64 * 1024
HEADER_LENGTH = 1000
MOST_HEADERS = 60
SUBJECT_LENGTH = 400
REPLY = re.compile(r"^(?:(?:re|fwd?|aw|wg|sv|antw|tr)\s*:\s*)+", re.IGNORECASE)
FRAMED = re.compile(r"^\*+\s*(.*?)\s*\*+$")
# In front: [RESOLVED], [FIRING:2], OK:, Problem:, "Resolved in 5m 3s:", and as one word before the rest: RECOVERY Service ...
BRACKET = re.compile(r"^\[\s*([A-Za-z]{2,20})\s*(?::\s*\d{1,6})?\s*\]\s*[:-]?\s*")
COLON = re.compile(r"^([A-Za-z]{2,20})(?: in [0-9dhms ]{1,30})?\s*:\s+")
SHOUTED = re.compile(r"^([A-Z]{2,20})\s+(?=\S)")


def mail_as_json(content: bytes) -> bytes:
    """The mail `content` as a generic event. Raises Malformed for what is no mail."""
    try:
        mail = BytesParser(policy=policy.default).parsebytes(content)
        said = _said(mail)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError) as error:
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


def _said(mail: EmailMessage) -> dict[str, object]:
    subject = one_line(str(mail.get("subject", "")), SUBJECT_LENGTH)
    state, topic = status_of(subject)
    text = _text(mail)
    return {
        "title": topic or one_line(text),
        "dedup_key": _dedup_key(mail, topic),
        "status": {State.FIRING: "firing", State.ACK: "ack", State.RESOLVED: "resolved"}[state],
        "description": text,
        "labels": {"from": one_line(_address(mail), HEADER_LENGTH)},
        "subject": subject,
        "from": one_line(str(mail.get("from", "")), HEADER_LENGTH),
        "to": one_line(str(mail.get("to", "")), HEADER_LENGTH),
        "message_id": one_line(str(mail.get("message-id", "")), HEADER_LENGTH),
        "headers": {
            name.lower(): one_line(str(value), HEADER_LENGTH) for name, value in list(mail.items())[:MOST_HEADERS]
        },
    }


def _dedup_key(mail: EmailMessage, topic: str) -> str:
    """What the mail is about: numbers that count up in a subject would make each mail another alert, so it may name its key."""
    return one_line(str(mail.get("x-dedup-key", "")), HEADER_LENGTH) or topic.lower()


def _address(mail: EmailMessage) -> str:
    """The bare address of who wrote it."""
    addresses = getattr(mail["from"], "addresses", ()) if mail["from"] else ()
    return addresses[0].addr_spec if addresses else str(mail.get("from", ""))


def _text(mail: EmailMessage) -> str:
    """What a person would read: the plain part, else the words of the HTML one."""
    part = mail.get_body(("plain", "html"))
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
