"""How long requests are kept: long enough to look into a bad night, not for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.models import Body, RejectedDelivery

BODIES_KEPT = timedelta(days=14)
REJECTED_KEPT = timedelta(days=90)
BATCH = 500
BATCHES = 200


def prune(at: datetime) -> int:
    """Delete bodies and refused deliveries that are too old at `at`; returns how many. In batches, so that no lock lasts.

    Alerts, episodes and incidents stay: only what was posted goes, and each source's last body stays too.
    """
    gone = 0
    last = Body.objects.order_by("source_id", "-pk").distinct("source_id").values("pk")
    old = Body.objects.filter(received_at__lt=at - BODIES_KEPT).exclude(pk__in=last)
    for _batch in range(BATCHES):
        ids = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            break
        Body.objects.filter(pk__in=ids).delete()
        gone += len(ids)
    refused, _ = RejectedDelivery.objects.filter(at__lt=at - REJECTED_KEPT).delete()
    return gone + refused
