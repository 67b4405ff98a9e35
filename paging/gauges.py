"""What paging says on `/metrics`. Labels are classes, kinds and states: never a word that somebody typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate

from django.db.models import Count
from prometheus_client.metrics_core import GaugeHistogramMetricFamily, GaugeMetricFamily, Metric

from foundation.metrics_page import gauges
from incidents.models import Incident
from incidents.severity import CLASSES
from paging import indicators


@gauges
def paging(at: datetime) -> Iterator[Metric]:
    """Open incidents, and of the last day: deliveries, lost pages and how soon the first attempt was made."""
    found = Incident.objects.open().order_by().values("severity").annotate(n=Count("pk"))
    counted = {row["severity"]: row["n"] for row in found}
    shown = GaugeMetricFamily("sharpend_incidents_open", "Open incidents", labels=["class"])
    for name in CLASSES:
        shown.add_metric([name], counted.get(name, 0))
    yield shown
    deliveries = GaugeMetricFamily(
        "sharpend_deliveries_24h", "Deliveries of the pages of the last 24 hours", labels=["kind", "state"]
    )
    for medium in indicators.media(at):
        for state, (lately, _before) in medium.states.items():
            deliveries.add_metric([medium.kind, state], lately)
    yield deliveries
    day, _week = indicators.windows(at)
    yield GaugeMetricFamily("sharpend_pages_24h", "Pages of the last 24 hours", value=day.pages)
    about = "Pages of the last 24 hours that failed on every way and that nobody answered"
    yield GaugeMetricFamily("sharpend_pages_lost_24h", about, value=day.lost)
    counts, total = indicators.first_attempts(at)
    edges = [*(str(edge) for edge in indicators.BUCKETS), "+Inf"]
    soon = GaugeHistogramMetricFamily(
        "sharpend_first_attempt_seconds", "From a page to the first attempt at its person, last 24 hours"
    )
    soon.add_metric([], list(zip(edges, accumulate(counts), strict=True)), total)
    yield soon
