"""Which alerts flap at an instant, counted from their episodes: nothing is stored, so nothing has to be taken back."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from alerts.flap_rules import WINDOW, flaps
from alerts.models import Alert, Episode


def flapping_of(alerts: QuerySet[Alert], at: datetime) -> dict[int, int]:
    """Of `alerts`, those that flap at `at`: key -> changes within the window."""
    opened, closed = Q(opened_at__gt=at - WINDOW), Q(closed_at__gt=at - WINDOW)
    rows = (
        Episode.objects.filter(opened | closed, alert__in=alerts.order_by().values("pk"))
        .order_by()
        .values("alert")
        .annotate(changes=Count("pk", filter=opened) + Count("pk", filter=closed))
    )
    return {row["alert"]: row["changes"] for row in rows if flaps(row["changes"])}
