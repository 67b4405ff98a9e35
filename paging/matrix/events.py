"""What one event of Matrix asks for: a reaction to a page, a written code, or that its person has left. Done once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from paging import chat, replies
from paging.channels.buttons import LIFE
from paging.channels.matrix_text import KIND, meaning
from paging.consequences import switch_off
from paging.models import ContactMethod, Delivery
from paging.pressed import LATEST, again

DAY = 24 * 60 * 60
ANSWERS = 5
"""Answers a day to somebody whose words change nothing: two machines must not talk to each other all night."""
GONE = ("leave", "ban")


@dataclass(frozen=True)
class Event:
    """An event of a room, as far as it concerns us."""

    room: str
    name: str
    kind: str
    sender: str
    sent_at: datetime
    content: Mapping[str, Any]
    about: str = ""

    @classmethod
    def of(cls, room: str, found: Any) -> Event | None:  # noqa: ANN401
        """What the server sent; None for what is no event."""
        if not isinstance(found, Mapping):
            return None
        stamp, content = found.get("origin_server_ts"), found.get("content")
        name, sender = chat.clear(found.get("event_id")), chat.clear(found.get("sender"))
        if not (name and sender and isinstance(stamp, int) and isinstance(content, Mapping)) or abs(stamp) > 1e14:  # noqa: PLR2004
            return None
        sent_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp)
        return cls(
            room, name, chat.clear(found.get("type")), sender, sent_at, content, chat.clear(found.get("state_key"))
        )


def take(event: Event, *, at: datetime) -> str:
    """Do what it asks for; returns the sentence for its sender, empty when there is none."""
    with transaction.atomic():
        if not cache.add(f"matrix:once:{chat.mark(event.name)}", 1, 7 * DAY):
            return ""
        if event.kind == "m.reaction":
            return _reacted(event, at)
        if event.kind == "m.room.message":
            return _written(event, at)
        if event.kind == "m.room.member":
            _left(event, at)
        return ""


def _reacted(event: Event, at: datetime) -> str:
    relation = event.content.get("m.relates_to")
    relation = relation if isinstance(relation, Mapping) else {}
    act, target = meaning(chat.clear(relation.get("key"))), chat.clear(relation.get("event_id"))
    rows = _meant(event, target, at) if act and relation.get("rel_type") == "m.annotation" else []
    if not rows:
        return ""
    if (late := at - event.sent_at) > LATEST:
        return _("%s React once more, or open the link.") % again(late)
    if len(rows) > 1 and act != replies.ACKNOWLEDGE:
        return _("That message names several incidents: write a code such as %sr for one.") % rows[0].page.incident_id
    said = [chat.answer(row.page, act, at=at, via=KIND) for row in rows]
    return " ".join(dict.fromkeys(said))


def _meant(event: Event, target: str, at: datetime) -> list[Delivery]:
    """The pages of the message, when whoever reacts is their person, has proved the address, and it is not too old."""
    methods = ContactMethod.objects.filter(kind=KIND, address=event.sender, user__is_active=True)
    rows = Delivery.objects.filter(
        method__in=methods, provider_ref=f"{event.room} {target}", sent_at__gt=at - LIFE
    ).order_by("pk")
    rows = rows.select_related("page__person", "page__incident")
    return [row for row in rows if chat.page_of(KIND, event.sender, row.page_id)]


def _written(event: Event, at: datetime) -> str:
    text = chat.clear(event.content.get("body")).strip()
    person = chat.person_of(KIND, event.sender)
    if event.content.get("msgtype") != "m.text" or not text or "m.relates_to" in event.content:
        return ""
    if person is None:
        return chat.offer(KIND, event.sender) if chat.answers_left(KIND, event.sender, ANSWERS) else ""
    if at - event.sent_at > LATEST:
        return _("You wrote this some time ago, so nothing was changed. Send it again if it is still so.")
    said = replies.by_text(person, text, at=at, via=KIND)
    return said.text if said.changed or chat.answers_left(KIND, event.sender, ANSWERS) else ""


def _left(event: Event, at: datetime) -> None:
    """A person who leaves the room with us, or refuses it, is not reached there any more: they hear it by mail."""
    if event.content.get("membership") not in GONE or event.about != event.sender:
        return
    for method in ContactMethod.objects.filter(kind=KIND, address=event.sender, verified_at__isnull=False):
        switch_off(method, _("you left the room in which pages arrive"), at=at)
