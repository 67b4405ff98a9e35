"""What one more word about an alert does to its story. Pure.

The story is the alert's episodes, known by when they began; at most one is open. Words come late, twice and out of order,
and the outcome must not depend on that (the table "Alertmanager webhook" of the intake rules).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from alerts.payloads.alert import IncomingAlert

SeenBefore = Callable[[datetime], bool]
"""Whether the same body had already come in before this instant."""


class Said(StrEnum):
    """What a word about an alert came to."""

    NEW = "new"
    REFRESHED = "refreshed"
    FLAPPED = "flapped"
    AGAIN = "fires again"
    DUPLICATE = "duplicate"
    LATE = "late"
    ENDED = "resolved"
    OLD = "resolved an older episode"
    NOTHING = "resolved already"
    DROPPED = "dropped: nothing of this key is open"


PASSING = frozenset({Said.DUPLICATE, Said.LATE, Said.OLD, Said.NOTHING, Said.DROPPED})
"""Words about the past: they leave what is known of the alert now as it is."""


@dataclass(slots=True)
class Span:
    """One episode as it is known now; `id` is None until it is written."""

    starts_at: datetime
    id: int | None = None
    ends_at: datetime | None = None
    closed_at: datetime | None = None
    incident_id: int | None = None
    raw_starts_at: str = ""
    opened_at: datetime | None = None
    was_open: bool = False


@dataclass(slots=True)
class Story:
    """An alert as the database knows it and as this delivery changes it.

    `stale_at` without an open episode: it was ended for its sender's silence, so what its sender repeats is no duplicate.
    """

    fingerprint: str
    alert_id: int | None = None
    incident_id: int | None = None
    class_label: str | None = None
    stale_at: datetime | None = None
    open: Span | None = None
    closed: dict[datetime, Span] = field(default_factory=dict)
    flaps: int = 0
    last: IncomingAlert | None = None
    said: Said | None = None

    @property
    def row_changes(self) -> bool:
        """Whether the alert's own row must be written, not just an episode of the past or the bare end of this one."""
        return self.alert_id is None or not (self.said in PASSING or self.ends_bare)

    @property
    def ends_bare(self) -> bool:
        """Whether a word ended it that says nothing about it: its labels and its title stay as they are."""
        return self.said is Said.ENDED and self.alert_id is not None and self.last is not None and self.last.event

    def spans(self) -> list[Span]:
        """Every episode that is known here."""
        return [*self.closed.values(), *([self.open] if self.open else [])]

    def _begin(self, alert: IncomingAlert, at: datetime, incident_id: int | None = None) -> None:
        starts_at = alert.starts_at or at
        self.open = self.closed.pop(starts_at, None) or Span(starts_at, opened_at=at)
        self.open.ends_at = self.open.closed_at = None
        self.open.incident_id = self.open.incident_id or incident_id
        self.open.raw_starts_at = self.open.raw_starts_at or alert.raw_starts_at

    def end_by_hand(self, at: datetime) -> None:
        """People ended its incident: the episode is over with it."""
        self._close(at, at)

    def _close(self, ends_at: datetime, at: datetime) -> None:
        if self.open:
            self.open.ends_at, self.open.closed_at = ended(self.open.starts_at, ends_at, at), at
            self.closed[self.open.starts_at] = self.open
            self.open = None

    def _note(self, alert: IncomingAlert, starts_at: datetime, ends_at: datetime, at: datetime) -> None:
        """Store an episode that is already over."""
        self.closed.setdefault(
            starts_at,
            Span(
                starts_at,
                ends_at=ended(starts_at, ends_at, at),
                closed_at=at,
                opened_at=at,
                raw_starts_at=alert.raw_starts_at,
                incident_id=self.incident_id,
            ),
        )


def ended(starts_at: datetime, ends_at: datetime, at: datetime) -> datetime:
    """The end of an episode: never in the future, never before its beginning unless that is in the future."""
    return max(min(ends_at, at), min(starts_at, at))


def tell(story: Story, alert: IncomingAlert, at: datetime, seen_before: SeenBefore) -> Said:
    """Take one word of a sender into `story`, and say what it came to.

    A resolved alert closes the open episode unless it speaks of an older one. A new beginning while it fires is a flap:
    the resolve between was missed. The beginning of a closed episode is a duplicate when the same body had come before
    the end, else it fires again: a false page beats a missed one. An event that ends what is not open is dropped.
    """
    if alert.event and alert.resolved and story.open is None:
        story.said = story.said or Said.DROPPED
        return Said.DROPPED
    said = _resolved(story, alert, at) if alert.resolved else _fires(story, alert, at, seen_before)
    if said in PASSING:
        story.last, story.said = story.last or alert, story.said or said
    else:
        story.last, story.said = alert, said
    return said


def _fires(story: Story, alert: IncomingAlert, at: datetime, seen_before: SeenBefore) -> Said:
    now, starts_at = story.open, alert.starts_at
    if now and starts_at in (None, now.starts_at):
        return Said.REFRESHED
    before = story.closed.get(starts_at) if starts_at else None
    if before and before.closed_at and story.stale_at is None and seen_before(before.closed_at):
        return Said.DUPLICATE
    if now and starts_at and starts_at < now.starts_at:
        story._note(alert, starts_at, now.starts_at, at)
        return Said.LATE
    if now:
        story._close(starts_at or at, at)
        story.flaps += 1
    story._begin(alert, at, now.incident_id if now else None)
    if before:
        return Said.AGAIN
    return Said.FLAPPED if now else Said.NEW


def _resolved(story: Story, alert: IncomingAlert, at: datetime) -> Said:
    now, starts_at = story.open, alert.starts_at
    ends_at = alert.ends_at or at
    if now and (starts_at is None or starts_at >= now.starts_at):
        if starts_at and starts_at > now.starts_at:  # an episode between, of which we heard only the end
            story._note(alert, starts_at, ends_at, at)
            ends_at = starts_at
        story._close(ends_at, at)
        return Said.ENDED
    if starts_at or not story.closed:
        story._note(alert, starts_at or min(ends_at, at), ends_at, at)
    return Said.OLD if now else Said.NOTHING
