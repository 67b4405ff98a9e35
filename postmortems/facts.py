"""What an incident, its impact and its story say about deadlines: read in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from incidents.models import STAMPS, ImpactInterval, Incident, Kind, State, TimelineEntry
from incidents.severity import rank
from postmortems.deadlines import OWED_BY_CLASS, Facts
from postmortems.models import Clock, Postmortem

TOLD = (Kind.OPENED, Kind.DECLARED, Kind.EXHAUSTED, Kind.RESOLVED, Kind.REOPENED, Kind.CLASS, Kind.EDITED, Kind.MERGED)


@dataclass(frozen=True)
class Story:
    """Instants of the story that deadlines depend on.

    `over_at`: when somebody or something ended it (the act, not the stamp). `raised_at`: when the class first became one that
    owes a postmortem, if that was later. `worst`: the worst class since it was over. `edited_at`: the last edit of a stamp
    since then. `merged_at`: when another incident was last merged into this one although it was filed (C12); `rounds`: how
    often that happened.
    """

    entered_at: datetime | None = None
    over_at: datetime | None = None
    reopened_at: datetime | None = None
    raised_at: datetime | None = None
    worst: str = ""
    edited_at: datetime | None = None
    merged_at: datetime | None = None
    rounds: int = 0
    exhausted: bool = False


@dataclass(frozen=True)
class Known:
    """All that deadlines follow from, for one incident."""

    incident: Incident
    facts: Facts
    story: Story
    postmortem: Postmortem | None = None
    clocks: list[Clock] = field(default_factory=list)

    def round(self, kind: str) -> int:
        """1, and one more after each reopening; the internal one also after each merge into what was filed."""
        return self.incident.reopened + 1 + (self.story.rounds if kind == Clock.Kind.INTERNAL else 0)

    @property
    def is_over(self) -> bool:
        """Whether the response is over and it was an incident of its own."""
        return self.incident.state in {State.RESOLVED, State.CLOSED}

    def clock(self, kind: str) -> Clock | None:
        """The latest clock of this kind, of whatever round."""
        return next((clock for clock in reversed(self.clocks) if clock.kind == kind), None)


def facts_of(incident: Incident) -> Facts:
    """What is known of one incident."""
    return known_of(incident).facts


def known_of(incident: Incident) -> Known:
    """Facts, story, postmortem and clocks of one incident."""
    return known_of_many([incident])[incident.pk]


def known_of_many(incidents: Iterable[Incident]) -> dict[int, Known]:
    """The same for many: four queries, however many there are. `incident.service` is read where it is set."""
    rows = list(incidents)
    keys = [incident.pk for incident in rows]
    impacts: dict[int, list[ImpactInterval]] = defaultdict(list)
    for interval in ImpactInterval.objects.filter(incident__in=keys, customer_visible=True).select_related("service"):
        impacts[interval.incident_id].append(interval)
    lines: dict[int, list[TimelineEntry]] = defaultdict(list)
    for line in TimelineEntry.objects.filter(incident__in=keys, kind__in=[str(kind) for kind in TOLD]).order_by("pk"):
        lines[line.incident_id].append(line)
    written = {one.incident_id: one for one in Postmortem.objects.filter(incident__in=keys).select_related("owner")}
    clocks: dict[int, list[Clock]] = defaultdict(list)
    for clock in Clock.objects.filter(postmortem__incident__in=keys).order_by("round", "pk"):
        clocks[clock.postmortem_id].append(clock)
    return {
        row.pk: _known(row, impacts[row.pk], story_of(lines[row.pk], row), found, clocks[found.pk] if found else [])
        for row in rows
        for found in [written.get(row.pk)]
    }


def _known(
    incident: Incident,
    impacts: Sequence[ImpactInterval],
    story: Story,
    postmortem: Postmortem | None,
    clocks: list[Clock],
) -> Known:
    ended = incident.mitigated_at or incident.resolved_at
    services = {interval.service_id: interval.service for interval in impacts}
    if incident.service:
        services[incident.service.pk] = incident.service
    backfilled = story.entered_at and incident.resolved_at and story.entered_at >= incident.resolved_at
    facts = Facts(
        severity=story.worst or incident.severity,
        resolved_at=incident.resolved_at,
        mitigated_at=incident.mitigated_at,
        customer_minutes=minutes([(one.start, one.end or ended) for one in impacts]),
        targets=tuple(None if one.target is None else float(one.target) for one in services.values()),
        acknowledged=incident.acked_at is not None or not story.exhausted,
        data_loss=bool(postmortem and postmortem.data_loss),
        security=bool(postmortem and postmortem.security),
        requested=bool(postmortem and postmortem.requested_by_id),
        public_by_hand=postmortem.public_by_hand if postmortem else None,
        entered_at=story.entered_at if backfilled else None,
        drill=incident.drill,
        cancelled=incident.state in {State.CANCELLED, State.MERGED},
    )
    return Known(incident, facts, story, postmortem, clocks)


def minutes(stretches: Iterable[tuple[datetime, datetime | None]]) -> float:
    """Minutes covered by these stretches, each minute once. A stretch without an end has none yet and counts nothing."""
    total, reached = 0.0, None
    for start, end in sorted((start, end) for start, end in stretches if end and end > start):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            total += (end - begin).total_seconds()
        reached = end if reached is None else max(reached, end)
    return total / 60


def story_of(lines: Sequence[TimelineEntry], incident: Incident) -> Story:
    """Read the lines, in the order in which they were told."""
    entered = next((line.at for line in lines if line.kind in {Kind.OPENED, Kind.DECLARED}), None)
    place = max((n for n, line in enumerate(lines) if line.kind in {Kind.RESOLVED, Kind.REOPENED}), default=None)
    was_reopened_last = place is not None and lines[place].kind == Kind.REOPENED
    over = None if was_reopened_last else (lines[place].at if place is not None else entered)
    since = lines[place + 1 if place is not None else 0 :]
    merged_at, rounds = _merges(lines, incident)
    # A class that came over with a merge comes with its own beginning, the later end of both: it was not noticed late.
    came_over = {line.at for line in since if line.kind == Kind.MERGED}
    classes = [line for line in since if line.kind == Kind.CLASS and not (line.by_id is None and line.at in came_over)]
    then = str(classes[0].data.get("from", "")) if classes else incident.severity
    raises = (line.at for line in classes if line.data.get("to") in OWED_BY_CLASS)
    edits = [line.at for line in since if line.kind == Kind.EDITED and line.data.get("field") in STAMPS]
    seen = [then, incident.severity, *(str(line.data.get("to", "")) for line in classes)]
    return Story(
        entered_at=entered,
        over_at=over,
        reopened_at=_last(lines, Kind.REOPENED),
        raised_at=None if then in OWED_BY_CLASS else next(raises, None),
        worst=min(seen, key=rank) if over and incident.resolved_at else incident.severity,
        edited_at=edits[-1] if edits else None,
        merged_at=merged_at,
        rounds=rounds,
        exhausted=any(line.kind == Kind.EXHAUSTED for line in lines),
    )


def _merges(lines: Sequence[TimelineEntry], incident: Incident) -> tuple[datetime | None, int]:
    """When another was last merged into this one while it was filed, and how often that happened."""
    filed, last, rounds = False, None, 0
    for line in lines:
        if line.kind == Kind.EDITED and line.data.get("field") == "postmortem":
            filed = filed or line.data.get("new") == "filed"
        elif line.kind == Kind.REOPENED:
            filed, last = False, None
        elif line.kind == Kind.MERGED and filed and line.data.get("into") == incident.number:
            filed, last, rounds = False, line.at, rounds + 1
    return last, rounds


def _last(lines: Sequence[TimelineEntry], kind: str) -> datetime | None:
    return next((line.at for line in reversed(lines) if line.kind == kind), None)
