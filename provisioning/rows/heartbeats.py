"""Heartbeats: what is expected to be heard, and the keys in its address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.heartbeat_models import Heartbeat, PingKey
from alerts.heartbeat_setup import retime
from provisioning.rows.stored import Keys, Named, Stored, revive, slug_of

PLAIN = ("name", "match", "period", "cron", "timezone", "grace")


def load_heartbeats() -> dict[str, Stored]:
    """Every heartbeat; `keys` are the hashes of its live keys with their hints, the newest first."""
    rows = Heartbeat.objects.select_related("service", "source").prefetch_related("keys")
    return {one.slug: _stored(one) for one in rows}


def _stored(heartbeat: Heartbeat) -> Stored:
    keys = [key for key in heartbeat.keys.all() if key.revoked_at is None]
    live = sorted(keys, key=lambda key: (key.created_at, key.pk), reverse=True)
    record = {
        "slug": heartbeat.slug,
        **{name: getattr(heartbeat, name) for name in PLAIN},
        "keys": {key.key_hash: key.hint for key in live},
        "service": slug_of(heartbeat.service),
        "source": slug_of(heartbeat.source),
    }
    loose = {("keys", key.key_hash) for key in live if not key.from_file}
    return Stored(record, from_file=heartbeat.from_file, is_live=heartbeat.archived_at is None, loose=loose)


def write_heartbeat(slug: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The heartbeat by its new rhythm; its live keys are exactly those of the record."""
    heartbeat = Heartbeat.objects.filter(slug=slug).first() or Heartbeat(slug=slug)
    places = {f"{kind}_id": keys.maybe(kind, record[kind]) for kind in ("service", "source")}
    revive(heartbeat, {**{name: record[name] for name in PLAIN}, **places})
    retime(heartbeat)
    heartbeat.keys.filter(revoked_at=None).exclude(key_hash__in=record["keys"]).update(revoked_at=at)
    there = {key.key_hash: key for key in heartbeat.keys.filter(revoked_at=None)}
    for digest, hint in reversed(record["keys"].items()):  # oldest first: the newest gets the highest number
        key = there.get(digest) or PingKey(heartbeat=heartbeat, key_hash=digest, hint=hint, created_at=at)
        key.from_file = key.from_file or digest in named.get("keys", {})
        key.save()
