"""What a phone call says, as TwiML: what burns and why, twice, then the keys. Only a key does anything.

A voicemail hears the same words, presses no key, and therefore acknowledges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, tostring

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paging.channels.base import Item, Message
from paging.channels.twilio_text import LONGEST as LONGEST_TEXT
from paging.channels.twilio_text import plain

LANGUAGE = "en-US"
SPOKEN = 3
"""Incidents that are told with their titles; nobody keeps more in mind. The others are named by number."""
NUMBERS = 10
LONGEST = 120
"""Characters of a title or a reason that are read aloud."""
WAIT = 8
"""Seconds after the last word in which a key may still be pressed."""
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(*verbs: Element) -> str:
    """A TwiML document."""
    root = Element("Response")
    root.extend(verbs)
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(root, encoding="unicode")


def say(text: str) -> Element:
    """Words. What machines put into titles is text here, never markup."""
    verb = Element("Say", language=LANGUAGE)
    verb.text = _NOT_XML.sub(" ", text)
    return verb


def sms(text: str) -> str:
    """The answer to a text message; none without words."""
    verbs = []
    if text:
        verbs.append(Element("Message"))
        verbs[0].text = _NOT_XML.sub(" ", plain(text))[:LONGEST_TEXT]
    return document(*verbs)


def sentence(text: str) -> str:
    """Words and the end of the call."""
    return document(say(text), Element("Hangup"))


def call(message: Message, action: str | None, *, first: str = "") -> str:
    """The whole call. Keys are sent to `action`; None where the provider cannot reach us, and then the call says so."""
    words = spoken(message)
    before = [say(first)] if first else []
    if action is None:
        return document(
            *before, *_twice(words), say(_("This call cannot take keys. Answer on the web or by your mail."))
        )
    gather = Element("Gather", numDigits="1", timeout=str(WAIT), action=action, method="POST")
    gather.extend([*before, *_twice(f"{words} {keys(message)}")])
    return document(gather, say(_("No key was pressed, so nothing is acknowledged. Goodbye.")))


def _twice(words: str) -> list[Element]:
    return [say(words), Element("Pause", length="1"), say(words)]


def spoken(message: Message) -> str:
    """What burns and why this person is called."""
    if message.is_test:
        return _("This is a test call of Sharp End. Nothing burns.")
    count = len(message.items)
    begin = _("Sharp End.") + (f" {_('This is a repeat.')}" if message.repeat else "")
    if count > 1:
        begin += " " + ngettext("%d incident.", "%d incidents. The worst first.", count) % count
    told = " ".join(_item(item) for item in message.items[:SPOKEN])
    return " ".join(part for part in (begin, told, _rest(message.items[SPOKEN:])) if part)


def _item(item: Item) -> str:
    said = _("Incident %(number)s, %(severity)s: %(title)s.") % {
        "number": item.number.removeprefix("INC-"),
        "severity": item.severity,
        "title": item.title[:LONGEST],
    }
    return said + (" " + _("Why you: %s.") % item.because[:LONGEST] if item.because else "")


def _rest(items: Sequence[Item]) -> str:
    if not items:
        return ""
    named = ", ".join(item.number.removeprefix("INC-") for item in items[:NUMBERS])
    more = len(items) - NUMBERS
    said = _("Also incidents %s.") % named if len(items) > 1 else _("Also incident %s.") % named
    return said + (" " + _("And %d more.") % more if more > 0 else "")


def keys(message: Message) -> str:
    """What each key does."""
    if message.is_test:
        return _("Press 1 to say that it rang, 4 to hear it again.")
    if len(message.items) == 1:
        return _("Press 1 to acknowledge, 2 to escalate, 3 to resolve, 4 to hear it again.")
    return _("Press 1 to acknowledge all of them, 2 to escalate all of them, 4 to hear it again.")


def code(text: str) -> str:
    """A few plain words, figures one by one, three times: somebody must find a pen."""
    slowly = re.sub(r"\d{4,}", lambda found: ", ".join(found[0]), text)
    return document(*(verb for _turn in range(3) for verb in (say(slowly), Element("Pause", length="1"))))
