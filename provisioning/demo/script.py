"""Pure: the last days of the demo, told by hand, so that every duty is there in every state on any day it is started."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from incidents.severity import CRITICAL, MAJOR
from provisioning.demo.happenings import Case, shaped
from provisioning.demo.house import House
from provisioning.demo.names import SERVICES
from provisioning.demo.owned import MODES

DAY = timedelta(days=1)


class Told(NamedTuple):
    """One incident: hours since its resolve, service, way to break, class, minutes customers felt it, and its story."""

    hours: float
    service: str
    mode: str
    severity: str
    felt: int
    story: str
    react: int = 0
    """Minutes until somebody had it, where it took long; 0: as usual."""


STORIES = (
    Told(610, "delivery-slots", "ProviderDown", MAJOR, 64, "waived"),
    Told(430, "basket", "CacheCold", CRITICAL, 71, "published"),
    Told(350, "mobile-api", "ErrorRateHigh", MAJOR, 47, "in_review"),
    Told(330, "content", "CertificateExpiry", MAJOR, 95, "very_overdue"),
    Told(148, "edge-gateway", "PoolExhausted", CRITICAL, 26, "extended"),
    Told(121, "product-search", "LatencyHigh", MAJOR, 38, "public_overdue"),
    Told(97, "databases", "ReplicaLag", MAJOR, 0, "met_extended"),
    Told(75, "web-shop", "ErrorRateHigh", MAJOR, 33, "fresh"),
    Told(52, "card-payments", "ProviderDown", CRITICAL, 41, "public_running"),
    Told(31, "sign-in", "PoolExhausted", MAJOR, 46, "overdue", 19),
    Told(22.4, "event-stream", "QueueBacklog", MAJOR, 0, "hurry"),
    Told(10.5, "accounts", "ErrorRateHigh", MAJOR, 0, "needs_update"),
    Told(8.7, "order-api", "QueueBacklog", CRITICAL, 74, "begun"),
)


def cases(house: House) -> Iterator[Case]:
    """Those stories that fit into the history, in the order in which they began."""
    rng = house.rng("script")
    found = []
    for told in STORIES:
        service = next(one for one in SERVICES if one.slug == told.service)
        mode = next(one for one in MODES if one.alertname == told.mode)
        resolved = (house.at - timedelta(hours=told.hours)).replace(second=rng.randrange(60), microsecond=0)
        mitigated = resolved - timedelta(minutes=rng.randint(12, 40))
        detected = mitigated - timedelta(minutes=max(told.felt - 4, 18))
        case = shaped(rng, service, mode, told.severity, detected, felt=False)
        case.resolved, case.mitigated, case.told, case.source = resolved, mitigated, told.story, "prometheus"
        if told.react:
            case.acked = detected + timedelta(minutes=told.react)
        case.acked = min(case.acked or detected, mitigated - timedelta(minutes=2))
        if told.felt:
            case.impact = mitigated - timedelta(minutes=told.felt)
        if told.story == "needs_update":
            case.first = (case.mitigated - 3 * DAY, case.resolved - 3 * DAY, case.mitigated - timedelta(hours=2))
            case.detected, case.acked = case.detected - 3 * DAY, case.acked - 3 * DAY
        found.append(case)
    return iter(sorted((case for case in found if case.detected > house.born), key=lambda case: case.detected))
