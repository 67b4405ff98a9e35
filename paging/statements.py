"""Writes of paging that belong together, as one statement each: half a page must not exist, and each trip costs time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

# The run where it stands now, its pages and their deliveries. Arrays are parallel: one entry per person, then per ring.
_PAGES = """
WITH run AS (
    INSERT INTO paging_escalation (incident_id, fence, policy_slug, policy, round, step, state, started_at)
    SELECT %(incident)s, %(fence)s, r.policy_slug, r.policy, r.round, r.step, r.state, r.started_at
    FROM jsonb_populate_record(NULL::paging_escalation, %(run)s::jsonb) AS r WHERE %(run)s IS NOT NULL
    ON CONFLICT (incident_id, fence) DO UPDATE SET round = EXCLUDED.round, step = EXCLUDED.step, state = EXCLUDED.state
    RETURNING id
), written AS (
    INSERT INTO paging_page
        (incident_id, escalation_id, fence, person_id, round, step, reason, because, severity, created_at)
    SELECT %(incident)s, (SELECT id FROM run), %(fence)s, person, %(round)s, %(step)s, %(reason)s, because, %(severity)s, %(at)s
    FROM unnest(%(people)s::bigint[], %(because)s::text[]) WITH ORDINALITY AS call (person, because, number)
    ORDER BY number
    RETURNING id, person_id
), rung AS (
    INSERT INTO paging_delivery
        (page_id, method_id, kind, state, due_at, attempt, provider_ref, error, repeat)
    SELECT written.id, method, kind, 'queued', %(at)s + make_interval(secs => after), 0, '', '', false
    FROM unnest(%(rung)s::bigint[], %(methods)s::bigint[], %(kinds)s::text[], %(after)s::int[])
        AS ring (person, method, kind, after)
    JOIN written ON written.person_id = ring.person
)
SELECT written.id, person_id, run.id FROM written LEFT JOIN run ON true ORDER BY written.id
"""

_LEASE = """
WITH leased AS (
    UPDATE paging_delivery SET attempt = attempt + 1, state = 'sending', lease_until = %(until)s,
        batch = %(batch)s, receipt_seq = NULL, receipt_due_at = NULL, receipt_asks = 0
    WHERE id = ANY(%(ids)s) AND state = 'queued' RETURNING id, attempt
), rang AS (
    UPDATE paging_contactmethod SET last_sent_at = %(at)s WHERE id = %(method)s
)
INSERT INTO paging_deliveryattempt (delivery_id, number, started_at, outcome, error)
SELECT id, attempt, %(at)s, '', '' FROM leased
RETURNING delivery_id, number
"""

# Guarded by the attempt's number: a stale sender writes nothing more.
_SENT = """
WITH mine AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(numbers)s::int[]) AS mine (id, number)
), closed AS (
    UPDATE paging_deliveryattempt SET finished_at = %(at)s, outcome = 'sent' FROM mine
    WHERE delivery_id = mine.id AND paging_deliveryattempt.number = mine.number AND finished_at IS NULL
)
UPDATE paging_delivery SET state = 'sent', sent_at = %(at)s, lease_until = NULL, provider_ref = %(ref)s, error = '',
    receipt_due_at = %(receipt)s
FROM mine WHERE paging_delivery.id = mine.id AND attempt = mine.number AND state = 'sending'
"""


class Inserted(NamedTuple):
    """The page of each person by their primary keys, and the run's, where there is one."""

    pages: dict[int, int]
    run: int | None


def insert_pages(
    people: Sequence[tuple[int, str]],
    rings: Sequence[tuple[int, int, str, int]],
    *,
    run: dict[str, Any] | None = None,
    **values: Any,
) -> Inserted:
    """Write a page for each (person id, because) and a delivery for each (person id, method id, kind, seconds after).

    `run` holds the columns of the escalation where it stands now; `values` are incident, fence, round, step, reason,
    severity and at.
    """
    arrays: dict[str, Any] = {
        "people": [person for person, _because in people],
        "because": [because[:300] for _person, because in people],
        "rung": [ring[0] for ring in rings],
        "methods": [ring[1] for ring in rings],
        "kinds": [ring[2] for ring in rings],
        "after": [ring[3] for ring in rings],
        "run": run and json.dumps(run),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAGES, {**arrays, **values})
        rows = cursor.fetchall()
    return Inserted({person: page for page, person, _run in rows}, rows[0][2] if rows else None)


def lease(ids: Sequence[int], *, method: int, batch: UUID, at: datetime, until: datetime) -> dict[int, int]:
    """Mark waiting deliveries as being sent by the message `batch` until `until`, write an attempt for each, and take the
    method's slot.

    Returns the number of the attempt of each that is ours now; another sender may have been faster.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, {"ids": list(ids), "method": method, "batch": str(batch), "at": at, "until": until})
        return dict(cursor.fetchall())


def mark_sent(
    attempts: Sequence[tuple[int, int]], *, reference: str, at: datetime, receipt_due_at: datetime | None
) -> None:
    """Close these (delivery id, attempt number) as taken by the provider, where they are still ours.

    Without a receipt by `receipt_due_at` it is missed; None for a medium that gives none.
    """
    ids, numbers = [pk for pk, _number in attempts], [number for _pk, number in attempts]
    with connection.cursor() as cursor:
        cursor.execute(
            _SENT, {"ids": ids, "numbers": numbers, "ref": reference[:300], "at": at, "receipt": receipt_due_at}
        )
