"""Pure: who was at work on an incident, from when to when, as far as its story tells.

A person is at work from the instant at which they acknowledged it, answered a page for it, had it handed to them or took a
role in it, until they gave it away or it was mitigated or over, whichever came first. An acknowledgement that timed out
ends then, unless the same person acknowledges again. Nobody is at work for more than twelve hours without a word of
theirs: what really was longer or shorter is for a person to correct.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall.pay import Engaged

LONGEST = timedelta(hours=12)
TOOK, JOINED, LEFT, LAPSED, ENDED = "took", "joined", "left", "lapsed", "ended"


class Act(NamedTuple):
    """At `at` a person took the incident (nobody else has it then), joined in, left, lapsed; or it ended for everybody."""

    at: datetime
    what: str
    person: int | None = None


@dataclass
class _Story:
    """One incident, read from its beginning."""

    open: dict[int, datetime] = field(default_factory=dict)
    lapsed: dict[int, datetime] = field(default_factory=dict)
    holder: int | None = None
    done: list[tuple[int, datetime, datetime]] = field(default_factory=list)

    def begin(self, person: int, at: datetime) -> None:
        self.lapsed.pop(person, None)
        if person in self.open and at - self.open[person] > LONGEST:
            self.end(person, at)
        self.open.setdefault(person, at)

    def end(self, person: int | None, at: datetime) -> None:
        if person is not None and (start := self.open.pop(person, None)) is not None:
            stopped = self.lapsed.pop(person, at)
            self.done.append((person, start, min(stopped, start + LONGEST)))
        if person == self.holder:
            self.holder = None

    def read(self, act: Act) -> None:
        if act.what == ENDED:
            for person in list(self.open):
                self.end(person, act.at)
        elif act.person is None:
            return
        elif act.what in (TOOK, JOINED):
            if act.what == TOOK and self.holder != act.person:
                self.end(self.holder, act.at)
                self.holder = act.person
            self.begin(act.person, act.at)
        elif act.what == LEFT:
            self.end(act.person, act.at)
        elif act.person in self.open:
            self.lapsed[act.person] = act.at


def engaged(incident: int, acts: Iterable[Act], until: datetime) -> dict[int, list[Engaged]]:
    """For each person when they were at work on it; what goes on is cut at `until`. `acts` in any order."""
    story = _Story()
    for act in sorted(acts, key=lambda act: act.at):
        story.read(act)
    story.read(Act(until, ENDED))
    found: dict[int, list[Engaged]] = {}
    for person, start, end in story.done:
        found.setdefault(person, []).append(Engaged(start, end, incident))
    return found
