"""What is copied of an incident, and how each column of a copy follows from the row that it is a copy of."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection, models
from django.db.models import F, Max, Min

from alerts.models import Alert, Episode
from incidents.models import ImpactInterval, Incident, RoleTenure, TimelineEntry
from paging.models import Delivery, DeliveryAttempt, Escalation, Page
from postmortems.models import Answer, Clock, Factor, ItemEvent, Postmortem, Remediation, Row, UnblockRequest
from status.models import ComponentChange, PublicIncident, PublicUpdate

FRESH = 120
"""Days for which what was open stays open in a copy; older items are done by now."""
CODE = "substr(translate(lower(encode(sha256((t.code || p.c)::bytea), 'base64')), '+/=', ''), 1, 12)"
STALE = f"t.state IN ('proposed', 'accepted', 'in_progress', 'blocked') AND p.age > {FRESH}"


@dataclass(frozen=True)
class Copied:
    """A table. `home` is the way to the incident; `told` replaces columns: SQL on the row `t` and its place `p`."""

    model: type[models.Model]
    home: str
    told: dict[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """Its name."""
        return self.model._meta.db_table

    @property
    def pattern(self) -> str:
        """The temporary table with the demo's rows, and the incident of each as `home`."""
        return f"reference_{self.table}"


COPIED = (
    Copied(
        Incident,
        "pk",
        {
            "id": "p.new",
            "recurrence_of_id": "(SELECT q.new FROM reference_place q"
            " WHERE q.c = p.c AND q.old = t.recurrence_of_id AND q.new < p.new)",
            "merged_into_id": "NULL",
        },
    ),
    Copied(ImpactInterval, "incident"),
    Copied(TimelineEntry, "incident"),
    Copied(RoleTenure, "incident"),
    Copied(Escalation, "incident"),
    Copied(Page, "incident"),
    Copied(Delivery, "page__incident"),
    Copied(DeliveryAttempt, "delivery__page__incident"),
    Copied(Episode, "incident"),
    Copied(Postmortem, "incident", {"check_due_at": "NULL"}),
    Copied(Clock, "postmortem__incident"),
    Copied(Row, "postmortem__incident"),
    Copied(Factor, "postmortem__incident"),
    Copied(Answer, "postmortem__incident"),
    Copied(
        Remediation,
        "postmortem__incident",
        {
            "state": f"CASE WHEN {STALE} THEN 'verified' ELSE t.state END",
            "evidence": f"CASE WHEN {STALE} THEN 'https://code.demo.example/changes/1' ELSE t.evidence END",
            "accepted_at": f"CASE WHEN {STALE} THEN coalesce(t.accepted_at, t.created_at) ELSE t.accepted_at END + p.shift",
            "done_at": f"CASE WHEN {STALE} THEN t.created_at + interval '30 days' ELSE t.done_at END + p.shift",
            "verified_at": f"CASE WHEN {STALE} THEN t.created_at + interval '33 days' ELSE t.verified_at END + p.shift",
            "look_due_at": "NULL",
            "superseded_by_id": "NULL",
        },
    ),
    Copied(ItemEvent, "item__postmortem__incident"),
    Copied(
        UnblockRequest,
        "item__postmortem__incident",
        {"ended_at": f"coalesce(t.ended_at, CASE WHEN p.age > {FRESH} THEN t.since + interval '3 days' END) + p.shift"},
    ),
    Copied(PublicIncident, "incident", {"code": CODE}),
    Copied(PublicUpdate, "public__incident", {"code": CODE}),
    Copied(ComponentChange, "update__public__incident"),
)
ALERTS = Copied(
    Alert, "incident", {"fingerprint": "substr(md5(t.fingerprint || ':' || p.c), 1, 16)", "firing": "false"}
)
"""An alert fires for many incidents: each round of copies has one of its own."""
LATER = {"due_at", "extended_to", "next_by", "not_before", "held_until", "silenced_until", "waits_until", "look_due_at"}
"""Instants that may lie ahead: they do not say when the last thing happened."""


@dataclass(frozen=True)
class Numbers:
    """Where the keys of a table's copies begin: `base` + round * `width` + (old key - `low`)."""

    base: int
    low: int
    width: int

    @classmethod
    def of(cls, model: type[models.Model]) -> Numbers:
        """After the keys that are there."""
        found = model._base_manager.aggregate(low=Min("pk"), high=Max("pk"))
        low, high = found["low"] or 1, found["high"] or 0
        return cls(high + 1 - (high - low + 1), low, high - low + 1)  # rounds are counted from 1

    def sql(self, column: str) -> str:
        """The key of the copy of the row whose key is in `column`; NULL stays NULL."""
        return f"{self.base} + p.c * {self.width} + ({column} - {self.low})"


class Copier:
    """Knows the demo's rows as patterns, and writes copies of them."""

    def __init__(self) -> None:
        self.numbers = {one.model: Numbers.of(one.model) for one in (*COPIED, ALERTS)}

    def keep_patterns(self) -> None:
        """Copy the demo's rows aside: what is read later must not grow meanwhile."""
        with connection.cursor() as cursor:
            for one in (*COPIED, ALERTS):
                names = [column.attname for column in one.model._meta.concrete_fields]
                rows = one.model._base_manager.order_by().annotate(home=F(one.home)).values(*names, "home")
                sql, given = rows.query.sql_with_params()
                cursor.execute(f"DROP TABLE IF EXISTS {one.pattern}")
                cursor.execute(f"CREATE TEMPORARY TABLE {one.pattern} ON COMMIT DROP AS {sql}", given)  # noqa: S608
                cursor.execute(f"CREATE INDEX ON {one.pattern} (home)")
                cursor.execute(f"ANALYZE {one.pattern}")

    def write(self, one: Copied, places: str) -> int:
        """Write the copies of a table for `places`, SQL that gives rows `p`; returns how many."""
        columns = one.model._meta.concrete_fields
        names = ", ".join(f'"{column.column}"' for column in columns)
        values = ", ".join(one.told.get(column.attname) or self._value(column) for column in columns)
        clash = " ON CONFLICT DO NOTHING" if one.model is Episode else ""
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {one.table} ({names}) SELECT {values} FROM {places}{clash}")  # noqa: S608
            return int(cursor.rowcount)

    def _value(self, column: models.Field[object, object]) -> str:
        name = f't."{column.column}"'
        if column.primary_key:
            return self.numbers[column.model].sql(name)
        if isinstance(column, models.ForeignKey) and column.related_model is Incident:
            return "p.new"
        if isinstance(column, models.ForeignKey) and column.related_model in self.numbers:
            return self.numbers[column.related_model].sql(name)
        if isinstance(column, models.DateTimeField):
            return f"{name} + p.shift"
        return f"{name} + p.days" if isinstance(column, models.DateField) else name


def last_instants() -> str:
    """SQL: for each incident (`home`) the last instant at which anything of it happened."""
    parts = []
    for one in COPIED:
        moments = [
            f't."{column.column}"'
            for column in one.model._meta.concrete_fields
            if isinstance(column, models.DateTimeField) and column.attname not in LATER
        ]
        if moments:
            last = f"max(greatest({', '.join(moments)})) AS last"
            parts.append(f"SELECT t.home, {last} FROM {one.pattern} t GROUP BY t.home")  # noqa: S608
    return f"SELECT home, max(last) AS last FROM ({' UNION ALL '.join(parts)}) every GROUP BY home"  # noqa: S608
