"""A heartbeat's own keys: shown once, stored hashed, two at a time while one replaces the other."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from alerts.heartbeat_models import Heartbeat, PingKey
from alerts.keys import KEY_BYTES, MOST_LIVE, TooManyKeys, hint_of, key_hash


@transaction.atomic
def make_key(heartbeat: Heartbeat, *, at: datetime) -> str:
    """A new key of 192 random bits; nobody can read it again. Raises TooManyKeys beyond two live ones."""
    Heartbeat.objects.select_for_update(no_key=True).get(pk=heartbeat.pk)
    if heartbeat.keys.filter(revoked_at=None).count() >= MOST_LIVE:
        raise TooManyKeys
    secret = secrets.token_urlsafe(KEY_BYTES)
    PingKey.objects.create(heartbeat=heartbeat, key_hash=key_hash(secret), hint=hint_of(secret), created_at=at)
    return secret


def revoke(key: PingKey, *, at: datetime) -> None:
    """From now on pings with this key are refused with 410. Twice changes nothing."""
    PingKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at)
