"""Pure: durations of an incident, their percentiles, and the availability of a service (incident rules, section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

FEW = 5
"""Below this many values they are listed instead of summed up, and no percentage is given."""
NOTHING = timedelta()


class Pause(NamedTuple):
    """The response was over from `resolved_at`, and for customers from `mitigated_at`, until it was reopened."""

    mitigated_at: datetime | None
    resolved_at: datetime | None
    reopened_at: datetime


class Stamps(NamedTuple):
    """When what happened to one incident. Instants are aware; None: it has not happened, or nobody knows.

    A review reads those of many hundreds: a tuple is made in a fifth of the time that a frozen dataclass takes.
    """

    detected_at: datetime
    impact_started_at: datetime | None = None
    first_page_at: datetime | None = None
    acked_at: datetime | None = None
    reacted_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()


def time_to_detect(stamps: Stamps) -> timedelta | None:
    """From the beginning of the impact until somebody or something told; 0 when caught early, None without impact."""
    return _between(stamps.impact_started_at, stamps.detected_at)


def caught_early(stamps: Stamps) -> bool:
    """Whether it was known before any customer felt it."""
    return stamps.impact_started_at is not None and stamps.detected_at < stamps.impact_started_at


def time_to_acknowledge(stamps: Stamps) -> timedelta | None:
    """From the first page that left until the first acknowledgement; never replaced by the time of the resolve.

    None when nobody acknowledged, and when somebody did before any page had left: then nobody was waited for.
    """
    if stamps.first_page_at and stamps.acked_at and stamps.acked_at < stamps.first_page_at:
        return None
    return _between(stamps.first_page_at, stamps.acked_at)


def time_to_react(stamps: Stamps) -> timedelta | None:
    """From the detection until the first act of a person, waiting for grouping and held pages included."""
    return _between(stamps.detected_at, stamps.reacted_at)


def time_to_mitigate(stamps: Stamps) -> timedelta | None:
    """How long customers felt it; None without impact. A reopened incident counts its stretches of impact only."""
    quiet = [(pause.mitigated_at, pause.reopened_at) for pause in stamps.pauses]
    return _stretches(stamps.impact_started_at, stamps.mitigated_at, quiet)


def time_to_resolve(stamps: Stamps) -> timedelta | None:
    """The customers' clock: from the beginning of the impact until the response was over; None without impact."""
    return _open_stretches(stamps.impact_started_at, stamps)


def team_time_to_resolve(stamps: Stamps) -> timedelta | None:
    """The team's clock, which the SLA uses: from the detection until the response was over."""
    return _open_stretches(stamps.detected_at, stamps)


def paused(stamps: Stamps, *, until: datetime) -> timedelta:
    """For how long, between the detection and `until`, the response was over before it was reopened."""
    gone = NOTHING
    for pause in stamps.pauses:
        if pause.resolved_at:
            since = max(pause.resolved_at, stamps.detected_at)
            gone += max(NOTHING, min(pause.reopened_at, until) - since)
    return gone


def _open_stretches(start: datetime | None, stamps: Stamps) -> timedelta | None:
    return _stretches(start, stamps.resolved_at, [(pause.resolved_at, pause.reopened_at) for pause in stamps.pauses])


def _stretches(
    start: datetime | None, end: datetime | None, quiet: Iterable[tuple[datetime | None, datetime]]
) -> timedelta | None:
    whole = _between(start, end)
    if whole is None or start is None or end is None:
        return None
    for since, until in quiet:
        if since:
            whole -= max(NOTHING, min(until, end) - max(since, start))
    return max(NOTHING, whole)


def _between(start: datetime | None, end: datetime | None) -> timedelta | None:
    return max(NOTHING, end - start) if start and end else None


@dataclass(frozen=True)
class Spread:
    """Values (seconds) in ascending order, and what is said of them."""

    values: tuple[float, ...] = ()

    @classmethod
    def of(cls, spans: Iterable[timedelta | None]) -> Spread:
        """Those that were measured."""
        return cls(tuple(sorted(span.total_seconds() for span in spans if span is not None)))

    @property
    def n(self) -> int:
        """How many were measured."""
        return len(self.values)

    @property
    def few(self) -> bool:
        """Whether they are listed, not summed up."""
        return self.n < FEW

    @property
    def p50(self) -> float | None:
        """The median."""
        return percentile(self.values, 0.5)

    @property
    def p90(self) -> float | None:
        """Nine of ten were at most this long."""
        return percentile(self.values, 0.9)

    @property
    def longest(self) -> float | None:
        """The longest."""
        return self.values[-1] if self.values else None

    @property
    def mean(self) -> float | None:
        """For spreadsheets only: one long night moves it more than a month of better work."""
        return sum(self.values) / self.n if self.values else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """Between the two nearest of ascending `values`, in proportion: `percentile_cont` of SQL. None of nothing."""
    if not values:
        return None
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


@dataclass(frozen=True)
class Impact:
    """A stretch in which customers felt it: `kind` outage, partial or degraded; `end` None while it lasts."""

    start: datetime
    end: datetime | None
    kind: str
    share: float = 1.0
    estimated: bool = False

    @property
    def weight(self) -> float:
        """Which part of the service was gone; degraded takes nothing away and is counted apart."""
        return self.share if self.kind in ("outage", "partial") else 0.0


@dataclass(frozen=True)
class Availability:
    """What a window came to, in seconds. `lost` is weighted by share, `down` is the clock time in which any was lost."""

    window: float
    lost: float = 0.0
    down: float = 0.0
    degraded: float = 0.0
    estimated: bool = False

    @property
    def ratio(self) -> float | None:
        """Between 0 and 1; None for a window that was maintenance only, or that has not begun."""
        return 1 - self.lost / self.window if self.window > 0 else None


class Window(NamedTuple):
    """From `start` until before `end`."""

    start: datetime
    end: datetime


def availability(impacts: Iterable[Impact], window: Window, maintenance: Iterable[Window] = ()) -> Availability:
    """One sweep over the edges of everything in `window`: at each instant the worst counts, so overlaps never add up.

    Agreed maintenance is taken out of both parts. What has not ended lasts until the window's end.
    """
    clipped = [(one, *_clip(one.start, one.end, window)) for one in impacts]
    felt = [(one, start, end) for one, start, end in clipped if start < end]
    agreed = [found for one in maintenance if (found := _clip(one.start, one.end, window)) and found[0] < found[1]]
    spans = [(start, end) for _one, start, end in felt] + agreed
    edges = sorted({*window, *(edge for span in spans for edge in span)})
    total = lost = down = degraded = 0.0
    estimated = False
    for since, until in pairwise(edges) if window.start < window.end else ():
        if any(start <= since < end for start, end in agreed):
            continue
        length = (until - since).total_seconds()
        total += length
        now = [one for one, start, end in felt if start <= since < end]
        worst = max(now, key=lambda one: one.weight, default=None)
        if worst and worst.weight > 0:
            lost, down = lost + worst.weight * length, down + length
            estimated = estimated or worst.estimated
        elif any(one.kind == "degraded" for one in now):
            degraded += length
    return Availability(total, lost, down, degraded, estimated)


def _clip(start: datetime, end: datetime | None, window: Window) -> tuple[datetime, datetime]:
    return max(start, window.start), window.end if end is None else min(end, window.end)
