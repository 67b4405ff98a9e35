"""The doors through which sources are set up by hand; who may do it is asked before, in the view."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from alerts import keys, versions
from alerts.models import Key, Source
from teams.audit import acting
from teams.models import User
from teams.setup import VIA, store


@transaction.atomic
def save_source(source: Source, *, by: User, at: datetime) -> Source:
    """The source as it stands, a new version of its rules; its keys are made and revoked by `alerts.keys`."""
    with versions.kept(source, by=by, at=at), acting(by, VIA):
        store(source, source.name)
    return source


def new_key(source: Source, *, by: User, at: datetime) -> str:
    """One more key: its secret. Raises `keys.TooManyKeys` beyond two live ones."""
    with acting(by, VIA):
        return keys.make_key(source, at=at)


@transaction.atomic
def given_key(source: Source, secret: str, *, by: User, at: datetime) -> None:
    """Let `secret` in as a key of `source`. Raises `keys.TooManyKeys` beyond two live ones."""
    with acting(by, VIA):
        keys.add_key(source, secret, at=at)


def revoke_key(key: Key, *, by: User, at: datetime) -> None:
    """From now on this key is refused. Twice is once."""
    with acting(by, VIA):
        keys.revoke(key, at=at)


@transaction.atomic
def first_key(source: Source, *, by: User, at: datetime) -> str | None:
    """The first key; in place of one that nobody has used, for a form that was sent twice. None once anything was heard."""
    Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    live = source.keys.filter(revoked_at=None)
    if source.bodies.exists() or live.filter(last_used_at__isnull=False).exists():
        return None
    for key in live:
        revoke_key(key, by=by, at=at)
    return new_key(source, by=by, at=at)
