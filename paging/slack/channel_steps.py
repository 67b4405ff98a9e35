"""What is done in Slack for the channel of an incident, one question after the other; what is done is remembered at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from incidents.models import Incident, RoleTenure
from paging.channels import slack_api
from paging.channels.base import SendFailed
from paging.channels.slack_api import Refused
from paging.channels.slack_blocks import escaped
from paging.channels.words import shortened
from paging.incident_channels import IncidentChannel
from paging.models import ContactMethod, Page
from teams.models import User

GONE = frozenset({"channel_not_found", "is_archived", "not_in_channel"})
"""Somebody archived or deleted it, or put us out."""
MOST = 6
"""Questions of one turn, of five seconds each at the most."""
PAGE, PAGES = 40, 3
"""Channels in one answer (64 KB of it are read), and answers that are read to find one of ours."""
CLOCKS_APART = timedelta(minutes=5)
LONGEST_TOPIC, ELLIPSIS = 250, 3


class Enough(Exception):
    """This turn has asked enough; the rest is done in the next."""


class Turn:
    """The questions of one task."""

    def __init__(self) -> None:
        self.left = MOST

    def ask(self, method: str, fields: Mapping[str, Any], *, form: bool = False) -> dict[str, Any]:
        """Ask Slack. Raises SendFailed, and Enough when this turn has asked enough."""
        if not self.left:
            raise Enough
        self.left -= 1
        return slack_api.call(method, fields, form=form)


def keep(row: IncidentChannel, **values: Any) -> None:
    """Remember these of the row, here and in the database."""
    for name, value in values.items():
        setattr(row, name, value)
    IncidentChannel.objects.filter(pk=row.pk).update(**values)


def name_of(incident: Incident, tries: int) -> str:
    """inc-12, and inc-12-2 where that was taken. The title stays out of it: names of channels are read by everybody."""
    return f"inc-{incident.pk}" if tries == 1 else f"inc-{incident.pk}-{tries}"


def create(row: IncidentChannel, turn: Turn, at: datetime) -> None:
    """Have it made, under the first name that is free. Raises SendFailed and Enough."""
    while not row.channel:
        try:
            made = turn.ask("conversations.create", {"name": row.name, "is_private": row.private})
            found = _id(made.get("channel"))
            if not found:
                raise SendFailed(_("The provider's answer cannot be read."))
        except Refused as error:
            if error.code != "name_taken":
                raise
            found = _ours(row, turn)
        if found:
            keep(row, channel=found)
        else:
            tries = row.tries + 1
            keep(row, tries=tries, name=name_of(row.incident, tries), asked_at=at)


def _id(channel: Any) -> str:
    return str(channel.get("id", ""))[:30] if isinstance(channel, dict) else ""


def _ours(row: IncidentChannel, turn: Turn) -> str:
    """The channel of this name that we made and could not remember; empty when somebody else has the name.

    Ours is one that we are in, and that was made since we asked for the name.
    """
    since, cursor = (row.asked_at - CLOCKS_APART).timestamp(), ""
    for _page in range(PAGES):
        asked = {"types": "public_channel,private_channel", "exclude_archived": "true", "limit": PAGE}
        answer = turn.ask("users.conversations", {**asked, **({"cursor": cursor} if cursor else {})}, form=True)
        channels = answer.get("channels")
        for one in channels if isinstance(channels, list) else []:
            if isinstance(one, dict) and one.get("name") == row.name and _made(one) >= since:
                return _id(one)
        more = answer.get("response_metadata")
        cursor = str(more.get("next_cursor", "")) if isinstance(more, dict) else ""
        if not cursor:
            break
    return ""


def _made(channel: Mapping[str, Any]) -> float:
    made = channel.get("created")
    return float(made) if isinstance(made, int | float) else 0.0


def invite(row: IncidentChannel, turn: Turn) -> None:
    """Bring in whoever was paged, has it or has a role, and has linked Slack. Each is asked once. Raises SendFailed, Enough."""
    for member in _members(row.incident):
        if member in row.invited:
            continue
        try:
            turn.ask("conversations.invite", {"channel": row.channel, "users": member})
        except Refused as error:
            # Already there, a guest, gone: that is between Slack and this person, and the others shall come in.
            if not error.permanent or error.administrators or error.code in GONE:
                raise
        keep(row, invited=[*row.invited, member])


def _members(incident: Incident) -> list[str]:
    paged = Page.objects.filter(incident=incident).values("person")
    roles = RoleTenure.objects.filter(incident=incident, end=None).values("person")
    people = User.objects.active().filter(Q(pk__in=paged) | Q(pk__in=roles) | Q(pk=incident.held_by_id or 0))
    linked = ContactMethod.objects.filter(kind="slack", verified_at__isnull=False, disabled_at=None, user__in=people)
    return list(dict.fromkeys(linked.order_by("pk").values_list("address", flat=True)))


def tell_topic(row: IncidentChannel, turn: Turn) -> None:
    """The topic says what is so now. Raises SendFailed and Enough."""
    topic = topic_of(row)
    if topic != row.topic:
        turn.ask("conversations.setTopic", {"channel": row.channel, "topic": topic})
        keep(row, topic=topic)


def topic_of(row: IncidentChannel) -> str:
    """Number, class, title, who has it, link; at most what Slack takes. A restricted incident's title stays out of a channel
    that everybody may read."""
    incident = row.incident
    if not incident.is_open:
        stands = str(incident.get_state_display())
    elif incident.is_held:
        stands = _("%s has it") % incident.holder
    else:
        stands = _("nobody has it yet")
    ends = [incident.number, incident.get_severity_display(), stands, address_of(incident)]
    room = LONGEST_TOPIC - len(" · ".join(escaped(part) for part in ends)) - len(" · ")
    title = _fitting(incident.title, room) if row.private or not incident.restricted else ""
    return " · ".join([*map(escaped, ends[:2]), *([title] if title else []), *map(escaped, ends[2:])])[:LONGEST_TOPIC]


def _fitting(text: str, room: int) -> str:
    """The text as Slack wants it, in so many characters after escaping."""
    length = room
    while length > ELLIPSIS and len(escaped(shortened(text, length))) > room:
        length -= 1
    return escaped(shortened(text, length)) if length > ELLIPSIS else ""


def address_of(incident: Incident) -> str:
    """Its page."""
    return f"{settings.SHARPEND_URL}{incident.path}"


def pin_head(row: IncidentChannel, turn: Turn) -> None:
    """A first message with the way to the incident, pinned. Raises SendFailed and Enough."""
    if not row.head:
        said = {"channel": row.channel, "text": _head(row), "unfurl_links": False, "unfurl_media": False}
        keep(row, head=str(turn.ask("chat.postMessage", said).get("ts", ""))[:30] or "-")
    if not row.pinned:
        try:
            turn.ask("pins.add", {"channel": row.channel, "timestamp": row.head})
        except Refused as error:
            # Pinned already, or a message that somebody deleted: a pin is worth no second try.
            if not error.permanent or error.administrators or error.code in GONE:
                raise
        keep(row, pinned=True)


def _head(row: IncidentChannel) -> str:
    incident = row.incident
    shown = row.private or not incident.restricted
    title = f": {escaped(incident.title)}" if shown else ""
    service = [escaped(str(incident.service))] if shown and incident.service else []
    how = _("`/sharpend note …` here writes into its story; `/sharpend help` says what else can be typed.")
    first = f"*<{address_of(incident)}|{incident.number}> {escaped(incident.get_severity_display())}{title}*"
    return "\n".join([first, *service, how])


def archive(row: IncidentChannel, turn: Turn) -> None:
    """Put it away, for reading only; one that is away already is fine. Raises SendFailed and Enough."""
    try:
        turn.ask("conversations.archive", {"channel": row.channel})
    except Refused as error:
        if error.code not in GONE | {"already_archived"}:
            raise
