"""What an incident makes us owe, in words: the faces of its two clocks, for pages of one incident and for lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from incidents.models import Incident, State
from postmortems import clocks, lifecycle
from postmortems.models import Clock, Postmortem
from postmortems.requirements import Check

SOON = timedelta(hours=4)
"""From then on a deadline is shown as one that runs out."""
STOPPED = frozenset({"met", "met_extended", "waived", "cancelled"})


@dataclass(frozen=True)
class Face:
    """One clock as it is shown; `tone` is "", "soon", "over" or "done"."""

    kind: str
    state: str
    due_at: datetime
    tone: str

    @property
    def word(self) -> str:
        """The state in words."""
        return str(Clock.State(self.state).label)


@dataclass(frozen=True)
class Faces:
    """Both clocks; None where nothing is owed."""

    internal: Face | None = None
    public: Face | None = None

    @property
    def any(self) -> bool:
        """Whether anything is or was owed."""
        return self.internal is not None or self.public is not None

    @property
    def runs_out(self) -> Face | None:
        """The clock that runs out first of those that still run."""
        running = [face for face in (self.internal, self.public) if face and face.tone != "done"]
        return min(running, key=lambda face: face.due_at, default=None)


def faces_of(incident: Incident, at: datetime, postmortem: Postmortem | None = None) -> Faces:
    """The clocks of one incident."""
    return _faces(clocks.view_of(incident, at=at), at, postmortem)


def faces_by_incident(postmortems: Iterable[Postmortem], at: datetime) -> dict[int, Faces]:
    """The clocks of many, by the incident's id; the number of queries does not grow with them."""
    known = {one.incident_id: one for one in postmortems}
    views = clocks.views_of([one.incident for one in known.values()], at=at)
    return {pk: _faces(views[pk], at, one) for pk, one in known.items()}


@dataclass(frozen=True)
class Learning:
    """The column beside a story that is over: both clocks, and how far its postmortem is."""

    faces: Faces
    postmortem: Postmortem | None
    checks: list[Check]

    @property
    def open(self) -> int:
        """How many checks are not met."""
        return sum(not check.ok for check in self.checks)


def learning_of(incident: Incident, at: datetime) -> Learning | None:
    """What the end of this incident makes somebody owe; None while it is open, and for what counts nowhere."""
    if incident.state not in {State.RESOLVED, State.CLOSED}:
        return None
    found = Postmortem.objects.filter(incident=incident).select_related("owner").first()
    if found:
        found.incident = incident
    checks = lifecycle.checks_of(found) if found and not found.is_filed else []
    return Learning(faces_of(incident, at, found), found, checks)


def _faces(view: Mapping[str, Any], at: datetime, postmortem: Postmortem | None) -> Faces:
    filed = bool(postmortem and postmortem.is_filed)
    seen = bool(postmortem and postmortem.published_at)
    return Faces(_face("internal", view["internal"], at, filed), _face("public", view["public"], at, seen))


def _face(kind: str, found: Mapping[str, Any] | None, at: datetime, delivered: bool) -> Face | None:
    if found is None:
        return None
    left = found["due_at"] - at
    stopped = found["state"] in STOPPED or (found["state"] == "missed" and delivered)
    tone = "done" if stopped else "over" if left < timedelta() else "soon" if left < SOON else ""
    return Face(kind, found["state"], found["due_at"], tone)
