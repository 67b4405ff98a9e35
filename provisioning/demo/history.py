"""Writes what is over, a few hundred incidents at a time, with everything that hangs on them. Nobody is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import merge
from itertools import islice
from random import Random

from incidents.models import ImpactInterval, Incident, RoleTenure, State, TimelineEntry
from incidents.severity import IMPACT_OF, STANDARD
from provisioning.demo import calls, happenings, script, story
from provisioning.demo.alarms import Alarms
from provisioning.demo.fates import DAY, Fate, fate_of
from provisioning.demo.happenings import Case
from provisioning.demo.house import House
from provisioning.demo.learning import Learned, Learning
from provisioning.demo.public import Public

BATCH = 250
CLOSED = 0.6
"""Share of those with nothing left to do that somebody closes."""


def write(house: House, say: Callable[[str], None]) -> int:
    """Everything that is over; returns how many incidents. `say` hears of each batch."""
    rng = house.rng("history")
    alarms, learning, public = Alarms(house), Learning(house), Public(house)
    told = merge(happenings.cases(house), script.cases(house), key=lambda case: case.detected)
    count = 0
    while batch := list(islice(told, BATCH)):
        learned = _write_batch(house, batch, rng)
        alarms.write(batch)
        calls.write(house, batch)
        public.write(batch)
        learning.write(learned)
        count += len(batch)
        say(f"{count} incidents, until {batch[-1].detected:%B %Y}")
    alarms.finish()
    return count


def _write_batch(house: House, batch: list[Case], rng: Random) -> list[Learned]:
    fates = []
    for case in batch:
        calls.plan(house, case, rng)
        service = house.services[case.service]
        progress = (case.detected - house.born) / (house.at - house.born)
        target = float(service.target) if service.target is not None else None
        fate = fate_of(case, target, rng, house.at, progress)
        _close(house, case, fate, rng)
        fates.append(fate)
    for case, incident in zip(batch, Incident.objects.bulk_create(_row(house, case) for case in batch), strict=True):
        case.incident = incident
    lines = [story.lines(house, case) for case in batch]
    TimelineEntry.objects.bulk_create((line for told in lines for line in told), batch_size=1000)
    ImpactInterval.objects.bulk_create(one for case in batch for one in _impacts(house, case))
    RoleTenure.objects.bulk_create(one for case in batch for one in _tenures(case))
    _recurrences(batch)
    return [Learned(case, fate, told) for case, fate, told in zip(batch, fates, lines, strict=True) if fate]


def _close(house: House, case: Case, fate: Fate | None, rng: Random) -> None:
    """Somebody closes it once nothing is owed any more."""
    free = fate.settled if fate else case.resolved
    if case.end != "resolved" or case.drill or free is None or rng.random() > CLOSED:
        return
    closed = max(free, case.resolved) + DAY * rng.uniform(0.1, 3)
    case.closed = closed if closed < house.at else None


def _row(house: House, case: Case) -> Incident:
    cancelled = case.end == "cancelled"
    state = State.CANCELLED if cancelled else State.CLOSED if case.closed else State.RESOLVED
    by_whom = "human" if case.acked else "alert"
    detected = "human" if case.declared_by_person else "alert"
    sources = {"detected_at": detected, "declared_at": "auto", "impact_started_at": detected, "acked_at": "human"}
    sources |= {"reacted_at": "human", "mitigated_at": by_whom, "resolved_at": by_whom, "closed_at": "human"}
    stamps = {
        "detected_at": case.detected,
        "declared_at": case.detected,
        "impact_started_at": case.impact,
        "first_page_at": case.rings[0].at if case.rings else None,
        "acked_at": None if case.drill else case.acked,
        "reacted_at": case.detected if case.declared_by_person else case.acked,
        "mitigated_at": None if cancelled else case.mitigated,
        "resolved_at": None if cancelled else case.resolved,
        "closed_at": case.closed,
    }
    return Incident(
        title=story.title_of(house, case),
        state=state,
        severity=case.severity,
        service=house.services[case.service],
        restricted=case.restricted,
        drill=case.drill,
        acked_by=None if case.drill else case.acker,
        reopened=1 if case.first else 0,
        stamp_sources={name: sources[name] for name, value in stamps.items() if value and name in sources},
        page_fence=3,
        version=5,
        **stamps,
    )


def _impacts(house: House, case: Case) -> Iterable[ImpactInterval]:
    if case.impact is None:
        return
    kind, share, estimated = IMPACT_OF[case.severity]
    stretches = [(case.impact, case.mitigated)]
    if case.first:
        stretches = [(case.impact, case.first[0]), (case.first[2], case.mitigated)]
    for start, end in stretches:
        yield ImpactInterval(
            incident=case.incident,
            service=house.services[case.service],
            start=start,
            end=max(start, end),
            kind=kind,
            share=share,
            estimated=estimated,
        )


def _tenures(case: Case) -> Iterable[RoleTenure]:
    if case.acker and case.acked and case.severity != STANDARD:
        yield RoleTenure(
            incident=case.incident,
            person=case.acker,
            role=RoleTenure.Role.FACILITATOR,
            start=case.acked + story.SOON,
            end=case.resolved,
        )


def _recurrences(batch: list[Case]) -> None:
    again = [case for case in batch if case.again and case.again.incident and case.incident]
    for case in again:
        if case.incident and case.again:
            case.incident.recurrence_of = case.again.incident
        case.again = None  # what is long ago need not be kept in memory
    Incident.objects.bulk_update([case.incident for case in again if case.incident], ["recurrence_of"])
