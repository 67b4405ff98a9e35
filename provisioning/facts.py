"""What the database has, as records of the file: read once, before anything is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from alerts.models import Key, PingKey
from provisioning.kinds import Reference
from provisioning.rows import heartbeats, machines, people, rates, rosters, skills
from provisioning.rows.stored import Stored
from provisioning.sections import SECTIONS
from review import payroll

LOADERS: dict[str, Callable[[], dict[str, Stored]]] = {
    "organisation": people.load_organisation,
    "users": people.load_users,
    "teams": people.load_teams,
    "areas": people.load_areas,
    "schedules": rosters.load_schedules,
    "policies": rosters.load_policies,
    "services": machines.load_services,
    "sources": machines.load_sources,
    "heartbeats": heartbeats.load_heartbeats,
    "routes": machines.load_routes,
    "components": machines.load_components,
    "training": skills.load_trainings,
    "agreements": skills.load_agreements,
    "rate_cards": rates.load_rate_cards,
}


@dataclass(frozen=True)
class Facts:
    """All records by section and name, and every key's source (or heartbeat) and whether it was revoked, by its hash.

    `rates_from` is the first day whose rates can be changed: before it months are approved.
    """

    stored: dict[str, dict[str, Stored]]
    keys: dict[str, tuple[str, bool]]
    ping_keys: dict[str, tuple[str, bool]]
    rates_from: str

    def live(self, section: str) -> dict[str, Stored]:
        """What is in use."""
        return {
            name: one for name, one in self.stored[section].items() if one.is_live and one.record.get("active", True)
        }

    @property
    def zone(self) -> str:
        """The organisation's time zone."""
        return str(self.stored["organisation"][""].record["timezone"])


def read() -> Facts:
    """Everything, in about 25 queries whatever the size."""
    keys = Key.objects.values_list("key_hash", "source__slug", "revoked_at")
    pings = PingKey.objects.values_list("key_hash", "heartbeat__slug", "revoked_at")
    return Facts(
        stored={section: load() for section, load in LOADERS.items()},
        keys={digest: (slug, revoked is not None) for digest, slug, revoked in keys},
        ping_keys={digest: (slug, revoked is not None) for digest, slug, revoked in pings},
        rates_from=payroll.free_from().isoformat(),
    )


def references(section: str, record: dict[str, Any]) -> Iterator[Reference]:
    """What `record` refers to."""
    yield from SECTIONS[section].record.references(record)


def section_of(kind: str) -> str:
    """The section that holds this kind of thing: "policy" -> "policies"."""
    return next(name for name, section in SECTIONS.items() if section.kind == kind)
