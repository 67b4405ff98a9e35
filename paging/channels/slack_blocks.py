"""A page as Slack shows it: what it says, the buttons with their signed values, and nothing in it that calls a channel."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.signing import BadSignature, TimestampSigner
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from paging.channels.base import ASKS, Item, Message, News
from paging.channels.words import headline

LIFE = timedelta(days=7)
"""How long a button can be pressed."""
MOST = 15
"""Pages of one bundle with buttons of their own: Slack takes 50 blocks."""
ACT = "page:"
"""What the names of our buttons begin with."""
ADD = f"{ACT}add"
_CALLS = re.compile(r"@(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
Block = dict[str, Any]


class Unknown(Exception):
    """This is no button of ours, or it is too old."""


def escaped(text: str) -> str:
    """Text that somebody else wrote, as Slack shows it and never as a command: `<!channel>`, `<@U1>` and links stay text.

    Slack gives meaning to &, < and > only (its documentation, "Escaping text"); @channel is broken up for clients that
    do more.
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _CALLS.sub("@\u200b", plain)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="paging.slack", sep=".")


def token_of(page_id: int, address: str) -> str:
    """The value of a button: authority over this page, for the Slack user with this id alone."""
    return _signer().sign(f"{page_id}-{address}")


def page_of(token: str, address: str) -> int:
    """The page that a button means when `address` presses it. Raises Unknown."""
    try:
        page, _dash, whose = _signer().unsign(token[:500], max_age=LIFE).partition("-")
    except BadSignature as error:
        raise Unknown from error
    if whose != address or not page.isdigit():
        raise Unknown
    return int(page)


def compose(address: str, message: Message, news: Mapping[int, News]) -> Block:
    """`text` (for lock screens and screen readers) and `blocks`. `news` says of a page's id what became of it since."""
    blocks: list[Block] = []
    for item in message.items[:MOST]:
        blocks += _item(address, message, item, news.get(item.page_id, News("", ASKS)))
    if (left := len(message.items) - MOST) > 0:
        blocks.append(_section(_("And %d more: open Sharp End.") % left))
    if message.repeat:
        blocks.append(_section(_("(repeat: an earlier one may have reached you)")))
    told = " ".join(one.text for one in news.values())
    return {"text": escaped(f"{headline(message)} {told}".strip())[:3000], "blocks": blocks}


def _item(address: str, message: Message, item: Item, news: News) -> list[Block]:
    said = _test() if message.is_test else _said(item, ZoneInfo(message.timezone))
    told = f"{said}\n*{escaped(news.text)}*" if news.text else said
    blocks = [_section(told)]
    token = token_of(item.page_id, address)
    buttons = [_button(act, token, test=message.is_test) for act in news.acts]
    if message.is_test:
        buttons = buttons[:1]
    elif news.acts:
        hint = {"type": "plain_text", "text": _("Add responder")}
        buttons.append({"type": "users_select", "action_id": ADD, "placeholder": hint})
    return [*blocks, {"type": "actions", "block_id": token, "elements": buttons}] if buttons else blocks


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:3000], "verbatim": True}}


def _test() -> str:
    return f"*{_('Test page: it rang')}*\n{_('A test page to you. Nothing burns.')}"


def _said(item: Item, zone: ZoneInfo) -> str:
    since = _("since %s") % date_format(timezone.localtime(item.since, zone), "D H:i T")
    parts: Sequence[str] = [item.service, since, item.because]
    under = escaped(", ".join(part for part in parts if part))
    return f"*<{item.link}|{item.number}> {escaped(item.severity)}: {escaped(item.title)}*\n{under}"


def _button(act: str, token: str, *, test: bool) -> Block:
    labels = {"acknowledge": _("Acknowledge"), "resolve": _("Resolve"), "escalate": _("Escalate")}
    label = _("It rang") if test else labels[act]
    button = {"type": "button", "action_id": ACT + act, "value": token, "text": {"type": "plain_text", "text": label}}
    return {**button, "style": "primary"} if act == "acknowledge" else button
