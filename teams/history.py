"""What was changed in the configuration, newest first, over all kinds of configured rows of every room."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory.models
from django.apps import apps
from django.core import signing
from django.db.models import CharField, ForeignKey, Model, OuterRef, Q, QuerySet, Subquery, Value

from teams.models import User

PAGE = 50
SALT = "teams.history"
NAMES = ("name", "slug", "title", "email", "position")  # what a person would call the row, first that is filled
Mark = tuple[str, str, int]


@dataclass(frozen=True)
class Change:
    """One row as it became: `fields` holds (name, before, after); before is None for a new row."""

    at: datetime
    who: User | None
    via: str
    kind: str
    name: str
    made: bool
    fields: list[tuple[str, Any, Any]]


@dataclass(frozen=True)
class Page:
    """Changes, newest first, and the cursor of the next page (None: these were the last)."""

    changes: list[Change]
    next: str | None


def event_models() -> dict[str, type[Model]]:
    """The tables of changes by their label, e.g. `teams.userevent`. They hold no secrets: a test looks at every column."""
    found = (model for model in apps.get_models() if issubclass(model, pghistory.models.Event))
    return {model._meta.label_lower: model for model in found if not model._meta.proxy and model._meta.managed}


def latest_changes(cursor: str = "") -> Page:
    """One page of changes. Raises `signing.BadSignature` for a cursor that is not ours.

    One query for the page, then a handful for each kind that is on it, whatever the number of rows.
    """
    rows = _rows(signing.loads(cursor, salt=SALT) if cursor else None)
    page, following = rows[:PAGE], None
    if len(rows) > PAGE:
        last = page[-1]
        following = signing.dumps((last["pgh_created_at"].isoformat(), last["table"], last["pgh_id"]), salt=SALT)
    ids: dict[str, list[int]] = defaultdict(list)
    for row in page:
        ids[row["table"]].append(row["pgh_id"])
    told = {(table, pk): change for table in ids for pk, change in _changes(event_models()[table], ids[table]).items()}
    return Page(changes=[told[row["table"], row["pgh_id"]] for row in page], next=following)


def _rows(before: Mark | None) -> list[dict[str, Any]]:
    parts = [
        model._default_manager.filter(_older(label, before))
        .annotate(table=Value(label, CharField()))
        .order_by("-pgh_created_at", "-pgh_id")
        .values("pgh_created_at", "table", "pgh_id")[: PAGE + 1]
        for label, model in event_models().items()
    ]
    union: QuerySet[Any, dict[str, Any]] = parts[0].union(*parts[1:], all=True)
    return list(union.order_by("-pgh_created_at", "-table", "-pgh_id")[: PAGE + 1])


def _older(label: str, before: Mark | None) -> Q:
    """What stands after the cursor. One file stamps hundreds of rows with one instant: table and id break the tie."""
    if before is None:
        return Q()
    at, table, pk = before
    if label == table:
        return Q(pgh_created_at__lt=at) | Q(pgh_created_at=at, pgh_id__lt=pk)
    return Q(pgh_created_at__lte=at) if label < table else Q(pgh_created_at__lt=at)


def _changes(model: type[Model], ids: list[int]) -> dict[int, Change]:
    before = model._default_manager.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
    newest = Subquery(before.order_by("-pgh_id").values("pgh_id")[:1])
    events: list[Any] = list(
        model._default_manager.filter(pk__in=ids).annotate(previous=newest).select_related("pgh_context")
    )
    earlier: dict[int, Any] = model._default_manager.in_bulk([event.previous for event in events if event.previous])
    columns = [
        field for field in model._meta.concrete_fields if field.name != "id" and not field.name.startswith("pgh_")
    ]
    names = _names(columns, [*events, *earlier.values()])
    people = User.objects.in_bulk({user for event in events if (user := _said(event).get("user"))})
    return {
        event.pk: Change(
            at=event.pgh_created_at,
            who=people.get(_said(event).get("user")),
            via=_said(event).get("via", ""),
            kind=str(event._meta.model.pgh_tracked_model._meta.verbose_name),
            name=_name(event, names),
            made=event.pgh_label == "insert",
            fields=_differences(columns, names, earlier.get(event.previous), event),
        )
        for event in events
    }


def _said(event: Any) -> dict[str, Any]:  # noqa: ANN401  (a row of a table that exists by decoration)
    return event.pgh_context.metadata if event.pgh_context else {}


def _names(columns: list[Any], events: list[Any]) -> dict[tuple[str, int], str]:
    """What foreign keys point at, in words: (column, id) -> name; a query for each foreign key."""
    found: dict[tuple[str, int], str] = {}
    for column in columns:
        if isinstance(column, ForeignKey):
            ids = {key for event in events if (key := getattr(event, column.attname)) is not None}
            rows = column.related_model._default_manager.in_bulk(ids)
            found |= {(column.attname, pk): str(row) for pk, row in rows.items()}
    return found


def _name(event: Any, names: dict[tuple[str, int], str]) -> str:  # noqa: ANN401
    """What a person would call the row; a row between others (a membership) is called by what it joins."""
    own = next((str(value) for name in NAMES if (value := getattr(event, name, ""))), "")
    joined = [name for (column, pk), name in names.items() if getattr(event, column) == pk]
    return own or ", ".join(joined) or str(event.pgh_obj_id)


def _differences(
    columns: list[Any], names: dict[tuple[str, int], str], before: Model | None, after: Model
) -> list[tuple[str, Any, Any]]:
    def shown(row: Model | None, attname: str) -> Any:  # noqa: ANN401
        value = getattr(row, attname, None)
        return names.get((attname, value), value) if isinstance(value, int) else value

    return [
        (str(column.verbose_name), shown(before, column.attname), shown(after, column.attname))
        for column in columns
        if getattr(before, column.attname, None) != getattr(after, column.attname)
        and (before is not None or getattr(after, column.attname) not in (None, "", [], {}))
    ]
