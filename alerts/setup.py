"""The doors through which sources are set up by hand; who may do it is asked before, in the view."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from alerts import keys
from alerts.models import Source
from teams.audit import acting
from teams.models import User
from teams.setup import VIA, store


@transaction.atomic
def save_source(source: Source, *, by: User) -> Source:
    """The source as it stands; its keys are made and revoked by `alerts.keys`."""
    with acting(by, VIA):
        store(source, source.name)
    return source


@transaction.atomic
def connect(source: Source, *, by: User, at: datetime) -> str:
    """Save a new source and make its first key: the secret, which nobody can read again."""
    save_source(source, by=by)
    return keys.make_key(source, at=at)


@transaction.atomic
def another_first_key(source: Source, *, at: datetime) -> str | None:
    """A new first key in place of one that nobody has used: for a form that was sent twice. None once anything was heard."""
    Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    live = source.keys.filter(revoked_at=None)
    if source.bodies.exists() or live.filter(last_used_at__isnull=False).exists():
        return None
    for key in live:
        keys.revoke(key, at=at)
    return keys.make_key(source, at=at)
