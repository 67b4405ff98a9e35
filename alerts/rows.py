"""Alerts, episodes and bodies in bulk: the number of statements does not grow with the number of alerts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from alerts.episodes import Span, Story
from alerts.models import Source
from alerts.stale_rules import LONGEST, SHORTEST

RAW_LENGTH = 60
TITLE_LENGTH = 300
MANY_KEYS = 200
# The first of two halves of a source's advisory lock; a group's is one 64-bit number, a name space of its own.
SOURCE_LOCKS = 0x5E1F


@dataclass(frozen=True, slots=True)
class Letter:
    """A request as it came: `content` is decompressed and may be cut, `size` is what was sent, in bytes; read in so many ms."""

    content: bytes
    size: int
    digest: str
    content_type: str = ""
    read_ms: float = 0.0


def lock(source_id: int, group_keys: Iterable[str]) -> None:
    """Hold these groups of the source until the transaction ends, always in one order.

    Two Alertmanagers post the same group at the same instant. A delivery of very many groups holds the whole source
    instead: PostgreSQL's table of locks is not endless.
    """
    keys = sorted({int(key[:15], 16) for key in group_keys})
    with connection.cursor() as cursor:
        if len(keys) > MANY_KEYS:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SOURCE_LOCKS, source_id % 2**31])
        elif keys:
            cursor.execute(
                "SELECT pg_advisory_xact_lock_shared(%s, %s), pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key",
                [SOURCE_LOCKS, source_id % 2**31, keys],
            )


_STORIES = """
SELECT a.fingerprint, a.id, a.incident_id, a.labels ->> %s, a.stale_at, e.id, e.starts_at, e.ends_at, e.closed_at, e.incident_id
FROM alerts_alert a
LEFT JOIN alerts_episode e
  ON e.alert_id = a.id AND (e.closed_at IS NULL OR e.starts_at = ANY(%s::timestamptz[]))
