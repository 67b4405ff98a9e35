"""What a script writes into a postmortem, handed to its one writer. The caller opens the transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from incidents.models import Incident
from postmortems import items, lifecycle
from postmortems.models import Postmortem
from teams.models import User

TEXTS = ("summary", "impact", "impact_unknown_because", "surprises", "went_well", "no_items_because", "owner")
FACTS = ("data_loss", "security", "public_by_hand")


def edit(pm: Postmortem, words: dict[str, Any], *, by: User, at: datetime) -> None:
    """Write everything that was sent. Raises NotAllowed: what a rule refuses, and 409 when `version` is not the present one."""
    Incident.objects.locked(pm.incident_id)
    values = {name: words[name] for name in TEXTS if name in words}
    if "public" in words:
        values["public_text"] = words["public"]["text"]
    if values or "version" in words:
        lifecycle.edit(pm, values=values, by=by, at=at, version=words.get("version"))
    if "factors" in words:
        lifecycle.set_factors(pm, words["factors"], by, at)
    for answer in words.get("answers", []):
        lifecycle.answer(pm, answer["prompt"], answer["text"], by, at)
    if "timeline" in words:
        _rows(pm, words["timeline"], by, at)
    for item in words.get("items", []):
        items.propose(pm, **item, by=by, at=at)
    facts = {name: words[name] for name in FACTS if name in words}
    if facts:
        lifecycle.flag(pm.incident, **facts, because=words["because"], by=by, at=at)


def _rows(pm: Postmortem, sent: list[dict[str, Any]], by: User, at: datetime) -> None:
    """Rows that are there are kept or dropped, the others are added."""
    known = {(row.at, row.text): row for row in pm.rows.all()}
    kept = {row.pk for row in known.values() if row.kept}
    for row in sent:
        found = known.get((row["at"], row["text"].strip())) or lifecycle.add_row(pm, row["at"], row["text"], by, at)
        kept = kept | {found.pk} if row["kept"] else kept - {found.pk}
    lifecycle.keep_rows(pm, kept, by, at)
