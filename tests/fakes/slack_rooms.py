"""Slack's channels, with the refusals that its documentation names (https://docs.slack.dev/reference/methods)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from tests.fakes.provider import Reply
from tests.fakes.slack_words import calm, good, refusal


@dataclass
class Room:
    """A channel as its members see it."""

    id: str
    name: str
    created: float
    private: bool = False
    ours: bool = True
    archived: bool = False
    topic: str = ""
    members: list[str] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)


class Rooms:
    """The channels of a workspace; the stand-in of Slack has them."""

    people: dict[str, str]
    bot = "U0000BOT"

    def __init__(self) -> None:
        self.channels: dict[str, Room] = {}
        self.posted: list[Any] = []

    def _of_rooms(self) -> dict[str, Callable[[dict[str, Any]], Reply]]:
        return {
            "conversations.create": self._create,
            "conversations.invite": self._invite,
            "conversations.setTopic": self._topic,
            "conversations.archive": self._archive,
            "users.conversations": self._rooms,
            "pins.add": self._pin,
        }

    def room(self, name: str, **more: Any) -> Room:
        """A channel with this name; with `ours=False` one that our bot is not in."""
        made = Room(f"C{len(self.channels) + 1:08d}", name, timezone.now().timestamp(), **more)
        self.channels[made.id] = made
        return made

    def _create(self, said: dict[str, Any]) -> Reply:
        name = said["name"]
        if not re.fullmatch(r"[a-z0-9_-]{1,80}", name):
            return refusal("invalid_name_specials")
        if any(one.name == name for one in self.channels.values()):
            return refusal("name_taken")  # archived ones keep their names
        made = self.room(name, private=said.get("is_private", False))
        return good(channel={"id": made.id, "name": name, "is_private": made.private, "created": int(made.created)})

    def _shut(self, said: dict[str, Any]) -> Reply | None:
        found = self.channels.get(said["channel"])
        if found is None:
            return refusal("channel_not_found")
        if found.archived:
            return refusal("is_archived")
        return None if found.ours else refusal("not_in_channel")

    def _invite(self, said: dict[str, Any]) -> Reply:
        if wrong := self._shut(said):
            return wrong
        (user,), room = said["users"].split(","), self.channels[said["channel"]]
        if user == self.bot:
            return refusal("cant_invite_self")
        if user not in self.people:
            return refusal("user_not_found")
        if user in room.members:
            return refusal("already_in_channel")
        room.members.append(user)
        return good(channel={"id": room.id})

    def _topic(self, said: dict[str, Any]) -> Reply:
        if wrong := self._shut(said):
            return wrong
        if len(said["topic"]) > 250:  # noqa: PLR2004 - Slack's
            return refusal("too_long")
        calm(said["topic"])
        self.channels[said["channel"]].topic = said["topic"]
        return good(channel={"id": said["channel"]})

    def _archive(self, said: dict[str, Any]) -> Reply:
        room = self.channels.get(said["channel"])
        if room and room.archived:
            return refusal("already_archived")
        if wrong := self._shut(said):
            return wrong
        self.channels[said["channel"]].archived = True
        return good()

    def _rooms(self, said: dict[str, Any]) -> Reply:
        assert set(said["types"].split(",")) <= {"public_channel", "private_channel", "im", "mpim"}
        without = said.get("exclude_archived") == "true"
        mine = [one for one in self.channels.values() if one.ours and not (without and one.archived)]
        start, size = int(said.get("cursor", "0")), int(said["limit"])
        shown = [{"id": one.id, "name": one.name, "created": int(one.created)} for one in mine[start : start + size]]
        following = str(start + size) if start + size < len(mine) else ""
        return good(channels=shown, response_metadata={"next_cursor": following})

    def _pin(self, said: dict[str, Any]) -> Reply:
        if wrong := self._shut(said):
            return wrong
        room = self.channels[said["channel"]]
        if not any((one.channel, one.ts) == (room.id, said["timestamp"]) for one in self.posted):
            return refusal("message_not_found")
        if said["timestamp"] in room.pins:
            return refusal("already_pinned")
        room.pins.append(said["timestamp"])
        return good()
