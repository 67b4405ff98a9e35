"""How long what senders said is kept: long enough to look into a bad night, not for ever."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q

from alerts.models import Alert, Episode, RejectedDelivery, Watched
from alerts.partitions import drop_months, make_months, trim_other
from incidents.changes import Change
from incidents.models import OPEN

logger = logging.getLogger(__name__)
REJECTED_KEPT = timedelta(days=90)
BATCH = 500
BATCHES = 200


def prune(at: datetime) -> int:
    """Make the months ahead; drop bodies, refused deliveries and alerts that are too old at `at`: how many went.

    Bodies go by whole months, so they may stay up to a month longer; the last one of a source stays. Alerts go with their
    episodes once they are over and so is their incident; so do changes. Incidents stay.
    """
    try:
        make_months(at)
    except OperationalError:
        # Somebody holds the table for long. Bodies stand in the default part meanwhile; the disk must not fill up for it.
        logger.warning("the months ahead could not be made; tried again at the next run", exc_info=True)
    since = at - timedelta(days=settings.BODIES_KEPT)
    gone = drop_months(since) + trim_other(since)
    refused, _ = RejectedDelivery.objects.filter(at__lt=at - REJECTED_KEPT).delete()
    changes, _ = Change.objects.filter(told_at__lt=at - timedelta(days=settings.ALERTS_KEPT)).delete()
    watched, _ = Watched.objects.filter(at__lt=since, over_at__lt=since).delete()
    return gone + refused + changes + watched + _alerts(at - timedelta(days=settings.ALERTS_KEPT))


def _alerts(since: datetime) -> int:
    """Alerts that were heard of for the last time before `since`, in batches, so that no lock lasts."""
    over = Q(incident=None) | ~Q(incident__state__in=OPEN)
    old = Alert.objects.filter(over, firing=False, last_seen_at__lt=since)
    gone = 0
    for _batch in range(BATCHES):
        ids = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            break
        with transaction.atomic():
            # One that fires again in this moment stays.
            held = old.filter(pk__in=ids).order_by("source_id", "fingerprint").select_for_update(of=("self",))
            ids = list(held.values_list("pk", flat=True))
            Episode.objects.filter(alert__in=ids).delete()
            gone += Alert.objects.filter(pk__in=ids).delete()[1].get("alerts.Alert", 0)
    return gone
