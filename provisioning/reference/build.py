"""Builds the demo with years of incidents before it: copies of the demo's own, moved by whole weeks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from incidents.models import Incident, State
from postmortems.models import Clock, Postmortem
from provisioning.demo import build as demo
from provisioning.demo import mark, wipe
from provisioning.reference.copies import ALERTS, COPIED, Copied, Copier, last_instants

YEARS = 10
WEEKS = YEARS * 52
BATCH = 10_000
ROUNDS = 10
"""Rounds of alerts that are written at once."""
SETTLED = (State.RESOLVED, State.CLOSED, State.CANCELLED)
UNDER_WAY = (Postmortem.State.FILED, Postmortem.State.NEEDS_UPDATE, Postmortem.State.IN_REVIEW)
Say = Callable[[str], None]
PLACES = f"""
CREATE TEMPORARY TABLE reference_place ON COMMIT DROP AS
WITH last AS ({last_instants()}),
drawn AS (
    SELECT c, i.id AS old, i.detected_at, last.last,
           ('x' || substr(md5(c || ':' || (i.id - %(first)s)), 1, 8))::bit(32)::bigint / 4294967296.0 AS u
      FROM generate_series(1, %(rounds)s) AS r (c)
     CROSS JOIN {COPIED[0].pattern} i
      JOIN last ON last.home = i.id
     WHERE i.id = ANY(%(settled)s)
     ORDER BY c, i.id LIMIT %(count)s
),
moved AS (
    SELECT c, old, detected_at, least(
             floor(extract(epoch FROM %(at)s - detected_at) / 604800) - floor(%(weeks)s * (1 - sqrt(1 - u))),
             floor(extract(epoch FROM %(at)s - interval '1 hour' - last) / 604800)
           )::int AS weeks
      FROM drawn
),
placed AS (
    SELECT c, old, detected_at, 7 * weeks AS days,
           make_interval(hours => 168 * weeks) + c * interval '1 millisecond' AS shift
      FROM moved
)
SELECT c, old, days, shift, extract(day FROM %(at)s - (detected_at + shift))::int AS age,
       row_number() OVER (ORDER BY detected_at + shift, c, old) AS new
  FROM placed
"""  # noqa: S608
"""Round `c`, the incident `old` that is copied, its number `new`, how far it is moved (`days`, `shift`), its `age` in days."""


def build(at: datetime, incidents: int, *, say: Say, reset: bool = False, months: float = demo.MONTHS) -> int:
    """Build the demo as of `at` and so much before it that there are `incidents` in all; returns how many there are.

    The same `at` gives the same set. All of it in one transaction, or nothing. Raises `mark.NotTheDemo` when something
    else is in the installation, and `demo.AlreadyThere` without `reset`.
    """
    with transaction.atomic():
        mark.refuse_strangers()
        if not mark.is_empty():
            if not reset:
                raise demo.AlreadyThere
            wipe.wipe()
        _number_from(Incident, incidents)  # the demo's incidents are the newest: they have the highest numbers
        demo.build(at, say=say, months=months, paged=timedelta(days=366 * YEARS))
        _copy(at, incidents - Incident.objects.count(), say)
    _tidy(say)
    return Incident.objects.count()


def _copy(at: datetime, count: int, say: Say) -> None:
    if count <= 0:
        return
    copier = Copier()
    copier.keep_patterns()
    rounds = _lay_out(at, count)
    say(f"{count} copies in {rounds} rounds are laid out over {YEARS} years")
    incidents, *others = COPIED
    for first, last in _steps(count, BATCH):
        copier.write(incidents, _places(incidents, first, last))
    for first, last in _steps(rounds, ROUNDS):
        copier.write(ALERTS, _alert_places(first, last))
    for first, last in _steps(count, BATCH):
        for one in others:
            copier.write(one, _places(one, first, last))
        connection.check_constraints()  # here, or they would all wait in memory for the end
        say(f"{last} of {count} copies, until {_when(last):%B %Y}")
    for one in (*COPIED, ALERTS):
        _number_from(one.model)


def _steps(count: int, size: int) -> Iterator[tuple[int, int]]:
    """The first and the last of each batch, from 1 to `count`."""
    for first in range(1, count + 1, size):
        yield first, min(first + size - 1, count)


def _places(one: Copied, first: int, last: int) -> str:
    """The rows of a table for the copies that are numbered so."""
    return f"reference_place p JOIN {one.pattern} t ON t.home = p.old WHERE p.new BETWEEN {first} AND {last}"


def _alert_places(first: int, last: int) -> str:
    """Each alert of the demo once for each of these rounds; beside its last incident, where that was copied."""
    return f"""(
        SELECT r.c, t.id AS alert, p.new, coalesce(p.shift, interval '-4368 hours') AS shift
          FROM generate_series({first}, {last}) AS r (c)
         CROSS JOIN {ALERTS.pattern} t
          LEFT JOIN reference_place p ON p.c = r.c AND p.old = t.home
        ) p JOIN {ALERTS.pattern} t ON t.id = p.alert"""  # noqa: S608


def _lay_out(at: datetime, count: int) -> int:
    """Decide for each copy when it happened: more and more with the years, on the weekday and at the hour that it had.

    Nothing is moved so far that a part of it would happen after `at`. Returns the number of rounds.
    """
    running = Clock.objects.filter(ended_at=None).values("postmortem__incident")
    under_way = Postmortem.objects.filter(state__in=UNDER_WAY).values("incident")
    found = Incident.objects.filter(state__in=SETTLED).exclude(pk__in=running).exclude(pk__in=under_way)
    settled = list(found.order_by("pk").values_list("pk", flat=True))
    rounds = -(-count // len(settled))
    given: dict[str, Any] = {
        "at": at,
        "rounds": rounds,
        "first": settled[0],
        "settled": settled,
        "count": count,
        "weeks": WEEKS,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS reference_place")
        cursor.execute(PLACES, given)
        cursor.execute("CREATE UNIQUE INDEX ON reference_place (new)")
        cursor.execute("CREATE UNIQUE INDEX ON reference_place (c, old)")
        cursor.execute("ANALYZE reference_place")
    return rounds


def _when(number: int) -> datetime:
    return Incident.objects.values_list("detected_at", flat=True).get(pk=number)


def _number_from(model: type, least: int = 0) -> None:
    """New rows get keys above those that are there, and above `least`."""
    table = model._meta.db_table  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence(%s, 'id'), greatest(%s, (SELECT max(id) FROM {table}), 1))",  # noqa: S608
            [table, least],
        )


def _tidy(say: Say) -> None:
    """Let the planner know what is there now; outside the transaction, where VACUUM can run."""
    if connection.in_atomic_block:
        return
    say("counting for the planner")
    with connection.cursor() as cursor:
        for one in (*COPIED, ALERTS):
            cursor.execute(f"VACUUM (ANALYZE) {one.table}")
