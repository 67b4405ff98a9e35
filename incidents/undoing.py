"""Doors that take back what was just done. The story keeps both: what was done, and that it was taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from incidents import lifecycle
from incidents.models import STAMPS, Incident, Kind, NotAllowed, State, TimelineEntry
from teams.models import User

STATES = frozenset(
    {
        Kind.ACKNOWLEDGED,
        Kind.UNACKNOWLEDGED,
        Kind.ACK_EXPIRED,
        Kind.HANDED_OVER,
        Kind.ESCALATE,
        Kind.STATE,
        Kind.MITIGATED,
        Kind.RESOLVED,
        Kind.REOPENED,
        Kind.CANCELLED,
        Kind.CLOSED,
        Kind.MERGED,
    }
)
"""Lines that say where the incident stands and who has it: each of them may rest on the one before."""
RESTS_ON: dict[str, frozenset[Kind]] = {
    Kind.ROLE: frozenset({Kind.ROLE}),
    Kind.CLASS: frozenset({Kind.CLASS}),
    Kind.EDITED: frozenset({Kind.EDITED}),
    Kind.IMPACT: frozenset({Kind.IMPACT, Kind.MITIGATED, Kind.RESOLVED, Kind.REOPENED, Kind.MERGED}),
    Kind.MITIGATED: STATES | {Kind.IMPACT},
}
"""What may rest on a line of each kind; for any other kind, `STATES`."""


def overtaken(entry: TimelineEntry) -> TimelineEntry | None:
    """The first later line of the story that may rest on `entry`, so that it cannot be taken back alone; None: it can.

    Notes and pages never stand in the way. A corrected time stamp does, for everything but words and roles.
    """
    later = entry.incident.timeline.filter(pk__gt=entry.pk).select_related("by").order_by("pk")
    kinds = RESTS_ON.get(entry.kind, STATES)
    stamped = entry.kind not in {Kind.ROLE, Kind.CLASS, Kind.EDITED}
    for line in later.filter(kind__in=[*kinds, Kind.EDITED]):
        if line.kind in kinds or (stamped and line.data.get("field") in STAMPS):
            return line
    return None


@transaction.atomic
def still_felt(incident: Incident, *, to: str, by: User, at: datetime) -> Incident:
    """It was not mitigated after all: the impact that its end closed goes on, and the state is `to` again (an open one).

    Raises NotAllowed when it is not mitigated, or over.
    """
    incident = Incident.objects.locked(incident.pk)
    ended = incident.mitigated_at
    if ended is None:
        raise NotAllowed(_("%s is not mitigated, so there is nothing to take back.") % incident, lost_race=True)
    incident.impacts.filter(end=ended).update(end=None)
    incident.stamp("human", mitigated_at=None)
    lifecycle.look_at_clocks(incident, at)
    reason = _("Customers still feel it.")
    incident.tell(Kind.EDITED, by=by, at=at, text=reason, field="mitigated_at", old=ended.isoformat(), new=None)
    incident = lifecycle.save(incident)
    return incident if incident.state == to else lifecycle.change_state(incident, to=State(to), by=by, at=at)


@transaction.atomic
def leave_role(incident: Incident, *, role: str, person: User, by: User, at: datetime) -> Incident:
    """`person` no longer holds `role`, and nobody follows. Raises NotAllowed when they do not hold it."""
    incident = Incident.objects.locked(incident.pk)
    if not incident.tenures.filter(role=role, person=person, end=None).update(end=at):
        raise NotAllowed(_("%s does not hold this role any more.") % person, lost_race=True)
    lifecycle.reacted(incident, at)
    incident.tell(Kind.ROLE, by=by, at=at, role=role, person=person.email, left=True)
    return lifecycle.save(incident)
