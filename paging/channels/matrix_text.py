"""A page as Matrix shows it: plain text and a little HTML, and what a reaction to it means, for Matrix has no buttons."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from paging.channels.base import ASKS, Item, Message, News

KIND = "matrix"
SIGNS = {"acknowledge": "👍", "resolve": "✅", "escalate": "⏫"}
_MEANS = {"👍": "acknowledge", "✅": "resolve", "✔": "resolve", "⏫": "escalate", "🔼": "escalate"}
_VARIANTS = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
MOST = 15
"""Pages that one bundle names."""
_ROOM = re.compile(r"@(?=room\b)", re.IGNORECASE)


def meaning(sign: str) -> str:
    """The act that a reaction asks for, whatever its skin colour; empty for any other sign."""
    return _MEANS.get(_VARIANTS.sub("", sign), "")


def calm(text: str) -> str:
    """Nobody is called by what somebody else wrote."""
    return _ROOM.sub("@\u200b", text)


def plain(text: str) -> dict[str, Any]:
    """A few words."""
    return {"msgtype": "m.text", "body": calm(text), "m.mentions": {}}


def compose(address: str, message: Message, news: Mapping[int, News]) -> dict[str, Any]:
    """The content of the event. It mentions its person, so that it rings; `news` says what became of a page since."""
    parts = [_part(message, item, news.get(item.page_id, News("", ASKS))) for item in message.items[:MOST]]
    if (left := len(message.items) - MOST) > 0:
        parts.append(_both(_("And %d more: open Sharp End.") % left))
    if message.repeat:
        parts.append(_both(_("(repeat: an earlier one may have reached you)")))
    if hint := _hint(message, news):
        parts.append(_both(hint))
    return {
        "msgtype": "m.text",
        "body": "\n\n".join(words for words, _form in parts),
        "format": "org.matrix.custom.html",
        "formatted_body": "".join(f"<p>{form}</p>" for _words, form in parts),
        "m.mentions": {"user_ids": [address]},
    }


def replaced(reference: str, content: dict[str, Any]) -> dict[str, Any]:
    """The event that puts `content` in the place of an earlier one; it rings nobody."""
    new = {**content, "m.mentions": {}}
    relation = {"rel_type": "m.replace", "event_id": reference}
    return {**new, "body": f"* {new['body']}", "m.new_content": new, "m.relates_to": relation}


def _both(text: str) -> tuple[str, str]:
    return text, escape(text)


def _part(message: Message, item: Item, news: News) -> tuple[str, str]:
    if message.is_test:
        title, under = _("Test page: it rang"), _("A test page to you. Nothing burns.")
    else:
        since = _("since %s") % date_format(timezone.localtime(item.since, ZoneInfo(message.timezone)), "D H:i T")
        title = calm(f"[{item.number}] {item.severity}: {item.title}")
        under = calm(", ".join(part for part in (item.service, since, item.because) if part))
    told = calm(news.text)
    words = "\n".join(part for part in (title, under, told, item.link) if part)
    form = [f'<strong><a href="{escape(item.link)}">{escape(title)}</a></strong>', escape(under)]
    return words, "<br>".join([*form, f"<strong>{escape(told)}</strong>"] if told else form)


def _hint(message: Message, news: Mapping[int, News]) -> str:
    """What can be done, in words."""
    acts: Sequence[str] = news.get(message.items[0].page_id, News("", ASKS)).acts
    if message.is_test:
        return _("React with 👍, or open the link.")
    if len(message.items) > 1:
        return _("React with 👍 to acknowledge all of them, or write a code such as %sa for one.") % _code(
            message.items[0]
        )
    words = {
        "acknowledge": _("👍 acknowledges"),
        "resolve": _("✅ resolves"),
        "escalate": _("⏫ asks for the next person"),
    }
    return _("React: %s. Or open the link.") % ", ".join(words[act] for act in acts) if acts else ""


def _code(item: Item) -> str:
    return item.number.rpartition("-")[2]
