"""Who led the incidents of services in the last 180 days, and who might lead the next; three statements and their training's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from incidents.models import Incident, RoleTenure, State
from oncall.skills import trained_for_services
from oncall.spread import WINDOW, Led, Spread, spread
from teams.models import Service, User


@dataclass(frozen=True)
class Leading:
    """One service: how evenly it is led, who is trained, who has never led, and who is proposed next."""

    service: Service
    spread: Spread
    trained: list[User]

    @property
    def next_lead(self) -> User | None:
        """The trained person who has led least."""
        return next((one for one in self.trained if one.pk == self.spread.next_lead), None)

    @property
    def never(self) -> list[User]:
        """Trained people who have led none of them, by name."""
        return [one for one in self.trained if one.pk in self.spread.never]


def leading_of(services: Iterable[Service], at: datetime) -> list[Leading]:
    """Of each service, in their order. Who led is who had the lead, or acknowledged first; drills count nowhere."""
    services = list(services)
    trained = trained_for_services(services, at)
    led: dict[int, list[Led]] = defaultdict(list)
    counted = Incident.objects.filter(
        service__in=services, detected_at__gte=at - WINDOW, detected_at__lt=at, drill=False
    )
    counted = counted.exclude(state__in=[State.CANCELLED, State.MERGED])
    for pk, service, person, acked in counted.filter(acked_by__isnull=False).values_list(
        "pk", "service", "acked_by", "acked_at"
    ):
        led[service or 0].append(Led(pk, person or 0, acked or at))
    had = RoleTenure.objects.filter(incident__in=counted, role=RoleTenure.Role.FACILITATOR)
    for pk, service, person, since in had.values_list("incident", "incident__service", "person", "start"):
        led[service or 0].append(Led(pk, person, since))
    return [
        Leading(one, spread(led[one.pk], [user.pk for user in trained[one.pk]]), trained[one.pk]) for one in services
    ]
