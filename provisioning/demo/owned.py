"""Services with their policies and playbooks, sources with keys, routes, and what the public calls them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random

from alerts.keys import make_key
from alerts.models import Route, Source
from oncall.models import Coverage
from provisioning.demo import names
from provisioning.demo.breaks_around import AROUND
from provisioning.demo.breaks_inside import INSIDE
from provisioning.demo.house import House
from status.models import CODE_LETTERS, Component
from teams.models import Playbook, Service, Severity

MODES = (*INSIDE, *AROUND)
CLASS_FROM = {
    "label": "severity",
    "map": {"critical": "critical", "warning": "major", "info": "standard"},
    "default": "standard",
}
SOURCES = (
    ("prometheus", "Prometheus", "alertmanager", None),
    ("grafana", "Grafana of the shop", "grafana", None),
    ("outside-checks", "Checks from outside", "uptime_kuma", None),
    ("nightly-runs", "Nightly runs", "healthchecks", "nightly-loads"),
    ("partners", "Partners' webhooks", "generic", "order-api"),
    ("datadog-trial", "Datadog (on trial)", "datadog", "clusters"),
)
"""Slug, name, kind, service. The last one has never said a word."""
WELL_KEPT = {"card-payments", "mail-out", "order-api"}
"""Services with a playbook for everything that has one."""
DEMANDING = 400_000


def write(house: House) -> None:
    """All of it."""
    _services(house)
    _playbooks(house)
    _sources(house)
    _components(house)


def _demand(exposure: int) -> str:
    steps = ((DEMANDING, Service.Demand.VERY_HIGH), (100_000, Service.Demand.HIGH), (10_000, Service.Demand.MEDIUM))
    return next((str(word) for floor, word in steps if exposure >= floor), str(Service.Demand.LOW))


def _services(house: House) -> None:
    made = Service.objects.bulk_create(
        Service(
            slug=one.slug,
            name=one.name,
            team=house.teams[one.team],
            target=Decimal(one.target) if one.target else None,
            exposure_per_hour=Decimal(one.exposure) if one.exposure else None,
            demand=_demand(one.exposure),
            customer_facing=one.facing,
            default_class=Severity.MAJOR if one.facing else Severity.STANDARD,
        )
        for one in names.SERVICES
    )
    house.services = {one.slug: one for one in made}
    Coverage.objects.bulk_create(
        Coverage(service=house.services[one.slug], policy=house.policies[one.team]) for one in names.SERVICES
    )


def _playbooks(house: House) -> None:
    """About half of the services have one or two; the others are counted as lacking one."""
    rng = house.rng("playbooks")
    books = []
    for service in house.services.values():
        known = [mode for mode in MODES if mode.playbook[0]]
        chosen = known if service.slug in WELL_KEPT else rng.sample(known, rng.choice((0, 0, 1, 2)))
        for place, mode in enumerate(chosen):
            title, body = mode.playbook
            match = {"alertname": mode.alertname}
            books.append(Playbook(service=service, position=place, title=title, match=match, body=body))
    for book in Playbook.objects.bulk_create(books):
        house.playbooks[book.service.slug, book.match["alertname"]] = book


def _sources(house: House) -> None:
    """Every alert of Prometheus and Grafana finds its service by its label."""
    made = Source.objects.bulk_create(
        Source(
            slug=slug,
            name=name,
            kind=kind,
            service=house.services[service] if service else None,
            class_from=CLASS_FROM if kind == "alertmanager" else {},
            grouping=Source.Grouping.NONE if kind == "uptime_kuma" else Source.Grouping.LABELS,
            group_by=["alertname", "service"] if kind == "grafana" else [],
        )
        for slug, name, kind, service in SOURCES
    )
    house.sources = {one.slug: one for one in made}
    for source in made:
        secret = make_key(source, at=house.born)
        if source.slug == "prometheus":
            house.key = secret
        if source.slug != "datadog-trial":
            source.keys.update(last_used_at=house.at - timedelta(minutes=3))
    Route.objects.bulk_create(
        Route(position=place, match={"service": slug}, service=service)
        for place, (slug, service) in enumerate(house.services.items())
    )


def code(rng: Random) -> str:
    """A public id, as `status.models.new_code` makes them, but the same each time."""
    return "".join(rng.choices(CODE_LETTERS, k=12))


def _components(house: House) -> None:
    rng = house.rng("components")
    shown = sorted((one for one in names.SERVICES if one.group), key=lambda one: one.group)
    made = Component.objects.bulk_create(
        Component(
            slug=one.slug,
            name=one.name,
            service=house.services[one.slug],
            group=one.group,
            position=place,
            code=code(rng),
            created_at=house.born,
        )
        for place, one in enumerate(shown)
    )
    house.components = {one.slug: one for one in made}
