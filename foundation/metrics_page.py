"""`/metrics` in Prometheus's text format. Each room registers what it can say in its `gauges.py`; nothing here names a person.

With METRICS_TOKEN it answers whoever brings it as a Bearer token. Without one it answers this machine only, and never a
request that a proxy forwarded: behind a proxy on the same machine every stranger would come from loopback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from foundation.direct import refusal
from foundation.dispatch import registry
from foundation.health import clock_skew
from foundation.models import Process

Gauges = Callable[[datetime], Iterable[Metric]]
FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")
_rooms: list[Gauges] = []


def gauges(collect: Gauges) -> Gauges:
    """Register what a room measures; `collect(at)` is asked at each scrape and may cost a few indexed statements."""
    _rooms.append(collect)
    return collect


@gauges
def processes(at: datetime) -> Iterator[Metric]:
    """How long ago each kind of process was heard, how late work is, and how far the clocks are apart."""
    age = GaugeMetricFamily(
        "sharpend_heard_age_seconds", "Since the latest process of a role was heard", labels=["role"]
    )
    newest = dict(Process.objects.order_by("role", "beat_at").values_list("role", "beat_at"))
    for role in ("dispatch", "worker"):
        heard = newest.get(role)
        age.add_metric([role], (at - heard).total_seconds() if heard else float("inf"))
    yield age
    late = GaugeMetricFamily("sharpend_queue_age_seconds", "By how much the oldest due row is late", labels=["work"])
    measured = registry.oldest_due(at)
    for work in registry.every_work():
        if work.oldest:
            late.add_metric([work.name], measured[work.name])
    yield late
    skew = clock_skew().total_seconds()
    yield GaugeMetricFamily(
        "sharpend_clock_skew_seconds", "The database's clock ahead of the application's", value=skew
    )


class _Scrape(Collector):
    """One look at everything."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def collect(self) -> Iterator[Metric]:
        """What every room says at this instant."""
        for room in _rooms:
            yield from room(self.at)


def metrics(request: HttpRequest) -> HttpResponse:
    """The figures; 401 without the right token, 403 from elsewhere when there is no token."""
    if refused := _refused(request):
        return refused
    everything = CollectorRegistry(auto_describe=False)
    everything.register(_Scrape(timezone.now()))
    return HttpResponse(generate_latest(everything), content_type=CONTENT_TYPE_LATEST)


def _refused(request: HttpRequest) -> HttpResponse | None:
    if settings.METRICS_TOKEN:
        if constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
            return None
        response = refusal(401, "unauthorized", "Send the METRICS_TOKEN as a Bearer token.")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if _from_here(request):
        return None
    return refusal(403, "forbidden", "Without METRICS_TOKEN only this machine is answered.")


def _from_here(request: HttpRequest) -> bool:
    try:
        peer = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return peer.is_loopback and not any(name in request.headers for name in FORWARDED)
