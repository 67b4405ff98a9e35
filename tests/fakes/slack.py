"""Slack over loopback: its Web API with people and their messages, signed clicks and commands, Socket Mode.

Strict: a method, an argument or a block that it does not know, a wrong token, and a user who is not there fail the test.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.test import Client
from django.utils import timezone

from tests.fakes.provider import Provider, Reply, Request
from tests.fakes.slack_rooms import Rooms
from tests.fakes.slack_words import check, good, refusal

BOT, APP, SECRET = "xoxb-bot-of-the-tests", "xapp-app-of-the-tests", "a-signing-secret-of-the-tests"
ARGUMENTS = {
    "chat.postMessage": ({"channel", "text"}, {"blocks", "unfurl_links", "unfurl_media"}),
    "chat.update": ({"channel", "ts", "text"}, {"blocks"}),
    "users.lookupByEmail": ({"email"}, set[str]()),
    "apps.connections.open": (set[str](), set[str]()),
    "conversations.create": ({"name"}, {"is_private"}),
    "conversations.invite": ({"channel", "users"}, set[str]()),
    "conversations.setTopic": ({"channel", "topic"}, set[str]()),
    "conversations.archive": ({"channel"}, set[str]()),
    "users.conversations": (set[str](), {"types", "limit", "cursor", "exclude_archived"}),
    "pins.add": ({"channel", "timestamp"}, set[str]()),
}
"""Method -> arguments that it must have, and those that it may have."""
TRIGGERS = itertools.count(1)
FORMS = {"users.lookupByEmail", "users.conversations"}
"""Methods that take no JSON."""


@dataclass
class Posted:
    """A message as its reader sees it now."""

    channel: str
    ts: str
    to: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    edits: int = 0

    @property
    def words(self) -> str:
        """All that is said in it."""
        return "\n".join(one["text"]["text"] for one in self.blocks if one["type"] == "section") or self.text

    @property
    def elements(self) -> list[tuple[str, dict[str, Any]]]:
        """(block id, element) of all that can be pressed."""
        return [(one["block_id"], what) for one in self.blocks if one["type"] == "actions" for what in one["elements"]]

    @property
    def labels(self) -> list[str]:
        """The words on its buttons."""
        return [what["text"]["text"] for _block, what in self.elements if what["type"] == "button"]

    def action(self, label: str, *, nth: int = 0) -> dict[str, Any]:
        """What Slack sends for a press on the button with this label."""
        found = [(b, e) for b, e in self.elements if e["type"] == "button" and e["text"]["text"] == label]
        block, element = found[nth]
        return {"type": "button", "block_id": block, "action_id": element["action_id"], "value": element["value"]}


class Slack(Rooms, Provider):
    """`with Slack() as there:`; `there.api` is for SLACK_BASE_URL.

    `script` (see Provider): `refusal("ratelimited", 429, Retry_After="7")`, `Reply(500)`, `Reply(hang=True)`. `people` maps
    the member ids to their e-mails; `answers` keeps what was posted to response addresses.
    """

    def __init__(self, people: dict[str, str] | None = None) -> None:
        Rooms.__init__(self)
        Provider.__init__(self, self._judge)
        self.people = people or {}
        self.posted: list[Posted] = []
        self.answers: list[str] = []
        self.client = Client()
        self.socket_url = ""

    @property
    def api(self) -> str:
        """The address of its Web API."""
        return f"{self.url}/api/"

    def asked(self, method: str) -> list[dict[str, Any]]:
        """What this method was asked, in order."""
        return [_fields(one) for one in self.received if one.path == f"/api/{method}"]

    # Our way to it.

    def _judge(self, request: Request) -> Reply:
        assert request.method == "POST"
        if request.path.startswith("/response/"):
            said = request.json
            assert set(said) <= {"text", "response_type", "replace_original"}, said
            assert said["response_type"] == "ephemeral"
            assert said["replace_original"] is False
            self.answers.append(said["text"])
            return Reply(200, b"ok")
        method = request.path.removeprefix("/api/")
        assert method in ARGUMENTS, f"no method {request.path}"
        token = APP if method == "apps.connections.open" else BOT
        if request.headers.get("authorization") != f"Bearer {token}":
            return refusal("invalid_auth")
        kind = "application/x-www-form-urlencoded" if method in FORMS else "application/json; charset=utf-8"
        assert not request.body or request.headers["content-type"] == kind, request.headers
        fields, (must, may) = _fields(request), ARGUMENTS[method]
        assert must <= set(fields) <= must | may, f"{method} with {sorted(fields)}"
        if self.script and self.script[0]:
            return good()  # the script answers
        return self._methods()[method](fields)

    def _methods(self) -> dict[str, Callable[[dict[str, Any]], Reply]]:
        return {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "users.lookupByEmail": self._lookup,
            **self._of_rooms(),
            "apps.connections.open": lambda _said: good(url=self.socket_url),
        }

    def _post(self, said: dict[str, Any]) -> Reply:
        if said["channel"] not in {*self.people, *self.channels}:
            return refusal("channel_not_found")
        if said["channel"] in self.channels and (wrong := self._shut(said)):
            return wrong
        check(said)
        channel = said["channel"].replace("U", "D", 1) if said["channel"] in self.people else said["channel"]
        stamp = f"1700000000.{len(self.posted) + 1:06d}"
        self.posted.append(Posted(channel, stamp, said["channel"], said["text"], said.get("blocks", [])))
        return good(channel=channel, ts=stamp, message={})

    def _update(self, said: dict[str, Any]) -> Reply:
        found = [one for one in self.posted if (one.channel, one.ts) == (said["channel"], said["ts"])]
        if not found:
            return refusal("message_not_found")
        check(said)
        found[0].text, found[0].blocks, found[0].edits = said["text"], said.get("blocks", []), found[0].edits + 1
        return good(channel=said["channel"], ts=said["ts"])

    def _lookup(self, said: dict[str, Any]) -> Reply:
        found = [user for user, email in self.people.items() if email == said["email"]]
        return good(user={"id": found[0], "name": "a"}) if found else refusal("users_not_found")

    # Its way to us.

    def press(self, user: str, action: dict[str, Any], *, more: dict[str, Any] | None = None) -> str:
        """Somebody presses; returns what they are told."""
        before = len(self.answers)
        response = self.tell("interactions", {"payload": json.dumps(self.pressed(user, action) | (more or {}))})
        assert (response.status_code, response.content) == (200, b""), response.content
        return " ".join(self.answers[before:])

    def pressed(self, user: str, action: dict[str, Any]) -> dict[str, Any]:
        """The payload of a press."""
        return {
            "type": "block_actions",
            "user": {"id": user, "team_id": "T1", "name": "someone"},
            "container": {"type": "message"},
            "response_url": f"{self.url}/response/1",
            "actions": [action],
        }

    def command(self, user: str, text: str, *, channel: str = "D0000SELF") -> str:
        """Somebody types `/sharpend text`; returns what they are told."""
        return self.send(self.typed(user, text) | {"channel_id": channel})

    def send(self, form: dict[str, str]) -> str:
        """A slash command as it is; what was answered."""
        response = self.tell("commands", form)
        assert response.status_code == 200, response.content
        said = response.json()
        assert set(said) <= {"text", "response_type"}
        assert said["response_type"] == "ephemeral"
        return str(said["text"])

    @staticmethod
    def typed(user: str, text: str) -> dict[str, str]:
        """The fields of a slash command."""
        named = {"command": "/sharpend", "text": text, "user_id": user, "user_name": "someone", "team_id": "T1"}
        return {**named, "trigger_id": f"{next(TRIGGERS)}.1"}

    def tell(self, door: str, form: dict[str, str], *, stamp: str = "", signature: str = "") -> Any:
        """A signed request; our answer."""
        body = urlencode(form).encode()
        stamp = stamp or str(int(timezone.now().timestamp()))
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature or sign(stamp, body)}
        kind = "application/x-www-form-urlencoded"
        return self.client.generic("POST", f"/in/slack/{door}/", body, content_type=kind, headers=headers)


def sign(stamp: str, body: bytes, secret: str = SECRET) -> str:
    """Slack, "Verifying requests from Slack"."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()


def _fields(request: Request) -> dict[str, Any]:
    if not request.body:
        return {}
    if request.headers["content-type"].startswith("application/json"):
        found: dict[str, Any] = request.json
        return found
    return dict(parse_qsl(request.body.decode(), strict_parsing=True))
