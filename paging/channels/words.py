"""The words that media have in common: one line that may be all that a lock screen shows, and the few lines under it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paging.channels.base import Item, Message


def headline(message: Message) -> str:
    """One line that says how bad it is; it may be all that a lock screen shows."""
    worst = message.items[0]
    if message.is_test:
        line = _("Test page: it rang")
    elif len(message.items) == 1:
        line = f"[{worst.number}] {worst.severity}: {worst.title}"
    else:
        text = ngettext("%(n)s incident, the worst is %(w)s", "%(n)s incidents, the worst is %(w)s", len(message.items))
        line = text % {"n": len(message.items), "w": f"[{worst.number}] {worst.severity}: {worst.title}"}
    line = f"{line} {_('(repeat)')}" if message.repeat else line
    return " ".join(line.split())[:250]


def lines(message: Message) -> str:
    """Short plain text: for each page its number, title, class, since when, and why this person."""
    if message.is_test:
        return _("A test page to you. Nothing burns.")
    said = "\n".join(_line(item, ZoneInfo(message.timezone)) for item in message.items)
    return f"{said}\n{_('(repeat: an earlier one may have reached you)')}" if message.repeat else said


def _line(item: Item, zone: ZoneInfo) -> str:
    since = date_format(timezone.localtime(item.since, zone), "D H:i T")
    parts = [item.severity, item.service, _("since %s") % since, item.because]
    return f"{item.number} {item.title} ({', '.join(part for part in parts if part)})"


def shortened(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, whole characters, with a sign that something was left out."""
    content = text.encode()
    if len(content) <= limit:
        return text
    return content[: limit - 3].decode(errors="ignore") + "…"
