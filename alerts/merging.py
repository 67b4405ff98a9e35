"""Two incidents that are one: the alerts of the one go over to the other, and so do those that come later."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from alerts import rows
from alerts.models import Alert, Episode
from incidents import lifecycle
from incidents.models import Incident
from teams.models import User


@transaction.atomic
def merge(child: Incident, *, into: Incident, by: User, at: datetime) -> Incident:
    """Merge `child` into the other incident, with its alerts; returns the other. Raises NotAllowed as `lifecycle.merge`.

    The locks are those of a delivery, in its order: the groups, then the alerts, then the incidents.
    """
    if child.group_key:
        for source in (
            Alert.objects.filter(incident=child).order_by("source").values_list("source", flat=True).distinct()
        ):
            rows.lock(source, [child.group_key])
    alerts = Alert.objects.filter(incident=child).order_by("source", "fingerprint")
    list(alerts.select_for_update(no_key=True).values_list("pk"))
    parent = lifecycle.merge(child, into=into, by=by, at=at)
    Alert.objects.filter(incident=child).update(incident=parent)
    Episode.objects.filter(incident=child).update(incident=parent)
    return parent
