"""A record as the database has it, and names turned into keys of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Model

from alerts.models import Source
from oncall.models import EscalationPolicy, Schedule
from teams.models import Area, Service, Team, User

Row = TypeVar("Row", bound=Model)
Named = Mapping[str, Any]
"""What the file itself says of a record, without what is kept from before."""


@dataclass
class Stored:
    """A record in the database. `loose` are its parts, as (field, name), that did not come from the file."""

    record: dict[str, Any]
    from_file: bool = False
    is_live: bool = True
    loose: set[tuple[str, Any]] = field(default_factory=set)


class Keys:
    """Primary keys by name, read when first needed."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, int]] = {}

    def of(self, kind: str, name: str) -> int:
        """The primary key of this `kind` and `name`. Raises KeyError when there is none."""
        if kind not in self._found:
            self._found[kind] = self._read(kind)
        return self._found[kind][name]

    def maybe(self, kind: str, name: str | None) -> int | None:
        """The same; None for no name."""
        return None if name is None else self.of(kind, name)

    def forget(self) -> None:
        """Something was added."""
        self._found.clear()

    def _read(self, kind: str) -> dict[str, int]:
        if kind == "user":
            return {email.lower(): pk for email, pk in User.objects.values_list("email", "pk")}
        slugs: Any = {
            "team": Team,
            "area": Area,
            "schedule": Schedule,
            "policy": EscalationPolicy,
            "service": Service,
            "source": Source,
        }[kind]
        return dict(slugs.objects.values_list("slug", "pk"))


def name_of(user: User | None) -> str | None:
    """How the file names this person."""
    return user.email.lower() if user else None


def slug_of(thing: Any) -> str | None:
    """How the file names this thing."""
    return thing.slug if thing else None


def revive(row: Any, values: Mapping[str, Any]) -> None:
    """Give `row` these values, mark it as the file's, take it out of the archive, and save it."""
    for name, value in values.items():
        setattr(row, name, value)
    row.from_file = True
    row.archived_at = None
    row.save()
