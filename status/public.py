"""Pure: what the public may know, as shapes of their own. Whatever is not a field here cannot be published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from status import bars

RESOLVED, POSTMORTEM = "resolved", "postmortem"
IMPACTS = {"critical": "critical", "major": "major", "standard": "minor"}
"""Our class -> the impact that Statuspage's API calls it."""
INDICATORS = {bars.MAJOR: "critical", bars.PARTIAL: "major", bars.DEGRADED: "minor"}


@dataclass(frozen=True)
class Affected:
    """What an update said of one component."""

    code: str
    name: str
    old: str
    new: str
    at: datetime


@dataclass(frozen=True)
class ShownUpdate:
    """One word to the public."""

    code: str
    status: str
    body: str
    at: datetime
    next_by: datetime | None
    affected: tuple[Affected, ...] = ()


@dataclass(frozen=True)
class Stamps:
    """When things happened."""

    began: datetime | None
    detected: datetime
    acknowledged: datetime | None
    mitigated: datetime | None
    resolved: datetime | None


@dataclass(frozen=True)
class Promise:
    """Until when the public postmortem is owed; whether it was extended, and whether that time is over."""

    due_at: datetime
    extended: bool
    late: bool


@dataclass(frozen=True)
class FollowUp:
    """What is changed because of an incident, marked public: `planned`, `in progress` or `done`."""

    title: str
    state: str


@dataclass(frozen=True)
class Report:
    """The public postmortem, in Markdown."""

    text: str
    published_at: datetime


@dataclass(frozen=True)
class Interval:
    """A component was in `state` from `start` to `end` (None: still)."""

    name: str
    state: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class ShownIncident:
    """An incident as customers know it; `updates` newest first."""

    code: str
    title: str
    created_at: datetime
    impact: str
    stamps: Stamps
    updates: tuple[ShownUpdate, ...]
    report: Report | None = None
    promise: Promise | None = None
    follow_ups: tuple[FollowUp, ...] = ()

    @property
    def status(self) -> str:
        """The last word; `postmortem` once the public may read one."""
        last = self.updates[0].status if self.updates else RESOLVED
        return POSTMORTEM if self.report and last == RESOLVED else last

    @property
    def is_open(self) -> bool:
        """Whether the public was not told yet that it is over."""
        return self.status not in {RESOLVED, POSTMORTEM}

    @property
    def started_at(self) -> datetime:
        """When it began, which may be long before the public was told."""
        return min(self.stamps.began or self.stamps.detected, self.created_at)

    @property
    def ended_at(self) -> datetime | None:
        """When it was over; None while the public was not told so."""
        if self.is_open:
            return None
        return self.stamps.resolved or (self.updates[0].at if self.updates else self.created_at)

    @property
    def next_by(self) -> datetime | None:
        """The promise of the next update."""
        return self.updates[0].next_by if self.is_open else None

    @property
    def updated_at(self) -> datetime:
        """When its words last changed."""
        last = self.updates[0].at if self.updates else self.created_at
        return max(last, self.report.published_at) if self.report else last

    def said_at(self, status: str) -> datetime | None:
        """When the public was last told `status`."""
        return next((update.at for update in self.updates if update.status == status), None)

    @property
    def components(self) -> dict[str, str]:
        """Code -> name of every component that an update named."""
        return {one.code: one.name for update in reversed(self.updates) for one in update.affected}

    @property
    def intervals(self) -> list[Interval]:
        """How each component was in its course, trouble only, in order of time."""
        said: dict[str, list[Affected]] = {}
        for update in reversed(self.updates):
            for one in update.affected:
                said.setdefault(one.code, []).append(one)
        found = []
        for words in said.values():
            ends = [*(word.at for word in words[1:]), None]
            found += [
                Interval(word.name, word.new, word.at, end)
                for word, end in zip(words, ends, strict=True)
                if word.new != bars.OPERATIONAL
            ]
        return sorted(_joined(found), key=lambda interval: (interval.start, interval.name))


def _joined(intervals: list[Interval]) -> list[Interval]:
    """Intervals that follow each other in the same state are one."""
    joined: list[Interval] = []
    for one in intervals:
        last = joined[-1] if joined else None
        if last and last.name == one.name and last.state == one.state and last.end == one.start:
            joined[-1] = Interval(one.name, one.state, last.start, one.end)
        else:
            joined.append(one)
    return joined


@dataclass(frozen=True)
class ShownComponent:
    """A component with the days behind it."""

    code: str
    name: str
    group: str
    state: str
    created_at: datetime
    updated_at: datetime
    days: tuple[bars.Day, ...]

    @property
    def uptime(self) -> str:
        """ "99.95 %"."""
        return bars.percent(bars.uptime(self.days))

    @property
    def outage(self) -> timedelta:
        """Time in an outage within these days."""
        return bars.outage(self.days)

    @property
    def troubled(self) -> list[bars.Day]:
        """The days that were not fine, newest first."""
        return [day for day in reversed(self.days) if day.state not in {bars.OPERATIONAL, bars.NO_DATA}]


@dataclass(frozen=True)
class Page:
    """Everything that is public, as it stands at `at`. `url` is the page's own address, with a slash at its end."""

    name: str
    url: str
    at: datetime
    components: tuple[ShownComponent, ...]
    incidents: tuple[ShownIncident, ...]

    @property
    def code(self) -> str:
        """The page's public id, the same for as long as its address is."""
        return code_of(self.url)

    @property
    def open_incidents(self) -> list[ShownIncident]:
        """Newest first."""
        return [incident for incident in self.incidents if incident.is_open]

    @property
    def state(self) -> str:
        """The worst state of a component; an open incident that names none is `incident`, never fine."""
        state = bars.worst(component.state for component in self.components)
        return "incident" if self.open_incidents and state not in INDICATORS else state

    @property
    def indicator(self) -> str:
        """`none`, `minor`, `major` or `critical`, as Statuspage's API says it."""
        return INDICATORS.get(self.state, "minor" if self.state == "incident" else "none")

    @property
    def updated_at(self) -> datetime:
        """When anything here last changed; an empty page has always been so."""
        times = [component.updated_at for component in self.components]
        times += [incident.updated_at for incident in self.incidents]
        return max(times, default=self.at)

    @property
    def reports(self) -> list[ShownIncident]:
        """Incidents with a public postmortem, the newest postmortem first."""
        told = [(one.report.published_at, one) for one in self.incidents if one.report]
        return [one for _at, one in sorted(told, key=lambda pair: pair[0], reverse=True)]


def code_of(text: str) -> str:
    """A public id of 12 lower-case alphanumerics that is always the same for the same text."""
    return sha256(text.encode()).hexdigest()[:12]
