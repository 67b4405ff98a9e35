"""A homeserver of Matrix over loopback: rooms, events sent once by their transaction, and /sync.

Strict: a path, a field or a relation that it does not know, a wrong token, and an event for a room where we are not fail.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils import timezone

from tests.fakes.provider import Provider, Reply, Request

TOKEN, ME = "syt_token_of_the_tests", "@sharp-end:example.org"
SEND = re.compile(r"rooms/([^/]+)/send/m\.room\.message/([^/]+)")
EVENTS = itertools.count(1)


def refusal(status: int, code: str, said: str = "No.", **more: Any) -> Reply:
    """An error as Matrix says it."""
    return Reply(status, json.dumps({"errcode": code, "error": said, **more}).encode())


def good(content: Any) -> Reply:
    """JSON."""
    return Reply(200, json.dumps(content).encode())


@dataclass
class Said:
    """A message as its reader sees it now."""

    room: str
    name: str
    content: dict[str, Any]
    edits: list[dict[str, Any]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """All that is said in it."""
        return str((self.edits[-1] if self.edits else self.content)["body"])


class Matrix(Provider):
    """`with Matrix() as there:`; `there.url` is for MATRIX_URL. `waiting` is what the next /sync brings, room by room."""

    def __init__(self) -> None:
        super().__init__(self._judge)
        self.rooms: dict[str, list[str]] = {}
        self.direct: dict[str, list[str]] = {}
        self.said: list[Said] = []
        self.taken: dict[tuple[str, str], str] = {}
        self.waiting: list[tuple[str, dict[str, Any]]] = []
        self.asked_for = threading.Event()
        self.position = 0

    # Our way to it.

    def _judge(self, request: Request) -> Reply:
        assert request.path.startswith("/_matrix/client/v3/"), request.path
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return refusal(401, "M_UNKNOWN_TOKEN", "Unknown token")
        parts = urlsplit(request.path)
        path = parts.path.removeprefix("/_matrix/client/v3/")
        said: Any = request.json if request.body else None
        if self.script and self.script[0]:
            return good({})  # the script answers
        if (request.method, path) == ("GET", "account/whoami"):
            return good({"user_id": ME})
        if unquote(path) == f"user/{ME}/account_data/m.direct":
            return self._account_data(request.method, said)
        if (request.method, path) == ("POST", "createRoom"):
            return self._create(said)
        if (request.method, path) == ("GET", "sync"):
            return self._sync({name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()})
        found = SEND.fullmatch(path)
        assert found, f"no {request.method} {path}"
        assert request.method == "PUT"
        return self._send(unquote(found[1]), unquote(found[2]), said)

    def _account_data(self, method: str, said: Any) -> Reply:
        if method == "PUT":
            self.direct = said
            return good({})
        return good(self.direct) if self.direct else refusal(404, "M_NOT_FOUND", "Account data not found")

    def _create(self, said: dict[str, Any]) -> Reply:
        assert set(said) == {"is_direct", "invite", "preset", "name"}
        assert said["is_direct"] is True
        room = f"!room{len(self.rooms) + 1}:example.org"
        self.rooms[room] = said["invite"]
        return good({"room_id": room})

    def _send(self, room: str, transaction: str, content: dict[str, Any]) -> Reply:
        if room not in self.rooms:
            return refusal(403, "M_FORBIDDEN", "User is not in the room")
        if (room, transaction) in self.taken:
            return good({"event_id": self.taken[room, transaction]})
        check(content)
        name = f"$event{next(EVENTS)}"
        self.taken[room, transaction] = name
        relation = content.get("m.relates_to")
        if relation:
            assert relation["rel_type"] == "m.replace"
            changed = next(one for one in self.said if one.name == relation["event_id"])
            check(content["m.new_content"])
            changed.edits.append(content["m.new_content"])
        else:
            self.said.append(Said(room, name, content))
        return good({"event_id": name})

    def _sync(self, asked: dict[str, str]) -> Reply:
        assert set(asked) <= {"filter", "timeout", "since", "set_presence"}
        assert json.loads(asked["filter"])["room"]["timeline"]["not_senders"] == [ME]
        self.position += 1
        rooms: dict[str, Any] = {}
        for room, event in self.waiting:
            rooms.setdefault(room, {"timeline": {"events": [], "limited": False}})["timeline"]["events"].append(event)
        if not self.waiting and "since" in asked:
            self.asked_for.set()
            self.stopping.wait(0.02)
        self.waiting = []
        return good({"next_batch": f"s{self.position}", "rooms": {"join": rooms}})

    # What people do.

    def do(self, room: str, sender: str, kind: str, content: Any, **more: Any) -> dict[str, Any]:
        """Something happens in a room; the next /sync brings it."""
        event = {
            "type": kind,
            "sender": sender,
            "event_id": f"$theirs{next(EVENTS)}",
            "origin_server_ts": int(timezone.now().timestamp() * 1000),
            "content": content,
            **more,
        }
        self.waiting.append((room, event))
        return event

    def react(self, said: Said, sender: str, sign: str, **more: Any) -> dict[str, Any]:
        """Somebody reacts to a message."""
        relation = {"rel_type": "m.annotation", "event_id": said.name, "key": sign}
        return self.do(said.room, sender, "m.reaction", {"m.relates_to": relation}, **more)

    def write(self, room: str, sender: str, text: str, **more: Any) -> dict[str, Any]:
        """Somebody writes."""
        return self.do(room, sender, "m.room.message", {"msgtype": "m.text", "body": text}, **more)


class _Form(HTMLParser):
    """Nothing but the tags that we use."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"p", "a", "br", "strong"}, tag
        assert [name for name, _value in attrs] == (["href"] if tag == "a" else [])


def check(content: dict[str, Any]) -> None:
    """The shape of a message, and that it calls nobody but its person."""
    known = {"msgtype", "body", "format", "formatted_body", "m.mentions", "m.new_content", "m.relates_to"}
    assert {"msgtype", "body", "m.mentions"} <= set(content) <= known
    assert content["msgtype"] in {"m.text", "m.notice"}
    assert len(content.get("m.mentions", {}).get("user_ids", [])) <= 1
    assert "@room" not in json.dumps(content).lower()
    assert len(json.dumps(content).encode()) < 60_000  # an event has 65,536 bytes at the most
    parser = _Form()
    parser.feed(content.get("formatted_body", ""))
    parser.close()