WHERE a.source_id = %s AND a.fingerprint = ANY(%s)
ORDER BY a.fingerprint
"""
_LOCKED = "FOR NO KEY UPDATE OF a"


def read_stories(
    source: Source, fingerprints: Sequence[str], begun: Sequence[datetime], label: str, *, lock: bool = True
) -> dict[str, Story]:
    """What is known of these alerts: the open episode, and those that began at one of `begun`; rows stay locked, unless
    somebody only wants to know (`lock=False`)."""
    stories: dict[str, Story] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _STORIES + (_LOCKED if lock else ""),
            [label, list(begun), source.pk, list(fingerprints)],
        )
        for (
            fingerprint,
            pk,
            incident_id,
            value,
            stale_at,
            span_id,
            starts_at,
            ends_at,
            closed_at,
            span_incident_id,
        ) in cursor.fetchall():
            story = stories.setdefault(fingerprint, Story(fingerprint, pk, incident_id, value or "", stale_at))
            if span_id is None:
                continue
            span = Span(starts_at, span_id, ends_at, closed_at, span_incident_id, was_open=closed_at is None)
            if span.was_open:
                story.open = span
            else:
                story.closed[starts_at] = span
    return stories


def write(
    source: Source,
    letter: Letter,
    stories: Iterable[Story],
    *,
    at: datetime,
    accepted: int,
    outcome: dict[str, Any],
    repeats: bool = False,
) -> int:
    """Write the body, the alerts and their episodes: one statement, and one more each for ends and for second lives.

    A delivery that only `repeats` what fires shows how often its sender does that. Returns the number of the body.
    """
    told = [story for story in stories if story.last is not None]
    spans = [(story, span) for story in told for span in story.spans()]
    fresh = [(story, span) for story, span in spans if span.id is None]
    with connection.cursor() as cursor:
        _move(cursor, spans, at)
        body: list[Any] = [
            source.pk,
            at,
            letter.digest,
            letter.content,
            letter.size,
            letter.content_type[:100].replace("\x00", ""),
            accepted,
            json.dumps(outcome),
        ]
        gap: list[Any] = [repeats, SHORTEST, LONGEST]
        cursor.execute(_WRITE, [*body, source.pk, at, at, *_alert_columns(told), *gap, at, *_span_columns(fresh)])
        return int(cursor.fetchone()[0])


def _move(cursor: CursorWrapper, spans: Sequence[tuple[Story, Span]], at: datetime) -> None:
    """Episodes that were known: those that end, those that go on again, and alerts that a bare word ended."""
    if closed := [span for _, span in spans if span.id and span.was_open and span.closed_at]:
        cursor.execute(
            "UPDATE alerts_episode e SET ends_at = g.ends_at, closed_at = %s "
            "FROM unnest(%s::bigint[], %s::timestamptz[]) AS g(id, ends_at) WHERE e.id = g.id",
            [at, [span.id for span in closed], [span.ends_at for span in closed]],
        )
    if again := [span for _, span in spans if span.id and not span.was_open and span.closed_at is None]:
        cursor.execute(
            "UPDATE alerts_episode e SET ends_at = NULL, closed_at = NULL, incident_id = g.incident_id "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS g(id, incident_id) WHERE e.id = g.id",
            [[span.id for span in again], [span.incident_id for span in again]],
        )
    if bare := [(story.alert_id, span.ends_at) for story, span in spans if story.ends_bare and span.was_open]:
        cursor.execute(
            "UPDATE alerts_alert a SET firing = false, ends_at = g.ends_at, last_seen_at = GREATEST(last_seen_at, %s) "
            "FROM unnest(%s::bigint[], %s::timestamptz[]) AS g(id, ends_at) WHERE a.id = g.id",
            [at, [pk for pk, _ends_at in bare], [ends_at for _pk, ends_at in bare]],
        )


_WRITE = """
WITH body AS (
  INSERT INTO alerts_body (source_id, received_at, digest, content, size, content_type, accepted, outcome)
  VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb) RETURNING id
), alert AS (
  INSERT INTO alerts_alert AS a (source_id, fingerprint, labels, annotations, links, title, firing, starts_at, ends_at,
                                 first_seen_at, last_seen_at, flaps, incident_id, body_id)
  SELECT %s, g.fingerprint, g.labels::jsonb, g.annotations::jsonb, g.links::jsonb, g.title, g.firing, g.starts_at, g.ends_at,
         %s, %s, g.flaps, g.incident_id, body.id
  FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::timestamptz[],
              %s::timestamptz[], %s::integer[], %s::bigint[])
       AS g(fingerprint, labels, annotations, links, title, firing, starts_at, ends_at, flaps, incident_id), body
  ORDER BY g.fingerprint
  ON CONFLICT (source_id, fingerprint) DO UPDATE SET
    labels = EXCLUDED.labels, annotations = EXCLUDED.annotations, links = EXCLUDED.links, title = EXCLUDED.title,
    firing = EXCLUDED.firing, starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at,
    last_seen_at = GREATEST(a.last_seen_at, EXCLUDED.last_seen_at), stale_at = NULL,
    repeat_gap = CASE WHEN %s AND EXCLUDED.last_seen_at - a.last_seen_at BETWEEN %s AND %s
                      THEN GREATEST(a.repeat_gap, EXCLUDED.last_seen_at - a.last_seen_at) ELSE a.repeat_gap END,
    flaps = a.flaps + EXCLUDED.flaps,
    incident_id = COALESCE(EXCLUDED.incident_id, a.incident_id), body_id = EXCLUDED.body_id
  RETURNING id, fingerprint
), episode AS (
INSERT INTO alerts_episode (alert_id, incident_id, starts_at, raw_starts_at, ends_at, opened_at, closed_at)
SELECT COALESCE(e.alert_id, alert.id), e.incident_id, e.starts_at, e.raw, e.ends_at, COALESCE(e.opened_at, %s), e.closed_at
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::timestamptz[], %s::timestamptz[],
            %s::timestamptz[])
     AS e(fingerprint, alert_id, incident_id, starts_at, raw, ends_at, opened_at, closed_at)
LEFT JOIN alert ON alert.fingerprint = e.fingerprint
)
SELECT id FROM body
"""


def _alert_columns(told: Sequence[Story]) -> list[list[Any]]:
    """The alerts whose current word this delivery brings; a late word about a known alert leaves its row alone."""
    rows = []
    for story in told:
        alert = story.last
        if alert is None or not story.row_changes:
            continue
        span = story.open or max(story.closed.values(), key=lambda one: one.starts_at)
        rows.append(
            (
                story.fingerprint,
                json.dumps(alert.labels, ensure_ascii=False),
                json.dumps(alert.annotations, ensure_ascii=False),
                json.dumps([{"label": label, "url": url} for label, url in alert.links], ensure_ascii=False),
                alert.title[:TITLE_LENGTH],
                story.open is not None,
                span.starts_at,
                span.ends_at,
                story.flaps,
                span.incident_id,
            )
        )
    return _columns(rows, 10)


def _span_columns(fresh: Sequence[tuple[Story, Span]]) -> list[list[Any]]:
    return _columns(
        [
            (
                story.fingerprint,
                story.alert_id,
                span.incident_id,
                span.starts_at,
                span.raw_starts_at[:RAW_LENGTH],
                span.ends_at,
                span.opened_at,
                span.closed_at,
            )
            for story, span in fresh
        ],
        8,
    )


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def still_firing(incident_ids: Iterable[int]) -> dict[int, tuple[int, datetime | None]]:
    """For each incident: how many of its episodes are open, and when the last one ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT incident_id, count(*) FILTER (WHERE closed_at IS NULL), max(ends_at) FROM alerts_episode "
            "WHERE incident_id = ANY(%s) GROUP BY incident_id",
            [sorted(incident_ids)],
        )
        return {pk: (firing, ended) for pk, firing, ended in cursor.fetchall()}
