"""Pure: what has to change so that the database says what the file says."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from alerts.keys import MOST_LIVE
from provisioning.checking import Document
from provisioning.facts import Facts
from provisioning.kinds import Reference
from provisioning.rows import absences
from provisioning.rows.machines import route_name
from provisioning.rows.rosters import identity
from provisioning.rows.stored import Stored
from provisioning.sections import KEYED, SECTIONS
from provisioning.shape import ORGANISATIONS_ZONE, Entry
from provisioning.words import differences

ADMIN = "admin"
RECORDS = ("training", "agreements")
"""What is said of things keeps none of them in use: with the thing it goes."""
PARTS = {
    "playbooks": lambda one: one["title"],
    "overrides": identity,
    "covers": identity,
    "absences": absences.identity,
}
"""Lists whose members are things of their own: only pruning takes away what the file does not name."""


@dataclass(frozen=True)
class Change:
    """One row to write: what it shall be, what the file itself says of it, and the same in words."""

    verb: str
    section: str
    name: str
    details: list[str]
    record: dict[str, Any] = field(default_factory=dict)
    named: Entry = field(default_factory=Entry)

    def __str__(self) -> str:
        what = f"{self.verb} {SECTIONS[self.section].noun} {self.name}".strip()
        return f"{what}: {'; '.join(self.details)}" if self.details else what


@dataclass
class Plan:
    """Every change in order, the routes as they shall stand (None: untouched), and what else an operator should know."""

    changes: list[Change] = field(default_factory=list)
    routes: list[dict[str, Any]] | None = None
    notes: list[str] = field(default_factory=list)


def make(document: Document, facts: Facts, *, prune: bool) -> Plan:
    """The plan that leads from `facts` to `document`."""
    plan = Plan()
    zone = next((one["timezone"] for one in document.get("organisation", []) if "timezone" in one), facts.zone)
    for section, entries in document.items():
        if section == "routes":
            _plan_routes(plan, entries, facts, prune=prune)
            continue
        for entry in entries:
            name = SECTIONS[section].name_of(entry) or ""
            change = _change(section, name, entry, facts.stored[section].get(name), zone, prune=prune)
            plan.changes += [change] if change else []
    if prune:
        plan.changes += [
            change for section in reversed(document) for change in _archive(section, document, facts, plan)
        ]
    plan.notes += _unpaged(document, facts)
    return plan


def _change(section: str, name: str, entry: Entry, there: Stored | None, zone: str, *, prune: bool) -> Change | None:
    record = _wanted(section, entry, there, zone, prune=prune)
    if there is None:
        return Change("create", section, name, [], record, entry)
    details = differences(SECTIONS[section].record, there.record, record)
    if not there.is_live:
        return Change("bring back", section, name, details, record, entry)
    if not there.from_file or any(_names(entry, *part) for part in there.loose):
        details.append("from now on kept by the file")
    return Change("change", section, name, details, record, entry) if details else None


def _names(entry: Entry, part: str, name: Hashable) -> bool:
    """Whether the file itself names this part of the record."""
    said = entry.get(part, ())
    return name in ([PARTS[part](one) for one in said] if part in PARTS else said)


def _wanted(section: str, entry: Entry, there: Stored | None, zone: str, *, prune: bool) -> dict[str, Any]:
    """The whole record: what the file says, over what is there or the defaults."""
    record: dict[str, Any] = {}
    for name, one in SECTIONS[section].record.fields.items():
        default = zone if one.default == ORGANISATIONS_ZONE else one.default
        record[name] = entry.get(name, there.record.get(name, default) if there else default)
    if section == "components":
        record["position"] = entry["position"]
    before = there.record if there else {}
    if section == "users":
        record["methods"] = _methods(entry, before, prune=prune)
    if section in KEYED:
        for name in ("key", "key_hash", "more_key_hashes"):
            record.pop(name)
        record["keys"] = _live_keys(entry["keys"], before.get("keys", {}), prune=prune)
    for name in PARTS.keys() & record.keys():
        record[name] = _parts(name, entry, before.get(name, []), prune=prune)
    return record


def _methods(entry: Entry, before: dict[str, Any], *, prune: bool) -> dict[str, Any]:
    """The file vouches for an address or says nothing: it never takes back what the person has verified."""
    there = before.get("methods", {})
    wanted = {} if prune and "methods" in entry else dict(there)
    for slug, said in entry.get("methods", {}).items():
        old = there.get(slug, {})
        same = (old.get("kind"), old.get("address")) == (said["kind"], said["address"])
        wanted[slug] = {**said, "verified": said["verified"] or (same and old["verified"])}
    return wanted


def _live_keys(said: dict[str, str], there: dict[str, str], *, prune: bool) -> dict[str, str]:
    """The file's keys and, while there is room, the newest of the others: senders need time to change over."""
    wanted = {digest: there.get(digest, hint) for digest, hint in said.items()}
    if prune and said:
        return wanted
    for digest, hint in there.items():
        if len(wanted) < MOST_LIVE:
            wanted.setdefault(digest, hint)
    return wanted


