"""A source's keys: shown once, stored hashed, two at a time while one replaces the other."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from alerts.models import Key, Route, Silence, Source
from teams.models import digest

MOST_LIVE = 2
KEY_BYTES = 24
HINT_LENGTH = 6
USED_EVERY = timedelta(minutes=1)


class TooManyKeys(Exception):
    """Two keys are live already: revoke one first."""


def key_hash(secret: str) -> str:
    """What is stored of a key: it is random and long, so a plain hash does, and look-up by it takes the same time for all."""
    return digest(secret.encode("utf-8", "replace").decode())


def hint_of(secret: str) -> str:
    """The first letters of a key, by which people tell it from others."""
    return "".join(c for c in secret[:HINT_LENGTH] if c.isprintable())


@transaction.atomic
def make_key(source: Source, *, at: datetime) -> str:
    """A new key of 192 random bits for `source`; nobody can read it again. Raises TooManyKeys beyond two."""
    secret = secrets.token_urlsafe(KEY_BYTES)
    add_key(source, secret, at=at)
    return secret


@transaction.atomic
def add_key(source: Source, secret: str, *, at: datetime, from_file: bool = False) -> Key:
    """Let `secret` in as a key of `source`. Raises TooManyKeys beyond two live ones."""
    Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    if source.keys.filter(revoked_at=None).count() >= MOST_LIVE:
        raise TooManyKeys
    return Key.objects.create(
        source=source, key_hash=key_hash(secret), hint=hint_of(secret), created_at=at, from_file=from_file
    )


def revoke(key: Key, *, at: datetime) -> None:
    """From now on this key is refused with 410. Twice changes nothing."""
    Key.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at)


def presented(request: HttpRequest, in_path: str = "") -> str:
    """The key that a request shows: in its path, as Bearer, as Basic password or as X-Api-Key; "" without one."""
    if in_path:
        return in_path
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            pair = ""
        if password := pair.partition(":")[2]:
            return password
    return request.headers.get("X-Api-Key", "").strip()


def find(secret: str, *, at: datetime) -> Key | None:
    """The key `secret` with its source and service, in one statement; whether it was revoked is for the caller to see.

    `has_routes` and `has_silences` on it tell whether the source's rules need to be read at all.
    """
    routes = Route.objects.filter(Q(source=OuterRef("source")) | Q(source=None))
    silences = Silence.objects.filter(removed_at=None, starts_at__lte=at, ends_at__gt=at)
    found = Key.objects.filter(key_hash=key_hash(secret)).select_related("source__service")
    return found.annotate(has_routes=Exists(routes), has_silences=Exists(silences)).first()


def used(key: Key, *, at: datetime) -> None:
    """Remember that the key is in use; at most one write a minute."""
    stale = at - USED_EVERY
    if key.last_used_at is None or key.last_used_at < stale:
        Key.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=key.pk).update(last_used_at=at)
