"""Mattermost over loopback: its REST API with people, direct channels and posts, and presses as its server sends them.

Strict: a path, a field or an action that it does not know, a wrong token, and markup that calls somebody fail the test.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from tests.fakes.provider import Provider, Reply, Request

TOKEN, BOT = "bot-token-of-the-tests", "bot00000000000000000000000"
ACTION = {"id", "type", "name", "style", "integration"}


def refusal(status: int, code: str, message: str = "No.", **headers: str) -> Reply:
    """An error as Mattermost says it."""
    said = json.dumps({"id": code, "message": message, "status_code": status}).encode()
    return Reply(status, said, {name.replace("_", "-"): value for name, value in headers.items()})


def good(content: Any, status: int = 200) -> Reply:
    """JSON."""
    return Reply(status, json.dumps(content).encode())


@dataclass
class Post:
    """A post as its reader sees it now."""

    channel: str
    name: str
    message: str
    attachments: list[dict[str, Any]] = field(default_factory=list)
    edits: int = 0

    @property
    def words(self) -> str:
        """All that is said in it."""
        return "\n".join([self.message, *(one["text"] for one in self.attachments)])

    @property
    def actions(self) -> list[dict[str, Any]]:
        """All that can be pressed."""
        return [action for one in self.attachments for action in one.get("actions", [])]

    @property
    def labels(self) -> list[str]:
        """The words on its buttons."""
        return [action["name"] for action in self.actions]

    def context(self, label: str) -> dict[str, Any]:
        """What the server keeps for the button with this label; its clients never see it."""
        found: dict[str, Any] = next(one for one in self.actions if one["name"] == label)["integration"]["context"]
        return found


class Mattermost(Provider):
    """`with Mattermost({"alice": id}) as there:`; `there.url` is for MATTERMOST_URL. `people` maps user names to ids."""

    def __init__(self, people: dict[str, str] | None = None) -> None:
        super().__init__(self._judge)
        self.people = people or {}
        self.posts: list[Post] = []
        self.client = Client()

    # Our way to it.

    def _judge(self, request: Request) -> Reply:
        assert request.path.startswith("/api/v4/"), request.path
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return refusal(401, "api.context.session_expired.app_error", "Invalid or expired session")
        path = request.path.removeprefix("/api/v4/")
        said = request.json if request.body else None
        return self._answer(request.method, path, said)

    def _answer(self, method: str, path: str, said: Any) -> Reply:
        if (method, path) == ("GET", "users/me"):
            return good({"id": BOT, "is_bot": True})
        if (method, path) == ("POST", "channels/direct"):
            assert said[0] == BOT
            assert len(said) == 2
            if said[1] not in self.people.values():
                return refusal(400, "api.channel.create_direct_channel.invalid_user.app_error", "Invalid user ID")
            return good({"id": self._channel(said[1]), "type": "D"}, 201)
        if (method, path) == ("POST", "posts"):
            return self._post(said)
        if method == "PUT" and (found := re.fullmatch(r"posts/([a-z0-9]{26})", path)):
            return self._put(found[1], said)
        if method == "GET" and path.startswith("users/username/"):
            user = self.people.get(path.removeprefix("users/username/"))
            return good({"id": user, "delete_at": 0}) if user else _missing()
        if method == "GET" and path.startswith("users/email/"):
            user = self.people.get(path.removeprefix("users/email/").partition("%40")[0])
            return good({"id": user, "delete_at": 0}) if user else _missing()
        raise AssertionError(f"no {method} {path}")

    @staticmethod
    def _channel(user: str) -> str:
        return f"dm{user[2:]}"

    def _post(self, said: dict[str, Any]) -> Reply:
        assert {"channel_id", "message"} <= set(said) <= {"channel_id", "message", "props"}
        if said["channel_id"] not in {self._channel(user) for user in self.people.values()}:
            return refusal(404, "app.channel.get.existing.app_error", "Unable to find the channel")
        if self.script and self.script[0]:
            return good({})  # the script answers
        name = f"post{len(self.posts) + 1:022d}"
        self.posts.append(Post(said["channel_id"], name, said["message"], check(said)))
        return good({"id": name, "channel_id": said["channel_id"]}, 201)

    def _put(self, name: str, said: dict[str, Any]) -> Reply:
        assert set(said) == {"id", "message", "props"}
        assert said["id"] == name
        found = [one for one in self.posts if one.name == name]
        if not found:
            return refusal(404, "app.post.get.app_error", "Unable to get the post")
        if self.script and self.script[0]:
            return good({})
        found[0].message, found[0].attachments = said["message"], check(said)
        found[0].edits += 1
        return good({"id": name})

    # Its way to us.

    def press(self, user: str, post: Post, label: str) -> str:
        """Somebody presses; returns what they alone are told. The post is what the answer makes of it."""
        return self.send(user, post, post.context(label))

    def send(self, user: str, post: Post, context: dict[str, Any]) -> str:
        """A press with this context."""
        response = self.tell(json.dumps(self.pressed(user, post.name, context)).encode())
        assert response.status_code == 200, response.content
        said = response.json()
        assert set(said) <= {"ephemeral_text", "update"}
        if "update" in said:
            assert set(said["update"]) == {"message", "props"}
            post.message, post.attachments = said["update"]["message"], check(said["update"])
        return str(said["ephemeral_text"])

    def pressed(self, user: str, post: str, context: dict[str, Any]) -> dict[str, Any]:
        """What its server sends when a button was pressed."""
        return {
            "user_id": user,
            "user_name": "someone",
            "channel_id": self._channel(user),
            "channel_name": "x__y",
            "team_id": "",
            "team_domain": "",
            "post_id": post,
            "trigger_id": "t",
            "type": "",
            "data_source": "",
            "context": context,
        }

    def tell(self, body: bytes) -> Any:
        """A request; our answer."""
        return self.client.generic("POST", "/in/mattermost/", body, content_type="application/json")


def _missing() -> Reply:
    return refusal(404, "app.user.missing_account.const", "Unable to find the user.")


def check(said: dict[str, Any]) -> list[dict[str, Any]]:
    """The limits and shapes of a post, and that nobody is called by it; returns its attachments."""
    assert 0 < len(said["message"]) <= 4000
    parts: list[dict[str, Any]] = said.get("props", {}).get("attachments", [])
    for text in [said["message"], *(one["text"] for one in parts)]:
        for word in ("@channel", "@all", "@here"):
            assert word not in text.lower(), word
        assert "![" not in text, "a picture"
        assert len(re.findall(r"(?<!\\)\]\(", text)) == len(re.findall(r"\]\(http://testserver/p/", text)), "a link"
    names = []
    for part in parts:
        assert set(part) <= {"text", "color", "actions"}
        for action in part.get("actions", []):
            assert set(action) == ACTION
            assert re.fullmatch(r"[A-Za-z0-9]+", action["id"])
            assert action["integration"]["url"].endswith("/in/mattermost/")
            names.append(action["id"])
    assert len(names) == len(set(names))
    return parts
