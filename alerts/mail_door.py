"""What every way for mail does alike: the recipient of the envelope holds the key; headers decide nothing."""

from __future__ import annotations

from datetime import datetime
from email.message import Message

from alerts import keys
from alerts.door import LARGEST, Refused, Sender, let_in, malformed, oversize, taken
from alerts.intake import Received, letter_of
from alerts.kinds import read_as
from alerts.payloads import Malformed
from alerts.payloads.mail import mail_as_json
from alerts.payloads.reading import HEAD_BYTES, MAX_BYTES

KIND = "email"


def key_in(address: str) -> str:
    """The key that an envelope's recipient holds: behind a plus, else all before the @."""
    local = address.strip("<> ").rpartition("@")[0] or address.strip("<> ")
    return local.rpartition("+")[2]


def admitted(address: str, sender: str, at: datetime) -> Sender:
    """Who may post by this recipient. Raises Refused as `door.admit` does, and `django.db.Error`."""
    secret = key_in(address)
    # Mail servers may write the part before the @ in small letters; keys that were made for mail have no others.
    found = keys.find(secret, at=at) or keys.find(secret.lower(), at=at)
    return let_in(found, secret, address=sender, kinds=(KIND,), at=at)


def take_mail(address: str, sender: str, mail: bytes | Message, at: datetime) -> Received:
    """Take in a mail for the recipient `address`, as it came or as a provider's parser read it; returns after the commit.

    Raises Refused: as `admitted`, and 400 for what is no mail; and `django.db.Error` when nothing was kept.
    """
    who = admitted(address, sender, at)
    content = mail if isinstance(mail, bytes) else b""
    if len(content) > MAX_BYTES:
        body, parsed = content[:HEAD_BYTES], oversize(who.source, "The mail is larger than 20 MB.")
    else:
        try:
            body = mail_as_json(mail)
            parsed = read_as(KIND, who.source, body, "application/json")
        except Malformed as error:
            malformed(who, str(error), at=at, content=content)
            raise Refused(400, "malformed", str(error)) from None
    size = min(len(content) or len(body), LARGEST)
    return taken(who, parsed, letter_of(body, parsed, size=size, content_type="message/rfc822"), at=at)
