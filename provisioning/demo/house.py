"""What the parts of the demo share while it is built: the instant, the randomness, and the rows that were made already."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from alerts.models import Source
from oncall.models import EscalationPolicy, Schedule
from paging.models import ContactMethod
from provisioning.demo.pagers import Pagers
from status.models import Component
from teams.models import Playbook, Service, Team, User

MONTH = timedelta(days=365) / 12
ZONE = "Europe/London"
HOME = ZoneInfo(ZONE)
KEPT = timedelta(days=200)
"""Pages older than this are told in the story only."""


@dataclass
class House:
    """The demo as far as it stands. `at` is the present; history goes back `months` from it."""

    at: datetime
    seed: int
    months: float
    paged: timedelta = KEPT
    people: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    leads: dict[str, User] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    policies: dict[str, EscalationPolicy] = field(default_factory=dict)
    playbooks: dict[tuple[str, str], Playbook] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    mail: dict[int, ContactMethod] = field(default_factory=dict)
    """The one way to reach each person, by the person's key."""
    pagers: Pagers = field(default_factory=Pagers)
    key: str = ""
    """The secret of the source for Prometheus: nobody can read it again."""

    @property
    def born(self) -> datetime:
        """When history begins."""
        return self.at - MONTH * self.months

    def rng(self, name: str) -> Random:
        """Randomness of its own for one part, so that a change in one part moves no other."""
        return Random(f"{self.seed}:{name}")  # noqa: S311  (a story, not a secret)

    def team_of(self, service: Service) -> Team:
        """The team that owns a service, without a query."""
        return next(team for team in self.teams.values() if team.pk == service.team_id)
