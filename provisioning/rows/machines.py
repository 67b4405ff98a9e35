"""Services, sources of alerts, routes between them, and the components that the public sees."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alerts import versions, watching
from alerts.models import Key, Route, Source
from oncall.models import Coverage
from oncall.setup import write_coverage
from provisioning.rows.stored import Keys, Named, Stored, revive, slug_of
from status.models import Component
from teams.models import Playbook, Service
from teams.setup import FirstSteps, write_playbooks


def load_services() -> dict[str, Stored]:
    """Every service with its policy and its playbooks in use."""
    services = Service.objects.select_related("team", "coverage__policy").prefetch_related("playbooks")
    return {one.slug: _stored_service(one) for one in services}


def _stored_service(service: Service) -> Stored:
    coverage: Coverage | None = getattr(service, "coverage", None)
    books = sorted((one for one in service.playbooks.all() if one.archived_at is None), key=_place)
    record = {
        "slug": service.slug,
        "name": service.name,
        "team": service.team.slug,
        "policy": coverage.policy.slug if coverage else None,
        "target": service.target.normalize() if service.target is not None else None,
        "exposure_per_hour": service.exposure_per_hour.normalize() if service.exposure_per_hour is not None else None,
        "demand": service.demand,
        "customer_facing": service.customer_facing,
        "default_class": service.default_class,
        "covered": service.covered,
        "playbooks": [{"title": one.title, "match": one.match, "body": one.body} for one in books],
    }
    loose = {("playbooks", one.title) for one in books if not one.from_file}
    return Stored(record, from_file=service.from_file, is_live=service.archived_at is None, loose=loose)


def _place(row: Any) -> tuple[int, int]:
    return row.position, row.pk


def write_service(slug: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The service, the policy that pages for it, and its playbooks."""
    service = Service.objects.filter(slug=slug).first() or Service(slug=slug)
    plain = ("name", "target", "exposure_per_hour", "demand", "customer_facing", "default_class", "covered")
    revive(service, {**{name: record[name] for name in plain}, "team_id": keys.of("team", record["team"])})
    write_coverage(service, keys.maybe("policy", record["policy"]))
    wanted = [FirstSteps(said["title"], said["match"], said["body"]) for said in record["playbooks"]]
    write_playbooks(service, wanted, at=at, from_file={said["title"] for said in named.get("playbooks", [])})


def load_sources() -> dict[str, Stored]:
    """Every source; `keys` are the hashes of its live keys with their hints, the newest first."""
    return {one.slug: _stored_source(one) for one in Source.objects.select_related("service").prefetch_related("keys")}


def _stored_source(source: Source) -> Stored:
    live = sorted((key for key in source.keys.all() if key.revoked_at is None), key=_age, reverse=True)
    record = {
        "slug": source.slug,
        "name": source.name,
        "kind": source.kind,
        "keys": {key.key_hash: key.hint for key in live},
        "service": slug_of(source.service),
        "grouping": source.grouping,
        "group_by": source.group_by,
        "resolve_hold": source.resolve_hold,
        "class_from": _class_from(source),
        "mapping": source.mapping or None,
        "reopen_window": source.reopen_window,
        "group_window": source.group_window,
        "reconcile_urls": source.reconcile_urls,
        "watching": source.watching,
    }
    loose = {("keys", key.key_hash) for key in live if not key.from_file}
    return Stored(record, from_file=source.from_file, is_live=source.archived_at is None, loose=loose)


def _age(key: Key) -> tuple[datetime, int]:
    return key.created_at, key.pk


def _class_from(source: Source) -> dict[str, Any] | None:
    said = source.class_from
    return {"map": {}, "default": "", **said} if said and said.get("label") else None


PLAIN = (
    *("name", "kind", "grouping", "group_by", "resolve_hold", "reopen_window", "group_window", "reconcile_urls"),
    "watching",
)


def write_source(slug: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The source; its live keys are exactly those of the record. Where it watched and does so no more, what fires opens."""
    source = Source.objects.filter(slug=slug).first() or Source(slug=slug)
    starts = watching.watches(source) and not record["watching"]
    values = {name: record[name] for name in PLAIN}
    class_from = record["class_from"] or {}
    values |= {"class_from": class_from, "mapping": record["mapping"] or {}}
    with versions.kept(source, by=None, at=at):
        revive(source, {**values, "service_id": keys.maybe("service", record["service"])})
    source.keys.filter(revoked_at=None).exclude(key_hash__in=record["keys"]).update(revoked_at=at)
    there = {key.key_hash: key for key in source.keys.filter(revoked_at=None)}
    for digest, hint in reversed(record["keys"].items()):  # oldest first: the newest gets the highest number
        key = there.get(digest) or Key(source=source, key_hash=digest, hint=hint, created_at=at)
        key.from_file = key.from_file or digest in named.get("keys", {})
        key.save()
    if starts:
        watching.open_what_fires(source, at)


def route_name(record: Named) -> str:
    """What makes a route the same one: where the alert comes from, and what must match."""
    match = json.dumps(record["match"], sort_keys=True, ensure_ascii=False)
    return f"{record['source'] or 'any source'} {match}"


def load_routes() -> dict[str, Stored]:
    """Every route in order, by its name; of two with the same name the second can never be reached and is left out."""
    found: dict[str, Stored] = {}
    for route in Route.objects.select_related("source", "service", "playbook"):
        record = {
            "source": slug_of(route.source),
            "match": route.match,
            "service": route.service.slug,
            "class": route.severity,
            "playbook": route.playbook.title if route.playbook else "",
        }
        found.setdefault(route_name(record), Stored(record, from_file=route.from_file))
    return found


def write_routes(wanted: Sequence[dict[str, Any]], named: set[str], keys: Keys, at: datetime) -> None:
    """Make the routes exactly `wanted`, in this order; `named` are the names of those that the file has.

    A row that repeats another's name was never reached and goes. What that leaves of those made by hand is a version.
    """
    with versions.kept(None, by=None, at=at):
        _write_routes(wanted, named, keys)


def _write_routes(wanted: Sequence[dict[str, Any]], named: set[str], keys: Keys) -> None:
    there: dict[str, Route] = {}
    for route in Route.objects.select_related("source"):
        name = route_name({"source": slug_of(route.source), "match": route.match})
        if there.setdefault(name, route) is not route:
            route.delete()
    names = [route_name(record) for record in wanted]
    for name in there.keys() - set(names):
        there[name].delete()
    for position, (name, record) in enumerate(zip(names, wanted, strict=True)):
        route = there.get(name) or Route(source_id=keys.maybe("source", record["source"]), match=record["match"])
        route.position, route.severity = position, record["class"]
        route.service_id = keys.of("service", record["service"])
        books = Playbook.objects.filter(service_id=route.service_id, title=record["playbook"])
        route.playbook = books.first() if record["playbook"] else None
        route.from_file = route.from_file or name in named
        route.save()


def load_components() -> dict[str, Stored]:
    """Every component in the order of the page."""
    return {
        one.slug: Stored(
            {
                "slug": one.slug,
                "name": one.name,
                "service": one.service.slug,
                "group": one.group,
                "public": one.public,
                "position": one.position,
            },
            from_file=one.from_file,
            is_live=one.archived_at is None,
        )
        for one in Component.objects.select_related("service")
    }


def write_component(slug: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The component, at its place in the file."""
    component = Component.objects.filter(slug=slug).first() or Component(slug=slug)
    values = {name: record[name] for name in ("name", "group", "public", "position")}
    revive(component, {**values, "service_id": keys.of("service", record["service"])})
