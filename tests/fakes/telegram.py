"""Telegram over loopback: the Bot API with people and their chats, presses and words by webhook or by getUpdates.

Strict: a method, a field or markup that it does not know, a button whose data is too long, and a chat that nobody opened fail.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.fakes.provider import Provider, Reply, Request

TOKEN, SECRET, BOT = "123456:token-of-the-tests", "secret-of-the-tests", "sharp_end_bot"
FIELDS = {
    "getMe": (set[str](), set[str]()),
    "sendMessage": ({"chat_id", "text"}, {"parse_mode", "link_preview_options", "reply_markup"}),
    "editMessageText": ({"chat_id", "message_id", "text"}, {"parse_mode", "link_preview_options", "reply_markup"}),
    "answerCallbackQuery": ({"callback_query_id", "text"}, {"show_alert"}),
    "getUpdates": ({"offset", "limit", "timeout", "allowed_updates"}, set[str]()),
    "setWebhook": ({"url", "secret_token", "allowed_updates"}, set[str]()),
    "deleteWebhook": (set[str](), {"drop_pending_updates"}),
}
"""Method -> fields that it must have, and those that it may have."""
UPDATES = itertools.count(1000)


def refusal(status: int, description: str, **parameters: Any) -> Reply:
    """`ok: false`, as Telegram says it: with the status of HTTP too."""
    said = {"ok": False, "error_code": status, "description": description}
    return Reply(status, json.dumps(said | ({"parameters": parameters} if parameters else {})).encode())


def good(result: Any) -> Reply:
    """`ok: true`."""
    return Reply(200, json.dumps({"ok": True, "result": result}).encode())


@dataclass
class Sent:
    """A message as its reader sees it now."""

    chat: int
    number: int
    text: str
    words: str
    rows: list[list[dict[str, str]]] = field(default_factory=list)
    edits: int = 0

    @property
    def labels(self) -> list[str]:
        """The words on its buttons."""
        return [button["text"] for row in self.rows for button in row]

    def data(self, label: str) -> str:
        """What a press on the button with this label brings."""
        return next(button["callback_data"] for row in self.rows for button in row if button["text"] == label)


class Telegram(Provider):
    """`with Telegram({70010, 70020}) as there:`; `there.url` is for TELEGRAM_BASE_URL.

    `chats` are people who have opened the bot. `waiting` is brought by getUpdates until it is confirmed. `toasts` keeps what
    people were told after a press.
    """

    def __init__(self, chats: set[int] | None = None) -> None:
        super().__init__(self._judge)
        self.chats = chats or set()
        self.sent: list[Sent] = []
        self.toasts: list[str] = []
        self.waiting: list[dict[str, Any]] = []
        self.client = Client()
        self.asked_for = threading.Event()
        self.webhook: dict[str, Any] = {}

    # Our way to it.

    def _judge(self, request: Request) -> Reply:
        assert request.method == "POST"
        _nothing, token, method = request.path.split("/")
        assert method in FIELDS, f"no method {request.path}"
        if token != f"bot{TOKEN}":
            return refusal(401, "Unauthorized")
        said, (must, may) = request.json, FIELDS[method]
        assert must <= set(said) <= must | may, f"{method} with {sorted(said)}"
        if self.script and self.script[0]:
            return good(True)  # the script answers
        return self._methods()[method](said)

    def _methods(self) -> dict[str, Callable[[dict[str, Any]], Reply]]:
        return {
            "getMe": lambda _said: good({"id": 1, "is_bot": True, "username": BOT}),
            "sendMessage": self._send,
            "editMessageText": self._edit,
            "answerCallbackQuery": self._toast,
            "getUpdates": self._updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": lambda _said: good(True),
        }

    def _send(self, said: dict[str, Any]) -> Reply:
        if said["chat_id"] not in self.chats:
            return refusal(400, "Bad Request: chat not found")
        words = check(said)
        rows = said.get("reply_markup", {}).get("inline_keyboard", [])
        self.sent.append(Sent(said["chat_id"], len(self.sent) + 1, said["text"], words, rows))
        return good({"message_id": len(self.sent), "chat": {"id": said["chat_id"]}})

    def _edit(self, said: dict[str, Any]) -> Reply:
        found = [one for one in self.sent if (one.chat, one.number) == (said["chat_id"], said["message_id"])]
        if not found:
            return refusal(400, "Bad Request: message to edit not found")
        rows = said.get("reply_markup", {}).get("inline_keyboard", [])
        if (found[0].text, found[0].rows) == (said["text"], rows):
            return refusal(400, "Bad Request: message is not modified: specified new message content")
        found[0].words, found[0].text, found[0].rows = check(said), said["text"], rows
        found[0].edits += 1
        return good({"message_id": said["message_id"]})

    def _toast(self, said: dict[str, Any]) -> Reply:
        assert 0 < len(said["text"]) <= 200
        self.toasts.append(said["text"])
        return good(True)

    def _updates(self, said: dict[str, Any]) -> Reply:
        assert 1 <= said["limit"] <= 100
        self.waiting = [one for one in self.waiting if one["update_id"] >= said["offset"]]
        if not self.waiting:
            self.asked_for.set()
            self.stopping.wait(0.02)
        return good(self.waiting[: said["limit"]])

    def _set_webhook(self, said: dict[str, Any]) -> Reply:
        assert said["url"].startswith("https://")
        self.webhook = said
        return good(True)

    # Its way to us.

    @staticmethod
    def pressed(account: int, data: str) -> dict[str, Any]:
        """The update of a press."""
        press = {
            "id": f"q{next(UPDATES)}",
            "from": {"id": account, "is_bot": False, "first_name": "Someone"},
            "message": {"message_id": 1, "chat": {"id": account, "type": "private"}},
            "data": data,
        }
        return {"update_id": next(UPDATES), "callback_query": press}

    @staticmethod
    def written(account: int, text: str, **more: Any) -> dict[str, Any]:
        """The update of words."""
        message = {
            "message_id": 9,
            "from": {"id": account, "is_bot": False, "first_name": "Someone"},
            "chat": {"id": account, "type": "private"},
            "date": int(timezone.now().timestamp()),
            "text": text,
        }
        return {"update_id": next(UPDATES), "message": message | more}

    def press(self, account: int, data: str) -> str:
        """Somebody presses; returns what they are told."""
        return self.told(self.pressed(account, data))

    def write(self, account: int, text: str, **more: Any) -> str:
        """Somebody writes; returns what they are answered."""
        return self.told(self.written(account, text, **more))

    def told(self, update: dict[str, Any]) -> str:
        """What we answered to an update by webhook: a method of Telegram in the answer itself."""
        response = self.tell(json.dumps(update).encode())
        assert response.status_code == 200, response.content
        if not response.content:
            return ""
        said = response.json()
        must, may = FIELDS[said.pop("method")]
        assert must <= set(said) <= must | may
        if "callback_query_id" in said:
            assert 0 < len(said["text"]) <= 200
        return str(said["text"])

    def tell(self, body: bytes, *, secret: str = SECRET) -> Any:
        """A request of the webhook; our answer."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        return self.client.generic("POST", "/in/telegram/", body, content_type="application/json", headers=headers)


class _Words(HTMLParser):
    """The text of a message, with nothing but the tags that we use."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"a", "b"}, f"can't parse entities: {tag}"
        assert [name for name, _value in attrs] == (["href"] if tag == "a" else [])
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def check(said: dict[str, Any]) -> str:
    """The limits and shapes of a message; returns what is read of it."""
    words = str(said["text"])
    if "parse_mode" in said:
        assert said["parse_mode"] == "HTML"
        parser = _Words()
        parser.feed(said["text"])
        parser.close()
        assert parser.open == []
        words = parser.words
    assert 0 < len(words.encode("utf-16-le")) // 2 <= 4096
    assert "/start" not in words.lower(), "a command that somebody else wrote"
    rows = said.get("reply_markup", {}).get("inline_keyboard", [])
    for row in rows:
        assert 0 < len(row) <= 8
        for button in row:
            assert set(button) == {"text", "callback_data"}
            assert 1 <= len(button["callback_data"].encode()) <= 64
    assert sum(len(row) for row in rows) <= 100
    return words
