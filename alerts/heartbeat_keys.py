"""A heartbeat's own keys: shown once, stored hashed, two at a time while one replaces the other."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from alerts.heartbeat_models import Heartbeat, PingKey
from alerts.keys import KEY_BYTES, hint_of, key_hash, make_room, revoke

__all__ = ["make_key", "revoke"]


@transaction.atomic
def make_key(heartbeat: Heartbeat, *, at: datetime) -> str:
    """A new key of 192 random bits; nobody can read it again. Raises TooManyKeys beyond two live ones."""
    make_room(heartbeat)
    secret = secrets.token_urlsafe(KEY_BYTES)
    PingKey.objects.create(heartbeat=heartbeat, key_hash=key_hash(secret), hint=hint_of(secret), created_at=at)
    return secret
