"""Makes the database say what the organisation's file says: everything, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from alerts.models import Heartbeat, Source
from oncall.models import EscalationPolicy, Schedule
from provisioning import checking, facts, planning, reading
from provisioning.checking import Document, Refused
from provisioning.planning import Change, Plan
from provisioning.reading import Problem
from provisioning.rows import heartbeats, machines, people, rates, rosters, skills
from provisioning.rows.stored import Keys, Named
from status.models import Component
from teams.audit import acting
from teams.models import Area, Service, Team

LOCK = 0x5348_4152_5046_494C
"""Of PostgreSQL's advisory locks: two files at once would be planned on the same facts."""

Writer = Callable[[str, dict[str, Any], Named, Keys, datetime], None]
WRITERS: dict[str, Writer] = {
    "organisation": people.write_organisation,
    "users": people.write_user,
    "teams": people.write_team,
    "areas": people.write_area,
    "schedules": rosters.write_schedule,
    "policies": rosters.write_policy,
    "services": machines.write_service,
    "sources": machines.write_source,
    "heartbeats": heartbeats.write_heartbeat,
    "components": machines.write_component,
    "training": skills.write_training,
    "agreements": skills.write_agreement,
    "rate_cards": rates.write_rate_card,
}
MODELS: dict[str, Any] = {
    "teams": Team,
    "areas": Area,
    "schedules": Schedule,
    "policies": EscalationPolicy,
    "services": Service,
    "sources": Source,
    "heartbeats": Heartbeat,
    "components": Component,
}


@transaction.atomic
def apply(content: bytes, *, at: datetime, prune: bool = False) -> Plan:
    """Apply the file in `content` and return what was done. Raises `Refused` and changes nothing when it cannot be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    document, plan = _plan(content, prune=prune)
    with acting(None, people.VIA):
        _write(document, plan, at)
    return plan


def look(content: bytes, *, prune: bool = False) -> Plan:
    """What `apply` would do now; changes nothing. Raises `Refused` as `apply` does."""
    return _plan(content, prune=prune)[1]


def _plan(content: bytes, *, prune: bool) -> tuple[Document, Plan]:
    try:
        root = reading.read(content)
    except reading.Unreadable as error:
        raise Refused([error.problem]) from None
    now = facts.read()
    document = checking.check(root, now, prune=prune)
    plan = planning.make(document, now, prune=prune)
    if planning.locks_out(document, now):
        raise Refused([Problem(root.lines["users"], "No administrator would be left: give somebody the role admin.")])
    left = [
        Problem(
            root.lines[facts.section_of(kind)], f"--prune would archive {kind} {name!r}, but {user} still needs it."
        )
        for (kind, name), user in planning.orphans(document, now, plan)
    ]
    if left:
        raise Refused(left)
    return document, plan


def _write(document: Document, plan: Plan, at: datetime) -> None:
    keys = Keys()
    section = ""
    for change in sorted(plan.changes, key=_administrators_first):
        if change.section != section:
            keys.forget()
            section = change.section
        if change.section != "routes":
            _write_one(change, keys, at)
    routes = plan.routes
    if routes is not None and any(change.section == "routes" for change in plan.changes):
        keys.forget()
        machines.write_routes(routes, {machines.route_name(entry) for entry in document["routes"]}, keys, at)


def _administrators_first(change: Change) -> bool:
    """Sorts new administrators to the front: one must be there before another is switched off."""
    return not (change.record.get("role") == planning.ADMIN and change.record.get("active", False))


def _write_one(change: Change, keys: Keys, at: datetime) -> None:
    if change.verb == "archive" and change.section in skills.MODELS:
        skills.remove(change.section, change.name, at)
    elif change.section == "rate_cards" and change.verb == "remove":
        rates.remove_rate_card(change.name)
    elif change.verb == "archive":
        row = MODELS[change.section].objects.get(slug=change.name)
        row.archived_at = at
        row.save(update_fields=["archived_at"])
    else:
        WRITERS[change.section](change.name, change.record, change.named, keys, at)
