"""Where an alert belongs: its service, its class, and whether somebody silenced it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db.models import Q

from alerts.grouping import NONE, SERVICE, group_key
from alerts.habits import habits_of
from alerts.matching import Matcher, compile_match, first_match
from alerts.models import Route, Source
from alerts.payloads import IncomingAlert
from alerts.quieting import Blanket, Quiet
from incidents.severity import CLASSES, MAJOR
from teams.models import Service

FACING = "customer_facing"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one alert belongs. `key` is the group key of its incident; `severity_by` is the rule that gave its class."""

    service: Service | None
    severity: str
    key: str
    playbook: str = ""
    quiet: Quiet | None = None
    route: Route | None = None
    severity_by: str = ""


class Routing:
    """A source's rules, read once for a delivery."""

    def __init__(self, source: Source, routes: Sequence[Route], blanket: Blanket) -> None:
        self.source = source
        self.routes = [(matcher, route) for route in routes if (matcher := compiled(route.match))]
        self.blanket = blanket
        habits = habits_of(source.kind)
        given_by = [str(label) for label in source.group_by] if isinstance(source.group_by, list) else []
        self.group_by = given_by or habits.group_by
        own = source.class_from if isinstance(source.class_from, dict) else {}
        given = own or habits.class_from
        self.class_label = str(given.get("label") or "")
        found = given.get("map")
        self.classes: Mapping[str, str] = found if isinstance(found, dict) else {}
        self.default_class = str(given.get("default") or "")
        self._keys: dict[tuple[int, int | None], str] = {}

    @classmethod
    def of(cls, source: Source, at: datetime, *, routed: bool = True, silenced: bool = True) -> Routing:
        """Read the rules of `source` as they are at `at`; pass False for what is known to be empty."""
        routes = []
        if routed:
            routes = list(Route.objects.filter(Q(source=source) | Q(source=None)).select_related("service", "playbook"))
        return cls(source, routes, Blanket.of(at) if silenced else Blanket((), at))

    def place(self, alert: IncomingAlert) -> Place:
        """Find the place of `alert`: the first route that matches overrides the source's own service."""
        route = self.route_of(alert)
        service = route.service if route else self.source.service
        by_route = (route.severity, "route") if route and route.severity else None
        severity, severity_by = by_route or self.class_and_why(alert.labels, service)
        return Place(
            service=service,
            severity=severity,
            key=self._key(alert, service),
            playbook=route.playbook.title if route and route.playbook else "",
            quiet=self.blanket.over(alert.labels, service.pk if service else None, severity),
            route=route,
            severity_by=severity_by,
        )

    def route_of(self, alert: IncomingAlert) -> Route | None:
        """The first route that matches."""
        return first_match(self.routes, alert.labels)

    def tried(self, alert: IncomingAlert) -> list[tuple[Route, bool]]:
        """The routes in their order up to the one that matches, and whether each of them did."""
        found = self.route_of(alert)
        seen = [route for _matcher, route in self.routes]
        return [(route, route is found) for route in (seen[: seen.index(found) + 1] if found else seen)]

    def together(self, alert: IncomingAlert) -> list[tuple[str, str]] | None:
        """The labels and values that make alerts one incident with this one; None when all of the service are one."""
        if self.source.grouping == SERVICE:
            return None
        if self.source.grouping == NONE:
            return []
        if alert.group_labels is not None:
            return list(alert.group_labels.items())
        by = self.group_by
        return [(label, alert.labels.get(label, "")) for label in by] if any(map(alert.labels.get, by)) else []

    def class_of(self, labels: Mapping[str, str], service: Service | None) -> str:
        """The class by the source's label, else the source's default, else the service's, else major."""
        return self.class_and_why(labels, service)[0]

    def class_and_why(self, labels: Mapping[str, str], service: Service | None) -> tuple[str, str]:
        """The class, and which rule gave it: label, source, service, or "" when nothing said any."""
        said = self.classes.get(labels.get(self.class_label, "")) if self.class_label else None
        wanted = (
            (said, "label"),
            (self.default_class, "source"),
            (service.default_class if service else "", "service"),
        )
        return next(((name, why) for name, why in wanted if name in CLASSES), (MAJOR, ""))

    def _key(self, alert: IncomingAlert, service: Service | None) -> str:
        """The incident's group key. One object of group labels serves a whole delivery, so its key is made once."""
        once = self.source.grouping == SERVICE or (alert.group_labels is not None and self.source.grouping == "labels")
        memo = (id(alert.group_labels), service.pk if service else None)
        if once and memo in self._keys:
            return self._keys[memo]
        key = group_key(
            alert,
            grouping=self.source.grouping,
            service=service.pk if service else None,
            group_by=self.group_by,
        )
        # Sources that group by service share the service's one incident; without a service there is nothing to share.
        owner = "" if self.source.grouping == SERVICE and service else self.source.pk
        found = sha256(f"{owner}|{key}".encode()).hexdigest()
        if once:
            self._keys[memo] = found
        return found


def compiled(match: object) -> Matcher | None:
    """A matcher, or None for one that cannot be compiled: a broken route must not lose an alert."""
    try:
        return compile_match(match) if isinstance(match, dict) else None
    except ValueError:
        return None


def customers_notice(alert: IncomingAlert, service: Service | None) -> bool:
    """Whether customers feel what `alert` tells: its own label `customer_facing`, else what the service says."""
    label = alert.labels.get(FACING, "").lower()
    if label in ("true", "false"):
        return label == "true"
    return service.customer_facing if service else True
