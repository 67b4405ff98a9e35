"""The auditor: each minute it looks for open incidents that nobody has and that nothing will ever look at again.

No path leaves one behind; this finds the one that an error in a path, or a hand in the database, did leave behind. It is
looked at now, the administrators are paged, and the story says so (paging rules, "Auditor").
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from incidents import lifecycle
from incidents.models import OPEN_Q, Incident
from paging import outbox
from paging.models import Escalation

logger = logging.getLogger(__name__)
EVERY = timedelta(minutes=1)
TOO_FAR = timedelta(hours=1)
"""A next action further ahead than this counts as none, unless the policy of the run itself waits that long."""
AT_ONCE = 500


def forgotten(at: datetime) -> QuerySet[Incident]:
    """Open incidents that nobody has, neither quiet nor held to the morning, whose next look is missing or too far ahead.

    Those that are open are found by their own partial index, `incident_open`: what is over costs nothing.
    """
    nobody = Q(held_by=None, held_by_sender="") | Q(held_until__lte=at)
    loud = Q(silenced_until=None) | Q(silenced_until__lte=at)
    awake = Q(waits_until=None) | Q(waits_until__lte=at)
    nothing = Q(page_due_at=None) | Q(page_due_at__gt=at + TOO_FAR)
    return Incident.objects.filter(OPEN_Q, nobody, loud, awake, nothing)


def audit(at: datetime) -> list[str]:
    """Put right what `forgotten` finds; returns the numbers. What cannot be put right does not stop the others."""
    found = []
    for pk in forgotten(at).order_by("-pk").values_list("pk", flat=True)[:AT_ONCE]:
        try:
            if audit_one(pk, at):
                found.append(f"INC-{pk}")
        except (DatabaseError, ValueError, LookupError):
            logger.exception("the auditor could not put incident %s right", pk)
    return found


@transaction.atomic
def audit_one(pk: int, at: datetime) -> bool:
    """Under the incident's lock: still forgotten? Then look now and page the administrators; whether it was so."""
    incident = forgotten(at).select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk=pk).first()
    if incident is None or _waits_by_policy(incident, at):
        return False
    was = incident.page_due_at.isoformat() if incident.page_due_at else ""
    because = _("nothing was going to page for it")
    outbox.page_administrators(incident, label=_("the auditor"), because=because, why="forgotten", at=at, was=was)
    lifecycle.next_look(incident, due_at=at)
    wake(lifecycle.PAGING)
    logger.error("%s was open and nothing was going to page for it; it is looked at now", incident)
    return True


def _waits_by_policy(incident: Incident, at: datetime) -> bool:
    """Whether its run is in a step whose own wait explains how far ahead the next look lies."""
    if incident.page_due_at is None or incident.is_held:
        return False
    run = Escalation.objects.filter(incident=incident, fence=incident.page_fence).first()
    waits = [step["wait"] for step in run.policy["steps"]] if run else []
    return incident.page_due_at <= at + timedelta(seconds=max(waits, default=0))
