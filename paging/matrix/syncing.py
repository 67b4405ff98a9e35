"""Matrix asked for what is new (`/sync`): what was taken is in the database before we go on from there."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone, translation

from paging import long_polls
from paging.channels import matrix_api
from paging.channels.base import SendFailed
from paging.channels.matrix import EVENT, named
from paging.channels.matrix_text import calm
from paging.matrix.events import GONE, Event, take
from paging.pressed import LATEST

HOLD = 25
"""Seconds that the server keeps a question open while nothing is new."""
PATIENCE = 10
LARGEST = 16 * 1024 * 1024
KEPT = 30 * 24 * 60 * 60
NONE: dict[str, list[str]] = {"types": []}
logger = logging.getLogger(__name__)


def run(stopping: threading.Event) -> None:
    """Ask until `stopping`; however long the server is away, it is tried again."""
    long_polls.keep_asking(stopping, ask, role="matrix", name="Matrix")


def ask() -> None:
    """One question, and everything that it brings. Raises SendFailed, or Django's database errors."""
    me, key = matrix_api.me(), f"matrix:{matrix_api.account()}:since"
    since: str = cache.get(key, "")
    asked = {"filter": _filter(me), "timeout": HOLD * 1000 if since else 0, "set_presence": "offline"}
    query = urlencode(asked | ({"since": since} if since else {}))
    found = matrix_api.call("GET", f"sync?{query}", limit=HOLD + PATIENCE, largest=LARGEST)
    for event in events(found):
        # Without a place to go on from the server tells old stories too.
        if event.sender != me and (since or timezone.now() - event.sent_at <= LATEST):
            take_one(event)
    if following := str(found.get("next_batch", "")):
        cache.set(key, following, KEPT)


def _filter(me: str) -> str:
    """Only what people do in rooms, and no more of it than we need."""
    timeline = {"types": ["m.reaction", "m.room.message", "m.room.member"], "not_senders": [me], "limit": 50}
    room = {"timeline": timeline, "state": NONE, "ephemeral": NONE, "account_data": NONE, "include_leave": False}
    return json.dumps({"room": room, "presence": NONE, "account_data": NONE}, separators=(",", ":"))


def events(found: Mapping[str, Any]) -> Iterator[Event]:
    """Every event of the rooms in which we are, in the order of each room."""
    rooms = found.get("rooms")
    joined = rooms.get("join") if isinstance(rooms, Mapping) else None
    for room, told in joined.items() if isinstance(joined, Mapping) else ():
        timeline = told.get("timeline") if isinstance(told, Mapping) else None
        rows = timeline.get("events") if isinstance(timeline, Mapping) else None
        for row in rows if isinstance(rows, list) else ():
            if event := Event.of(str(room), row):
                yield event


def take_one(event: Event) -> None:
    """Take one event and answer it. One that we cannot take is left behind; a database that is away is raised."""
    try:
        leaves = event.kind == "m.room.member" and event.content.get("membership") in GONE
        if event.kind == "m.room.member" and not (leaves and matrix_api.is_with(event.sender, event.room)):
            return
        with translation.override(settings.LANGUAGE_CODE):
            said = take(event, at=timezone.now())
        if leaves:
            matrix_api.forget(event.sender)
        if said:
            content = {"msgtype": "m.notice", "body": calm(said), "m.mentions": {}}
            matrix_api.put(event.room, EVENT, named(event.sender, "answer", event.name), content)
    except long_polls.AWAY:
        raise
    except SendFailed as error:
        logger.warning("Matrix did not take an answer: %s", error)
    except Exception:
        logger.exception("an event of Matrix was not taken")