def _parts(name: str, entry: Entry, before: list[Any], *, prune: bool) -> list[Any]:
    """Things of their own: those that are there, those of the file, in an order in which the file's keep theirs."""
    said = entry.get(name)
    if said is None:
        return before
    key = PARTS[name]
    named = {key(one): one for one in said}
    if name == "playbooks":
        return said if prune else [*said, *(one for one in before if key(one) not in named)]
    stays = [one for one in before if key(one) in named or not prune]
    known = [key(one) for one in stays if key(one) in named]
    if known == list(named)[: len(known)]:
        kept = [named.get(key(one), one) for one in stays]
        return kept + [one for who, one in named.items() if who not in known]
    return [*(one for one in stays if key(one) not in named), *said]


def _plan_routes(plan: Plan, entries: Iterable[Entry], facts: Facts, *, prune: bool) -> None:
    """The file's routes come first, in its order; the others stay behind them."""
    there = facts.stored["routes"]
    named = {route_name(entry): entry for entry in entries}
    rest = [] if prune else [name for name in there if name not in named]
    for name, entry in named.items():
        if name not in there:
            plan.changes.append(Change("create", "routes", name, [], entry, entry))
            continue
        details = differences(SECTIONS["routes"].record, there[name].record, entry)
        details += [] if there[name].from_file else ["from now on kept by the file"]
        if details:
            plan.changes.append(Change("change", "routes", name, details, entry, entry))
    gone = [name for name in there if name not in named] if prune else []
    plan.changes += [Change("remove", "routes", name, []) for name in gone]
    order = [name for name in (*named, *rest) if name in there]
    if order != [name for name in there if name not in gone]:
        plan.changes.append(Change("reorder", "routes", "list", []))
    plan.routes = [*named.values(), *(there[name].record for name in rest)]


def _archive(section: str, document: Document, facts: Facts, plan: Plan) -> Iterator[Change]:
    if not SECTIONS[section].identity:
        return
    named = {SECTIONS[section].name_of(entry) or "" for entry in document[section]}
    rest = [name for name in facts.live(section) if name not in named]
    if section == "rate_cards":  # what paid an approved month stays
        yield from (Change("remove", section, name, []) for name in rest if name >= facts.rates_from)
        return
    if section != "users":
        yield from (Change("archive", section, name, []) for name in rest)
        return
    roles = {name: facts.stored["users"][name].record["role"] for name in rest}
    kept = set() if _administrators(document, facts) & named else {name for name in rest if roles[name] == ADMIN}
    plan.notes += [f"{name} stays: the file names no other administrator." for name in sorted(kept)]
    for name in rest:
        if name not in kept:
            record = {**facts.stored["users"][name].record, "active": False}
            yield Change("switch off", section, name, [], record)


def _administrators(document: Document, facts: Facts) -> set[str]:
    """Who is an active administrator when the file's users are applied and nobody is pruned."""
    found = {name for name, one in facts.live("users").items() if one.record["role"] == ADMIN}
    for user in document.get("users", []):
        there = facts.stored["users"].get(user["email"])
        role = user.get("role") or (there.record["role"] if there else "")
        if role == ADMIN and user["active"]:
            found.add(user["email"])
        else:
            found.discard(user["email"])
    return found


def locks_out(document: Document, facts: Facts) -> bool:
    """Whether there is an administrator now and none would be left."""
    before = any(one.record["role"] == ADMIN for one in facts.live("users").values())
    return before and not _administrators(document, facts)


def orphans(document: Document, facts: Facts, plan: Plan) -> Iterator[tuple[Reference, str]]:
    """(what would be archived, what in use still refers to it); people may go, the pager passes them over."""
    gone = {(SECTIONS[change.section].kind, change.name) for change in plan.changes if change.verb == "archive"}
    written = {(change.section, change.name) for change in plan.changes if change.verb != "archive"}
    for section in SECTIONS:
        if section in RECORDS or (section == "routes" and plan.routes is not None):
            continue
        for name, stored in facts.live(section).items():
            if (SECTIONS[section].kind, name) in gone or (section, name) in written:
                continue
            for reference in SECTIONS[section].record.references(stored.record):
                if reference in gone:
                    yield reference, f"{SECTIONS[section].noun} {name}"


def _unpaged(document: Document, facts: Facts) -> Iterator[str]:
    for service in document.get("services", []):
        there = facts.stored["services"].get(service["slug"])
        if not service.get("policy") and not (there and there.record["policy"]):
            yield f"Service {service['slug']} has no policy: nobody would be paged for it."
