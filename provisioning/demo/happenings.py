"""Pure: what happened, before anything is written: incidents with their instants, as skewed as in real life."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

from incidents.severity import CRITICAL, MAJOR, STANDARD
from provisioning.demo.breaking import Mode
from provisioning.demo.house import HOME, House
from provisioning.demo.names import SERVICES, ServiceSeed
from provisioning.demo.owned import MODES

if TYPE_CHECKING:
    from incidents.models import Incident
    from provisioning.demo.calls import Ring
    from teams.models import User

WORKDAY, WEEKEND = 2.7, 1.05
"""Incidents a day, on average."""
SATURDAY = 5
HOURS = (2, 1, 1, 1, 1, 2, 3, 5, 8, 12, 13, 12, 10, 11, 13, 13, 12, 10, 7, 5, 4, 4, 3, 3)
"""How likely each hour of the day is: most things break while people change them."""
QUIET = timedelta(days=6)
"""So long before the present nothing bad happens by chance: those days are told by hand (`script`)."""
MINUTE = timedelta(minutes=1)
# (median minutes to the acknowledgement, to the mitigation, from there to the end)
PACE = {CRITICAL: (2.4, 31, 35), MAJOR: (3.6, 34, 24), STANDARD: (6.5, 38, 9)}
CHANCES = {True: {CRITICAL: 0.03, MAJOR: 0.17}, False: {CRITICAL: 0.006, MAJOR: 0.08}}
"""Of a class, for services that customers notice and for the others."""
FELT = {CRITICAL: 0.95, MAJOR: 0.7, STANDARD: 0.05}
"""How often customers of a service feel it."""
HABIT, STORM, EARLY = 0.55, 1 / 60, 0.12
"""How often a service shows its usual weakness, a day is a bad one, something is caught before customers feel it."""
ODDS = {
    "": 67.0,
    "by_itself": 21.0,
    "cancelled": 2.5,
    "drill": 1.2,
    "came_back": 3.0,
    "by_a_person": 5.0,
    "unseen": 0.4,
    "restricted": 2.0,
}


@dataclass
class Case:
    """One incident as it will be written. `first` are the mitigation, resolve and reopening of one that came back."""

    service: str
    mode: Mode
    severity: str
    detected: datetime
    resolved: datetime
    mitigated: datetime
    acked: datetime | None = None
    impact: datetime | None = None
    first: tuple[datetime, datetime, datetime] | None = None
    source: str = "prometheus"
    declared_by_person: bool = False
    end: str = "resolved"
    drill: bool = False
    restricted: bool = False
    exhausted: bool = False
    told: str = ""
    """Which story it is, when it is told by hand."""
    closed: datetime | None = None
    rings: list[Ring] = field(default_factory=list)
    acker: User | None = None
    incident: Incident | None = None
    again: Case | None = None
    """The earlier one that it repeats."""

    @property
    def minutes(self) -> float:
        """How long customers felt it, over both stretches; 0 when they did not."""
        if self.impact is None:
            return 0.0
        pause = self.first[2] - self.first[0] if self.first else timedelta(0)
        felt = self.mitigated - self.impact - pause
        return max(0.0, felt.total_seconds() / 60)

    @property
    def number(self) -> int:
        """The number of its incident, once it is written."""
        return self.incident.pk if self.incident else 0


def cases(house: House) -> Iterator[Case]:
    """What happened by chance, in order; the last days hold only what is harmless."""
    rng = house.rng("happenings")
    day, today = house.born.astimezone(HOME).date(), house.at.astimezone(HOME).date()
    latest: dict[tuple[str, str], Case] = {}
    while day <= today:
        for detected in _instants(rng, day):
            if house.born <= detected < house.at - timedelta(hours=7):
                yield _case(rng, house, detected, latest)
        day += timedelta(days=1)


def _instants(rng: Random, day: date) -> list[datetime]:
    """When something broke on one day, in UTC."""
    mean = WEEKEND if day.weekday() >= SATURDAY else WORKDAY
    count, left = 0, rng.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + rng.expovariate(1.0)
    count += rng.choice((3, 4, 5)) if rng.random() < STORM else 0
    hours = rng.choices(range(24), HOURS, k=count)
    clocks = sorted(time(hour, rng.randrange(60), rng.randrange(60)) for hour in hours)
    return [datetime.combine(day, clock, HOME).astimezone(UTC) for clock in clocks]


def _case(rng: Random, house: House, detected: datetime, latest: dict[tuple[str, str], Case]) -> Case:
    calm = detected > house.at - QUIET
    service = rng.choices(SERVICES, [one.noise for one in SERVICES])[0]
    severity = STANDARD if calm else _severity(rng, service)
    mode = _mode(rng, service, severity)
    case = shaped(
        rng, service, mode, severity, detected, felt=service.facing and not calm and rng.random() < FELT[severity]
    )
    _odd_ends(rng, case, calm=calm)
    before = latest.get((service.slug, mode.alertname))
    if before and detected - before.resolved < timedelta(days=3):
        case.again = before
    latest[service.slug, mode.alertname] = case
    return case


def _severity(rng: Random, service: ServiceSeed) -> str:
    chances, drawn = CHANCES[service.facing], rng.random()
    if drawn < chances[CRITICAL]:
        return CRITICAL
    return MAJOR if drawn < chances[CRITICAL] + chances[MAJOR] else STANDARD


def _mode(rng: Random, service: ServiceSeed, severity: str) -> Mode:
    """Each service has a weakness of its own, to which it comes back."""
    if severity == STANDARD and rng.random() < HABIT:
        return MODES[sum(service.slug.encode()) % len(MODES)]
    return rng.choices(MODES, [mode.weight if severity == STANDARD else mode.severe for mode in MODES])[0]


def spread(rng: Random, median: float) -> timedelta:
    """So many minutes, more or less: often a bit less, seldom far more."""
    return timedelta(seconds=round(60 * median * rng.lognormvariate(0, 0.55)))


def shaped(rng: Random, service: ServiceSeed, mode: Mode, severity: str, detected: datetime, *, felt: bool) -> Case:
    """One incident with believable instants."""
    to_ack, to_mitigate, to_end = PACE[severity]
    acked = detected + timedelta(seconds=rng.randint(25, 70)) + spread(rng, to_ack)
    mitigated = acked + spread(rng, to_mitigate)
    case = Case(service.slug, mode, severity, detected, mitigated + spread(rng, to_end), mitigated, acked)
    if felt:
        early = rng.random() < EARLY
        case.impact = detected + spread(rng, 2) if early else detected - spread(rng, 4)
        case.mitigated = max(case.mitigated, case.impact + MINUTE)
        case.resolved = max(case.resolved, case.mitigated)
    case.source = _source(rng, service)
    return case


def _source(rng: Random, service: ServiceSeed) -> str:
    if service.slug == "nightly-loads":
        return "nightly-runs"
    outside = 0.3 if service.facing else 0.0
    return rng.choices(("prometheus", "grafana", "outside-checks"), (0.75 - outside, 0.25, outside))[0]


def _odd_ends(rng: Random, case: Case, *, calm: bool) -> None:
    """What is not as usual: gone by itself, cancelled, came back, a drill, declared by a person, seen by nobody."""
    odd = rng.choices(list(ODDS), list(ODDS.values()))[0]
    harmless = case.severity == STANDARD and case.impact is None
    if odd == "by_itself" and harmless:
        case.acked = None
        case.mitigated = case.resolved = case.detected + spread(rng, 7)
    elif odd == "cancelled":
        case.end, case.impact = "cancelled", None
    elif odd == "drill" and not calm:
        case.drill, case.impact, case.declared_by_person = True, None, True
    elif odd == "came_back" and not calm:
        back = case.resolved + spread(rng, 12)
        case.first = case.mitigated, case.resolved, back
        case.mitigated = back + spread(rng, 15)
        case.resolved = case.mitigated + spread(rng, 12)
    elif odd == "by_a_person":
        case.declared_by_person = True
    elif odd == "unseen" and harmless and not calm:
        case.exhausted, case.acked = True, None
        case.mitigated = case.resolved = case.detected + timedelta(minutes=rng.randint(95, 240))
    elif odd == "restricted" and case.severity == MAJOR:
        case.restricted, case.impact = True, None
