"""Rows of incidents that belong together, as one statement: half an incident must not exist, and each trip costs time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection, models

from incidents.models import ImpactInterval, Incident, TimelineEntry


class Begun(NamedTuple):
    """An incident that is not stored yet, its first line, and its impact where customers feel it."""

    incident: Incident
    entry: TimelineEntry
    impact: ImpactInterval | None


def insert_begun(begun: Sequence[Begun]) -> None:
    """Store them with their new numbers, in their order."""
    rows: list[Any] = [
        [_row(one.incident) for one in begun],
        [_row(one.entry) for one in begun],
        [_row(one.impact) if one.impact else None for one in begun],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_BEGUN, rows)
        numbers = [number for (number,) in cursor.fetchall()]
    for one, number in zip(begun, numbers, strict=True):
        one.incident.pk = number
        one.incident._state.adding, one.incident._state.db = False, DEFAULT_DB_ALIAS


def _row(instance: models.Model) -> str:
    return json.dumps(
        {field.column: getattr(instance, field.attname) for field in _fields(type(instance))}, default=_text
    )


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a row")


@cache
def _fields(model: type[models.Model]) -> list[models.Field]:  # type: ignore[type-arg]
    """Its columns but those that the database gives."""
    return [field for field in model._meta.concrete_fields if not field.primary_key and field.column != "incident_id"]


def _columns(model: type[models.Model]) -> str:
    return ", ".join(f'"{field.column}"' for field in _fields(model))


def _values(model: type[models.Model]) -> str:
    return ", ".join(f'r."{field.column}"' for field in _fields(model))


# The names of columns come from the models, never from outside. Numbers are drawn after the sort, so they follow the order.
_BEGUN = f"""
WITH given AS (
    SELECT nextval('incidents_incident_id_seq') AS number, incident, entry, impact, place
    FROM unnest(%s::jsonb[], %s::jsonb[], %s::jsonb[]) WITH ORDINALITY AS g (incident, entry, impact, place)
    ORDER BY place
), opened AS (
    INSERT INTO incidents_incident (id, {_columns(Incident)})
    SELECT number, {_values(Incident)} FROM given, jsonb_populate_record(NULL::incidents_incident, incident) AS r
), told AS (
    INSERT INTO incidents_timelineentry (incident_id, {_columns(TimelineEntry)})
    SELECT number, {_values(TimelineEntry)}
    FROM given, jsonb_populate_record(NULL::incidents_timelineentry, entry) AS r
    ORDER BY place
), felt AS (
    INSERT INTO incidents_impactinterval (incident_id, {_columns(ImpactInterval)})
    SELECT number, {_values(ImpactInterval)}
    FROM given, jsonb_populate_record(NULL::incidents_impactinterval, impact) AS r WHERE impact IS NOT NULL
)
SELECT number AS id FROM given ORDER BY place
"""  # noqa: S608
