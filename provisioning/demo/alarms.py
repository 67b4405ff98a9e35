"""The alerts behind the incidents: each alert is one row for ever, and every time it fired is an episode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from alerts.models import Alert, Episode
from provisioning.demo import story
from provisioning.demo.happenings import Case
from provisioning.demo.house import House

NOTICED = timedelta(seconds=35)
"""How long a machine waits before it tells."""
CHANGED = ["ends_at", "last_seen_at", "starts_at", "incident"]


class Alarms:
    """Alerts by (source, fingerprint), as they are known so far."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.known: dict[tuple[int, str], Alert] = {}

    def write(self, cases: Sequence[Case]) -> None:
        """The alerts that are new, and the episodes of all."""
        fired = [(case, number) for case in cases if not case.declared_by_person for number in self._machines(case)]
        new: list[Alert] = []
        told = []
        for case, number in fired:
            alert = self._alert(case, number)
            name = (alert.source_id, alert.fingerprint)
            if name not in self.known:
                self.known[name] = alert
                new.append(alert)
            told.append((self.known[name], case))
        Alert.objects.bulk_create(new)
        Episode.objects.bulk_create(
            (episode for alert, case in told for episode in self._episodes(alert, case)), ignore_conflicts=True
        )

    def finish(self) -> None:
        """What is known last of each alert."""
        Alert.objects.bulk_update(self.known.values(), CHANGED, batch_size=500)

    def _machines(self, case: Case) -> range:
        return range(1 + (case.detected.minute + case.detected.second) % 3)

    def _alert(self, case: Case, number: int) -> Alert:
        source, service = self.house.sources[case.source], self.house.services[case.service]
        instance = f"{service.slug}-{number + 1}"
        words = {"critical": "critical", "major": "warning", "standard": "info"}
        labels = {"alertname": case.mode.alertname, "service": service.slug, "instance": instance, "region": "eu-1"}
        title = story.title_of(self.house, case)
        return Alert(
            source=source,
            fingerprint=sha256(f"{case.mode.alertname}{instance}".encode()).hexdigest()[:16],
            labels={**labels, "severity": words[case.severity]},
            annotations={"summary": title, "description": case.mode.notes[0]},
            links=[["Graph", f"https://graphs.demo.example/d/{service.slug}"]],
            title=title,
            firing=False,
            starts_at=case.detected,
            first_seen_at=case.detected,
            last_seen_at=case.detected,
        )

    def _episodes(self, alert: Alert, case: Case) -> Iterator[Episode]:
        for starts, ends in self._stretches(case):
            alert.incident, alert.starts_at, alert.ends_at, alert.last_seen_at = case.incident, starts, ends, ends
            yield Episode(
                alert=alert,
                incident=case.incident,
                starts_at=starts,
                raw_starts_at=starts.isoformat(),
                ends_at=ends,
                opened_at=starts + NOTICED,
                closed_at=ends,
            )

    def _stretches(self, case: Case) -> Iterable[tuple[datetime, datetime]]:
        if case.first:
            return (case.detected - NOTICED, case.first[1]), (case.first[2] - NOTICED, case.resolved)
        return ((case.detected - NOTICED, case.resolved),)
