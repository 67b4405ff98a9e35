"""A source's keys: shown once, stored hashed, two at a time while one replaces the other."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.db.models import Q
from django.http import HttpRequest

from alerts.models import Heartbeat, Key, PingKey, Source
from teams.models import Service, digest

M = TypeVar("M", bound=models.Model)

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
    # Mail servers may write what stands before the @ in small letters.
    secret = secrets.token_hex(KEY_BYTES) if source.kind == "email" else secrets.token_urlsafe(KEY_BYTES)
    add_key(source, secret, at=at)
    return secret


@transaction.atomic
def add_key(source: Source, secret: str, *, at: datetime, from_file: bool = False) -> Key:
    """Let `secret` in as a key of `source`. Raises TooManyKeys beyond two live ones."""
    make_room(source)
    return Key.objects.create(
        source=source, key_hash=key_hash(secret), hint=hint_of(secret), created_at=at, from_file=from_file
    )


def make_room(owner: Source | Heartbeat) -> None:
    """Lock whom a new key is for, inside of a transaction. Raises TooManyKeys where two live already."""
    type(owner)._default_manager.select_for_update(no_key=True).get(pk=owner.pk)
    if owner.keys.filter(revoked_at=None).count() >= MOST_LIVE:
        raise TooManyKeys


def revoke(key: Key | PingKey, *, at: datetime) -> None:
    """From now on this key is refused with 410. Twice changes nothing."""
    type(key)._default_manager.filter(pk=key.pk, revoked_at=None).update(revoked_at=at)


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


@dataclass(frozen=True, slots=True)
class Found:
    """A key with its source and service. The flags tell whether the source's rules need to be read at all."""

    key: Key
    source: Source
    has_routes: bool
    has_silences: bool
    has_watchdogs: bool


def find(secret: str, *, at: datetime) -> Found | None:
    """The key `secret` with its source, in one statement; whether it was revoked is for the caller to see.

    Written by hand: this runs for every request, and making the statement anew costs more than all its rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(_find_sql(), [at, at, key_hash(secret)])
        row = cursor.fetchone()
    if row is None:
        return None
    has_routes, has_silences, has_watchdogs, *values = row
    key = _instance(Key, values)
    source = _instance(Source, values[_width(Key) :])
    source.service = _instance(Service, values[_width(Key) + _width(Source) :]) if source.service_id else None
    key.source = source
    return Found(key, source, has_routes, has_silences, has_watchdogs)


@cache
def _find_sql() -> str:
    tables = (("k", Key), ("s", Source), ("v", Service))
    columns = ", ".join(f"{name}.{field.column}" for name, model in tables for field in model._meta.concrete_fields)
    return (
        "SELECT EXISTS (SELECT 1 FROM alerts_route r WHERE r.source_id = s.id OR r.source_id IS NULL), "  # noqa: S608
        "EXISTS (SELECT 1 FROM alerts_silence q WHERE q.removed_at IS NULL AND q.starts_at <= %s AND q.ends_at > %s), "
        "EXISTS (SELECT 1 FROM alerts_heartbeat h WHERE h.source_id = s.id AND h.archived_at IS NULL AND h.match <> '{}'), "
        f"{columns} FROM alerts_key k JOIN alerts_source s ON s.id = k.source_id "
        "LEFT JOIN teams_service v ON v.id = s.service_id WHERE k.key_hash = %s"
    )


def _width(model: type[models.Model]) -> int:
    return len(model._meta.concrete_fields)


def _instance(model: type[M], values: Sequence[Any]) -> M:
    """A row of the database as its model, as the ORM would read it."""
    names, read = [], []
    for field, value in zip(model._meta.concrete_fields, values, strict=False):
        convert = getattr(field, "from_db_value", None)
        names.append(field.attname)
        read.append(convert(value, None, connection) if convert else value)
    return model.from_db("default", names, read)


def used(key: Key, *, at: datetime) -> None:
    """Remember that the key is in use; at most one write a minute."""
    stale = at - USED_EVERY
    if key.last_used_at is None or key.last_used_at < stale:
        Key.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=key.pk).update(last_used_at=at)
