"""A channel in Slack for each bad incident: made, told what is so, its people invited, and archived when all is done.

State is read: a channel is due when its incident has moved on since it was last looked at. It is no page's business: nothing
waits for it, and Slack being down leaves it behind until Slack is back. Each step is remembered as soon as it is done, and a
channel whose making was not remembered is found again, so that a task that is tried twice makes no second one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from foundation.dispatch.registry import Key
from incidents.models import Incident, IncidentQuerySet, State
from incidents.severity import CLASSES, rank
from paging.channels.base import SendFailed
from paging.channels.slack_api import Refused
from paging.consequences import tell_slack_makes_no_channel
from paging.incident_channels import IncidentChannel
from paging.slack import channel_steps
from paging.slack.channel_steps import GONE, Enough, Turn

LEASE = timedelta(seconds=60)
"""Longer than all questions of one turn."""
WAITS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""Before another try; the last again and again, as long as hope remains."""
KEPT = timedelta(days=3)
"""How long after an incident is closed, cancelled or merged its channel stays open for a last word."""
DONE = frozenset({State.CLOSED, State.CANCELLED, State.MERGED})


def wanted() -> list[str]:
    """Classes whose incidents get a channel, by SLACK_INCIDENT_CHANNELS; none without Slack."""
    least = settings.SLACK_INCIDENT_CHANNELS
    return list(CLASSES[: rank(least) + 1]) if least and settings.SLACK_BOT_TOKEN else []


def due(at: datetime, limit: int) -> list[Key]:
    """Incidents that want a channel, and those whose channel is behind or has had its time."""
    if not settings.SLACK_BOT_TOKEN:
        return []
    live = IncidentChannel.objects.filter(state=IncidentChannel.State.LIVE, due_at__lte=at)
    behind = live.filter(~Q(version=F("incident__version")) | Q(archive_at__lte=at)).order_by("due_at", "pk")
    found: list[Key] = list(behind.values_list("incident", flat=True)[:limit])
    kept = IncidentChannel.objects.filter(incident=OuterRef("pk")).exclude(state=IncidentChannel.State.ARCHIVED)
    classes = wanted()
    new = IncidentQuerySet(Incident).open().filter(~Exists(kept), severity__in=classes).order_by("pk")
    return found + (list(new.values_list("pk", flat=True)[: limit - len(found)]) if classes else [])


def look(key: Key, at: datetime) -> bool:
    """Bring the channel of one incident up to date; returns whether there was anything to look at."""
    row = _claim(int(key), at)
    if row is None:
        return False
    try:
        _work(row, at)
    except Enough:
        channel_steps.keep(row, due_at=at, attempts=0)
    except SendFailed as error:
        _failed(row, error, at)
    else:
        channel_steps.keep(row, version=row.incident.version, due_at=at, attempts=0)
    return True


@transaction.atomic
def _claim(incident: int, at: datetime) -> IncidentChannel | None:
    """The row of this incident, with a lease; None when there is nothing to do or somebody else is at it."""
    found = Incident.objects.filter(pk=incident).first()
    if found is None:
        return None
    if found.is_open and found.severity in wanted():
        name = channel_steps.name_of(found, 1)
        fresh = IncidentChannel(incident=found, name=name, asked_at=at, private=found.restricted, due_at=at)
        IncidentChannel.objects.bulk_create([fresh], ignore_conflicts=True)
    rows = IncidentChannel.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    row = rows.filter(incident=found, due_at__lte=at).exclude(state=IncidentChannel.State.LEFT).first()
    if row is None:
        return None
    row.incident = found
    if row.state == IncidentChannel.State.ARCHIVED:
        if not found.is_open:
            return None
        _begin_anew(row, at)
    channel_steps.keep(row, due_at=at + LEASE, attempts=row.attempts + 1)
    return row


def _begin_anew(row: IncidentChannel, at: datetime) -> None:
    """The incident is back and its channel is archived, which no bot can undo: it gets another."""
    channel_steps.keep(
        row,
        state=IncidentChannel.State.LIVE,
        private=row.incident.restricted,
        channel="",
        asked_at=at,
        topic="",
        head="",
        pinned=False,
        invited=[],
        attempts=0,
        archive_at=None,
    )


def _work(row: IncidentChannel, at: datetime) -> None:
    """All that is to be done now. Raises SendFailed, and Enough when there is more."""
    turn = Turn()
    incident = row.incident
    if not row.channel and not incident.is_open:
        channel_steps.keep(row, state=IncidentChannel.State.ARCHIVED)
        return
    _plan_the_end(row, at)
    if row.archive_at and row.archive_at <= at:
        channel_steps.archive(row, turn)
        channel_steps.keep(row, state=IncidentChannel.State.ARCHIVED, archive_at=None)
        return
    channel_steps.create(row, turn, at)
    channel_steps.invite(row, turn)
    channel_steps.tell_topic(row, turn)
    channel_steps.pin_head(row, turn)


def _plan_the_end(row: IncidentChannel, at: datetime) -> None:
    """One that is resolved is still talked about, and may come back: its channel ends when it is closed."""
    over = row.incident.state in DONE
    planned = row.archive_at or (row.incident.closed_at or at) + KEPT if over else None
    if planned != row.archive_at:
        channel_steps.keep(row, archive_at=planned)


def _failed(row: IncidentChannel, error: SendFailed, at: datetime) -> None:
    """Again later where hope remains; else when the incident moves. A channel that is gone was put away: it is let be."""
    if isinstance(error, Refused) and error.code in GONE and row.channel:
        channel_steps.keep(row, state=IncidentChannel.State.LEFT)
        return
    values: dict[str, Any] = {"version": row.incident.version} if error.permanent else {}
    if error.permanent and row.archive_at and row.archive_at <= at:
        values = {"state": IncidentChannel.State.LEFT}
    wait = WAITS[min(row.attempts, len(WAITS)) - 1]
    channel_steps.keep(row, **values, due_at=at + max(wait, timedelta(seconds=error.retry_after or 0)))
    if error.administrators or error.permanent:
        tell_slack_makes_no_channel(str(error), at=at)
