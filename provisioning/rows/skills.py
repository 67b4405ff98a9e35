"""Who is trained for what, and who agreed to be on call."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from oncall.models import Agreement, Training
from oncall.skills import take_back
from provisioning.rows.stored import Keys, Named, Stored

MODELS: dict[str, type[Training | Agreement]] = {"training": Training, "agreements": Agreement}


def name_of(record: Named) -> str:
    """What makes a training or an agreement the same one: who, for what, and on which day."""
    return f"{record['person']} {record['for']} {record['on']}"


def load_trainings() -> dict[str, Stored]:
    """Every training that was not taken back, and is for something in use; of two that say the same the younger counts."""
    rows = Training.objects.filter(removed_at=None).select_related("person", "schedule", "service").order_by("pk")
    return _stored((row, {"by": row.trainer, "until": row.holds_until}) for row in rows)


def load_agreements() -> dict[str, Stored]:
    """The same for agreements."""
    rows = Agreement.objects.filter(removed_at=None).select_related("person", "schedule", "team").order_by("pk")
    return _stored((row, {"version": row.version, "text": row.text}) for row in rows)


def _stored(rows: Iterable[tuple[Training | Agreement, dict[str, Any]]]) -> dict[str, Stored]:
    found: dict[str, Stored] = {}
    for row, more in rows:
        if _thing(row).archived_at is None:
            record = {"person": row.person.email.lower(), "for": row.target, "on": row.on, **more}
            found[name_of(record)] = Stored(record, from_file=row.from_file)
    return found


def _thing(row: Training | Agreement) -> Any:
    return row.schedule or (row.service if isinstance(row, Training) else row.team)


def write_training(name: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The training of that person for that on that day, as the file says it."""
    _write(Training, record, {"trainer": record["by"], "holds_until": record["until"]}, keys, at)


def write_agreement(name: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The same for an agreement."""
    _write(Agreement, record, {"version": record["version"], "text": record["text"]}, keys, at)


def _write(
    model: type[Training | Agreement], record: dict[str, Any], values: dict[str, Any], keys: Keys, at: datetime
) -> None:
    kind, _, slug = record["for"].partition(":")
    which = {"person_id": keys.of("user", record["person"]), f"{kind}_id": keys.of(kind, slug), "on": record["on"]}
    rows = model._default_manager
    row = rows.filter(**which, removed_at=None).order_by("pk").last() or model(**which, created_at=at)
    for field, value in {**values, "from_file": True}.items():
        setattr(row, field, value)
    row.save()


def remove(section: str, name: str, at: datetime) -> None:
    """The file no longer names it."""
    email, target, day = name.split(" ")
    kind, _, slug = target.partition(":")
    said = {"person__email__iexact": email, f"{kind}__slug": slug, "on": date.fromisoformat(day), "removed_at": None}
    for row in MODELS[section]._default_manager.filter(**said):
        take_back(row, at=at)
