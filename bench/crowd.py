"""A database full of open incidents, the dispatcher's look at it, and peace after a storm."""

from __future__ import annotations

import time
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import connection
from django.utils import timezone

from foundation.dispatch import registry
from foundation.dispatch.loop import LOOK
from paging.models import DeliveryAttempt
from teams.models import Service, User

DUE = 50  # of each kind, however many are open
LOOKS = 200

# What a response of that size has written: a story, a run, a page and its delivery for each incident.
FILL = (
    """
    INSERT INTO incidents_incident (title, state, label, severity, service_id, restricted, drill, group_key, detected_at,
      declared_at, page_due_at, page_fence, stamp_sources, silenced_because, held_by_sender, reopened,
      version)
    SELECT 'Open', 'triage', '', (ARRAY['critical', 'major', 'standard'])[1 + n %% 3], %(service)s, false, false, md5(n::text),
      %(at)s, %(at)s, CASE WHEN n <= %(due)s THEN %(at)s - interval '1 minute' ELSE %(later)s END, 1, '{}', '', '', 0, 1
    FROM generate_series(1, %(count)s) AS n
    """,
    """
    INSERT INTO incidents_timelineentry (incident_id, at, kind, cause, text, data, pinned)
    SELECT id, %(at)s, 'opened', '', '', '{}', false FROM incidents_incident
    """,
    """
    INSERT INTO paging_page (incident_id, fence, person_id, round, step, reason, because, severity, created_at)
    SELECT id, 1, %(person)s, 0, 0, 'first', '', severity, %(at)s FROM incidents_incident
    """,
    """
    INSERT INTO paging_delivery (page_id, method_id, kind, state, due_at, attempt, sent_at, provider_ref, error, repeat)
    SELECT id, NULL, 'email', 'sent', %(at)s, 1, %(at)s, '', '', false FROM paging_page ORDER BY id OFFSET %(due)s
    """,
    """
    INSERT INTO paging_delivery (page_id, method_id, kind, state, due_at, attempt, provider_ref, error, repeat)
    SELECT page.id, method.id, 'email', 'queued', %(at)s, 0, '', '', false
    FROM (SELECT id FROM paging_page ORDER BY id LIMIT %(due)s) AS page, paging_contactmethod AS method
    """,
)


def fill(count: int) -> None:
    """Fill the database, and have it know its sizes. Outside a transaction."""
    crowd(count)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def crowd(count: int) -> None:
    """Open `count` incidents of which `DUE` want to be looked at now; as many deliveries wait."""
    at = timezone.now()
    values: dict[str, Any] = {"count": count, "due": DUE, "at": at, "later": at + timedelta(hours=12)}
    values |= {"service": Service.objects.get().pk, "person": User.objects.get().pk}
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, values)


def look(looks: int = LOOKS) -> dict[str, float]:
    """Median seconds that each kind of due work takes to be looked for."""
    works, at = registry.every_work(), timezone.now()
    took: dict[str, list[float]] = {work.name: [] for work in works}
    for number in range(looks + looks // 10):
        for work in works:
            begun = time.perf_counter()
            work.due(at, LOOK)
            if number >= looks // 10:  # the first ones warm up
                took[work.name].append(time.perf_counter() - begun)
    return {name: median(values) for name, values in took.items()}


BUSY = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < %s AND pid <> pg_backend_pid()"
DROP = (
    # Cancelled, because the auditor pages for what is open and has no next look. Locked by id, as everybody locks them.
    "UPDATE incidents_incident SET page_due_at = NULL, state = 'cancelled' WHERE id = ANY(ARRAY("
    "SELECT id FROM incidents_incident WHERE page_due_at IS NOT NULL ORDER BY id FOR NO KEY UPDATE))",
    "UPDATE paging_delivery SET state = 'cancelled' WHERE state = 'queued'",
)
PATIENCE = 30.0  # seconds


def quiet() -> None:
    """Nothing is due any more and nobody is in the middle of it: a storm must not be paged for during the next figure.

    Raises TimeoutError when somebody does not come to an end.
    """
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while True:
            dropped = 0
            for statement in DROP:
                cursor.execute(statement)
                dropped += cursor.rowcount
            cursor.execute(BUSY, [timezone.now()])
            (busy,) = cursor.fetchone()
            if not dropped and not busy:
                return
            if time.monotonic() > until:
                raise TimeoutError(f"{busy} sessions are still in a transaction")
            time.sleep(0.05)


def stages() -> dict[str, tuple[float, float]]:
    """For each person's last page: when it was written and when its sending began, in seconds since the epoch."""
    attempts = DeliveryAttempt.objects.order_by("pk").select_related("delivery__page__person")
    return {
        attempt.delivery.page.person.email: (
            attempt.delivery.page.created_at.timestamp(),
            attempt.started_at.timestamp(),
        )
        for attempt in attempts
    }
