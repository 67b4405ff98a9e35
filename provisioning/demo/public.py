"""What customers were told: updates in their order, and how each component was by them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from incidents.severity import CRITICAL, MAJOR
from provisioning.demo.happenings import Case
from provisioning.demo.house import House
from provisioning.demo.owned import code
from status.models import ComponentChange, ComponentState, PublicIncident, PublicUpdate
from teams.models import User

BAD = {CRITICAL: ComponentState.MAJOR, MAJOR: ComponentState.PARTIAL}
TITLES = {CRITICAL: "{name} is not available", MAJOR: "Problems with {name}"}
LEAST = timedelta(minutes=10)
"""Shorter than this, and nobody has written before it is over."""
Status = PublicUpdate.Status


def title_of(case: Case, name: str) -> str:
    """The title for customers; a component's name and nothing from inside."""
    return TITLES.get(case.severity, "{name} is slower than usual").format(name=name)


class Public:
    """Until when each component is in trouble, so that two incidents never speak of one at the same time."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.rng = house.rng("public")
        self.busy: dict[str, datetime] = {}

    def write(self, cases: Sequence[Case]) -> None:
        """Updates for those that customers felt."""
        told = [case for case in cases if self._is_told(case)]
        rows = PublicIncident.objects.bulk_create(self._incident(case) for case in told)
        updates = [update for case, row in zip(told, rows, strict=True) for update in self._updates(case, row)]
        PublicUpdate.objects.bulk_create(updates)
        by_row: dict[int, list[PublicUpdate]] = {}
        for update in updates:
            by_row.setdefault(update.public_id, []).append(update)
        changes = [
            change for case, row in zip(told, rows, strict=True) for change in self._changes(case, by_row[row.pk])
        ]
        ComponentChange.objects.bulk_create(changes)

    def _is_told(self, case: Case) -> bool:
        return case.impact is not None and case.service in self.house.components and not case.restricted

    def _incident(self, case: Case) -> PublicIncident:
        return PublicIncident(
            incident=case.incident,
            code=code(self.rng),
            title=title_of(case, self.house.components[case.service].name),
            created_at=case.detected + LEAST,
            created_by=case.acker,
        )

    def _updates(self, case: Case, row: PublicIncident) -> list[PublicUpdate]:
        """Sorry first; then what we know, what was done, and that it is over."""
        name, felt = self.house.components[case.service].name, case.mode.customers
        first = case.detected + LEAST
        middle = first + max(case.mitigated - first, timedelta(minutes=2)) / 2
        said = [
            (
                first,
                Status.INVESTIGATING,
                f"For a few minutes now some customers of {name} {felt}. We are looking into it.",
            ),
            (middle, Status.IDENTIFIED, f"We know why {name} is affected and are working on it. We are sorry."),
            (case.mitigated, Status.MONITORING, f"{name} works again. We keep watching it."),
            (case.resolved, Status.RESOLVED, f"{name} works as usual. Some of you {felt}; we are sorry for that."),
        ]
        if first >= case.mitigated:
            said = said[2:]
        by = case.acker
        return [self._update(row, at, status, body, by) for at, status, body in said]

    def _update(self, row: PublicIncident, at: datetime, status: str, body: str, by: User | None) -> PublicUpdate:
        over = status in {Status.RESOLVED, Status.MONITORING}
        return PublicUpdate(
            public=row,
            code=code(self.rng),
            status=status,
            body=body,
            at=at,
            by=by,
            next_by=None if over else at + timedelta(minutes=30),
        )

    def _changes(self, case: Case, updates: list[PublicUpdate]) -> list[ComponentChange]:
        """From the first word to the last; none while another incident has the component."""
        if self.busy.get(case.service, self.house.born) > case.detected:
            return []
        self.busy[case.service] = case.resolved + timedelta(seconds=1)
        bad = str(BAD.get(case.severity, ComponentState.DEGRADED))
        news = {Status.INVESTIGATING: bad, Status.MONITORING: str(ComponentState.DEGRADED)}
        news[Status.RESOLVED] = str(ComponentState.OPERATIONAL)
        now, changes = str(ComponentState.OPERATIONAL), []
        for update in updates:
            new = news.get(Status(update.status), now)
            if new != now:
                component = self.house.components[case.service]
                changes.append(ComponentChange(component=component, update=update, at=update.at, old=now, new=new))
            now = new
        return changes
