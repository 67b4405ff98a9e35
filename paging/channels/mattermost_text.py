"""A page as Mattermost shows it: Markdown in which nobody else's words mean anything, and buttons with signed values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from paging.channels import buttons
from paging.channels.base import ASKS, Item, Message, News
from paging.channels.words import headline

KIND = "mattermost"
MOST = 15
"""Pages of one bundle with buttons of their own."""
COLOURS = {"critical": "#f71860", "major": "#f78830", "standard": "#5b8def"}
_MARKUP = re.compile(r"([\\`*_\[\]~<>|#!])")
_CALLS = re.compile(r"@(?=(?:channel|all|here)\b)", re.IGNORECASE)


def escaped(text: str) -> str:
    """Text that somebody else wrote: no markup, no link under other words, no picture, and nobody called by @channel."""
    return _CALLS.sub("@\u200b", _MARKUP.sub(r"\\\1", text))


def hooks() -> str:
    """Where Mattermost says that a button was pressed."""
    return f"{settings.SHARPEND_URL}/in/mattermost/"


def compose(address: str, message: Message, news: Mapping[int, News]) -> dict[str, Any]:
    """The words of the notification, and one attachment for each page. `news` says of a page's id what became of it."""
    parts = [_part(address, message, item, news.get(item.page_id, News("", ASKS))) for item in message.items[:MOST]]
    if (left := len(message.items) - MOST) > 0:
        parts.append({"text": _("And %d more: open Sharp End.") % left})
    if message.repeat:
        parts.append({"text": _("(repeat: an earlier one may have reached you)")})
    return {"message": escaped(headline(message)), "props": {"attachments": parts}}


def _part(address: str, message: Message, item: Item, news: News) -> dict[str, Any]:
    said = _("A test page to you. Nothing burns.") if message.is_test else _said(item, ZoneInfo(message.timezone))
    acts = news.acts[:1] if message.is_test else news.acts
    part: dict[str, Any] = {"text": f"{said}\n**{escaped(news.text)}**" if news.text else said}
    if news.acts:
        part["color"] = COLOURS.get(item.severity, COLOURS["standard"])
        part["actions"] = [_button(address, act, item.page_id, test=message.is_test) for act in acts]
    return part


def _said(item: Item, zone: ZoneInfo) -> str:
    since = _("since %s") % date_format(timezone.localtime(item.since, zone), "D H:i T")
    under = escaped(", ".join(part for part in (item.service, since, item.because) if part))
    return f"**[{item.number}]({item.link}) {escaped(item.severity)}: {escaped(item.title)}**\n{under}"


def _button(address: str, act: str, page_id: int, *, test: bool) -> dict[str, Any]:
    token = buttons.token_of(KIND, address, act, page_id)
    return {
        "id": f"{act}{page_id}",  # letters and digits only, or a press finds nothing
        "type": "button",
        "name": buttons.label(act, test=test),
        "style": "primary" if act == "acknowledge" else "default",
        "integration": {"url": hooks(), "context": {"token": token}},
    }
