"""The doors through which heartbeats are set up by hand; who may do it is asked before, in the view."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from alerts import beats, heartbeat_keys, heartbeats
from alerts.heartbeat_models import Heartbeat, PingKey
from teams.audit import acting
from teams.models import User
from teams.setup import VIA, store


@transaction.atomic
def save_heartbeat(heartbeat: Heartbeat, *, by: User) -> Heartbeat:
    """The heartbeat as it stands; what is up or late is expected by its new rhythm."""
    with acting(by, VIA):
        store(heartbeat, heartbeat.name)
    retime(heartbeat)
    return heartbeat


def retime(heartbeat: Heartbeat) -> None:
    """Its rhythm may be another one now."""
    there = heartbeats.locked(heartbeat.pk)
    heartbeats.store(there, beats.retime(there.pulse, there.rhythm))


def new_key(heartbeat: Heartbeat, *, by: User, at: datetime) -> str:
    """One more key: its secret. Raises `keys.TooManyKeys` beyond two live ones."""
    with acting(by, VIA):
        return heartbeat_keys.make_key(heartbeat, at=at)


def revoke_key(key: PingKey, *, by: User, at: datetime) -> None:
    """From now on this key is refused. Twice is once."""
    with acting(by, VIA):
        heartbeat_keys.revoke(key, at=at)


@transaction.atomic
def first_key(heartbeat: Heartbeat, *, by: User, at: datetime) -> str | None:
    """The first key; in place of one that nobody has used, for a form that was sent twice. None once it was heard."""
    if heartbeats.locked(heartbeat.pk).last_ping_at:
        return None
    for key in heartbeat.keys.filter(revoked_at=None):
        revoke_key(key, by=by, at=at)
    return new_key(heartbeat, by=by, at=at)
