"""What keeps an alert quiet at an instant: the silences and maintenance windows that fit it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.matching import Matcher, compile_match
from alerts.models import Silence
from incidents.lifecycle import QUIET_CRITICAL
from teams.models import Severity


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence that covers an alert: until when, its reason, and its key."""

    until: datetime
    because: str
    silence: int


@dataclass(frozen=True, slots=True)
class Cover:
    """A silence, ready to be asked. Without `services` it is about all of them."""

    silence: Silence
    matcher: Matcher
    services: frozenset[int]

    def fits(self, labels: Mapping[str, str], service_id: int | None) -> bool:
        """Whether an alert with these labels that belongs to this service is covered."""
        return (not self.services or service_id in self.services) and self.matcher(labels)

    def until(self, severity: str, at: datetime) -> datetime:
        """How long it keeps an incident of this class quiet: a critical one for an hour at most, but in maintenance."""
        if severity == Severity.CRITICAL and not self.silence.is_maintenance:
            return min(self.silence.ends_at, at + QUIET_CRITICAL)
        return self.silence.ends_at


class Blanket:
    """All silences of an instant."""

    def __init__(self, silences: Iterable[Silence], at: datetime) -> None:
        """`silences` come with their services prefetched. One that cannot be compiled keeps nothing quiet."""
        self.at = at
        self.covers = [found for silence in silences if (found := cover_of(silence))]

    @classmethod
    def of(cls, at: datetime) -> Blanket:
        """Those that are live at `at`."""
        return cls(Silence.objects.live(at).prefetch_related("services"), at)

    def over(self, labels: Mapping[str, str], service_id: int | None, severity: str) -> Quiet | None:
        """What keeps this alert quiet longest; None when nothing does."""
        found = [one for one in self.covers if one.fits(labels, service_id)]
        last = max(found, key=lambda one: one.until(severity, self.at), default=None)
        return Quiet(last.until(severity, self.at), last.silence.reason, last.silence.pk) if last else None


def cover_of(silence: Silence) -> Cover | None:
    """The silence as it is asked; None for a match that cannot be compiled: a broken one must not hide an alert."""
    try:
        matcher = compile_match(silence.match)
    except ValueError:
        return None
    return Cover(silence, matcher, frozenset(service.pk for service in silence.services.all()))
