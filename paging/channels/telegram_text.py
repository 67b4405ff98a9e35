"""A page as Telegram shows it: a little HTML, buttons with signed values, and nothing in it that somebody else can press."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from paging.channels import buttons
from paging.channels.base import ASKS, Item, Message, News
from paging.channels.words import headline

KIND = "telegram"
LONGEST = 3500
"""Of the 4,096 UTF-16 units that Telegram takes; the rest is for what is said under the pages."""
MOST = 15
"""Pages of one bundle with buttons of their own."""
TITLE = 200
_START = re.compile(r"/(?=start\b)", re.IGNORECASE)


def escaped(text: str) -> str:
    """Text that somebody else wrote, as Telegram shows it ("HTML style": &, < and > only have a meaning).

    Telegram makes a command of every word after a stroke; `/start` is broken up, for with somebody's code behind it a tap
    would link this chat to another person.
    """
    return _START.sub("/\u200b", escape(text, quote=False))


def units(text: str) -> int:
    """Its length as Telegram counts: UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def plain(message: Message) -> str:
    """The page without any form: when Telegram refuses the form, these words wake too."""
    links = [f"{headline(message)}", *(item.link for item in message.items[:MOST])]
    return "\n".join(links)[:LONGEST]


def compose(address: str, message: Message, news: Mapping[int, News]) -> dict[str, Any]:
    """The text and the buttons. `news` says of a page's id what became of it since."""
    single = len(message.items) == 1
    said: list[str] = []
    rows: list[list[dict[str, str]]] = []
    used = shown = 0
    for item in message.items[:MOST]:
        now = news.get(item.page_id, News("", ASKS))
        text = _test() if message.is_test else _item(item, ZoneInfo(message.timezone), now)
        if said and used + units(text) > LONGEST:
            break
        said.append(text)
        used, shown = used + units(text), shown + 1
        if row := _row(address, item, now, single=single, test=message.is_test):
            rows.append(row)
    if left := len(message.items) - shown:
        said.append(_("And %d more: open Sharp End.") % left)
    if message.repeat:
        said.append(_("(repeat: an earlier one may have reached you)"))
    return {
        "text": "\n\n".join(said),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": rows},
    }


def _test() -> str:
    return f"<b>{_('Test page: it rang')}</b>\n{_('A test page to you. Nothing burns.')}"


def _item(item: Item, zone: ZoneInfo, news: News) -> str:
    since = _("since %s") % date_format(timezone.localtime(item.since, zone), "D H:i T")
    under = ", ".join(part for part in (item.service, since, item.because) if part)
    number = f'<a href="{escape(item.link)}">{escape(item.number)}</a>'
    said = f"<b>{number} {escaped(item.severity)}: {escaped(item.title[:TITLE])}</b>\n{escaped(under)}"
    return f"{said}\n<b>{escaped(news.text)}</b>" if news.text else said


def _row(address: str, item: Item, news: News, *, single: bool, test: bool) -> list[dict[str, str]]:
    """The buttons of one page, side by side; in a bundle the first of them names its incident."""
    row: list[dict[str, str]] = []
    for act in news.acts[:1] if test else news.acts:
        words = buttons.label(act, test=test)
        named = words if single or row else f"{words} {item.number}"
        row.append({"text": named, "callback_data": buttons.token_of(KIND, address, act, item.page_id)})
    return row
