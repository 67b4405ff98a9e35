"""Pure: when people are not there, for good or for a while; somebody else in the layer stands in then."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import datetime

from oncall.wallclock import FAR, utc

Person = Hashable
Span = tuple[datetime, datetime]
"""[start, end), aware."""


class Away:
    """People with the spans in which they cannot have the pager: `left` from an instant on, `absent` for a while."""

    def __init__(self, left: Mapping[Person, datetime], absent: Mapping[Person, Iterable[Span]]) -> None:
        self._spans: dict[Person, list[Span]] = {}
        for person in {*left, *absent}:
            spans = [(utc(start), utc(end)) for start, end in absent.get(person, ())]
            if person in left:
                spans.append((utc(left[person]), FAR))
            self._spans[person] = _joined(spans)

    def span_at(self, person: Person, at: datetime) -> Span | None:
        """The whole span in which `person` is away at `at`; None when they are there."""
        spans = self._spans.get(person)
        if not spans:
            return None
        return next((span for span in spans if span[0] <= at < span[1]), None)

    def cuts(self, people: Iterable[Person]) -> list[datetime]:
        """Every instant at which one of them goes or comes back, in order."""
        known = (self._spans.get(person) for person in people)
        return sorted({edge for spans in known if spans for span in spans for edge in span})

    def parts(self, person: Person, start: datetime, end: datetime) -> Iterator[Span]:
        """The parts of [start, end) in which `person` is there, in order."""
        for goes, back in self._spans.get(person, ()):
            if goes >= end:
                break
            if start < goes:
                yield start, goes
            start = max(start, back)
        if start < end:
            yield start, end


def _joined(spans: list[Span]) -> list[Span]:
    """In order, and those that touch as one; empty ones are left out."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(spans: Iterable[Span], hole: Span) -> list[Span]:
    """What is left of `spans` outside `hole`."""
    rest = [part for start, end in spans for part in ((start, min(end, hole[0])), (max(start, hole[1]), end))]
    return [(start, end) for start, end in rest if start < end]


def clipped(spans: Iterable[Span], end: datetime) -> list[Span]:
    """What is left of `spans` before `end`."""
    return [(start, min(stop, end)) for start, stop in spans if start < end]


NOBODY = Away({}, {})
