"""A resolved incident and a postmortem that may be filed and published: a test takes away what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from incidents import lifecycle as incidents
from incidents.models import Incident
from postmortems import lifecycle
from postmortems.models import Postmortem, Remediation
from teams.models import Service, User
from tests.clock import work_off
from tests.factories import make_incident, make_service, make_team, make_user

SUMMARY = (
    "Orders could not be paid from 17:00 UTC on, because the queue in front of the payment provider filled up and its "
    "consumers waited for a lock that nobody released after the deployment."
)
PUBLIC = (
    "On 27 November between 17:00 and 18:05 UTC customers could not pay, for 65 minutes. We are sorry: paying is what you "
    "need us for. We will limit how long a payment waits, and watch the queue."
)
WORK = ("clocks", "missed-clocks", "reminders")


def utc(day: int, hour: int, minute: int = 0, second: int = 0, *, month: int = 11) -> datetime:
    """An instant of late 2026; 27 November is a Friday."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


FELT, MITIGATED, RESOLVED = utc(27, 17), utc(27, 18, 5), utc(27, 18, 40)


class World:
    """A team with a manager, a director and a lead, and a service that promises 99.9 %."""

    def __init__(self, zone: str = "UTC") -> None:
        self.alice = make_user("Alice Ames", timezone=zone)
        self.bob = make_user("Bob Bell", timezone=zone)
        self.mia = make_user("Mia Moss", role="manager", timezone=zone)
        self.dan = make_user("Dan Dart", role="director", timezone=zone)
        team = make_team("payments", members=(self.alice,), lead=self.bob, manager=self.mia, director=self.dan)
        self.service: Service = make_service("checkout", team=team, target=99.9)

    def open(self, severity: str = "critical", at: datetime = FELT, *, ack: bool = True) -> Incident:
        """An incident that customers feel from `at`; Alice acknowledges it two minutes later."""
        incident = make_incident(service=self.service, severity=severity, at=at, impact_started_at=at)
        return incidents.acknowledge(incident, by=self.alice, at=at + timedelta(minutes=2)) if ack else incident

    def over(
        self,
        severity: str = "critical",
        *,
        mitigated: datetime = MITIGATED,
        resolved: datetime = RESOLVED,
        look: bool = True,
    ) -> Incident:
        """The incident of the worked case; `look`: the due work of its end is done."""
        incident = self.end(self.open(severity), mitigated, resolved)
        if look:
            work_off(resolved, *WORK)
        return incident

    def end(self, incident: Incident, mitigated: datetime, resolved: datetime) -> Incident:
        """Mitigated and resolved by Alice."""
        incidents.mitigate(incident, by=self.alice, at=mitigated)
        return incidents.resolve(incident, by=self.alice, at=resolved)

    def write(self, incident: Incident, at: datetime) -> Postmortem:
        """Everything that the hard checks ask for."""
        written = lifecycle.ensure(incident, at)
        lifecycle.edit(written, values={"summary": SUMMARY, "impact": "65 minutes, 400 orders"}, by=self.alice, at=at)
        for minute in range(5):
            lifecycle.add_row(written, FELT - timedelta(minutes=minute), "The queue grew.", self.alice, at)
        lifecycle.set_factors(
            written, ["The consumers waited without a limit", "Nothing watched the lock"], self.alice, at
        )
        for prompt in ("signals-1", "signals-2", "luck-1"):
            lifecycle.answer(written, prompt, "The queue was the first to show it.", self.alice, at)
        Remediation.objects.create(
            postmortem=written,
            title="Limit how long a payment waits",
            owner=self.alice,
            team=self.service.team,
            done_when="A payment that waits a minute is given up",
            due=at.date(),
            created_at=at,
        )
        return Postmortem.objects.get(pk=written.pk)

    def sign(self, incident: Incident, at: datetime) -> Postmortem:
        """A text for customers, signed."""
        written = lifecycle.ensure(incident, at)
        lifecycle.edit(written, values={"public_text": PUBLIC}, by=self.bob, at=at)
        return lifecycle.sign(written, self.bob, at)


def fresh(written: Postmortem) -> Postmortem:
    """As it stands in the database."""
    return Postmortem.objects.get(pk=written.pk)


def state_of(incident: Incident, kind: str) -> str:
    """The stored state of the latest clock of this kind; "" for none."""
    from postmortems.models import Clock

    clock = Clock.objects.filter(postmortem__incident=incident, kind=kind).order_by("-round").first()
    return str(clock.state) if clock else ""


def somebody(name: str) -> User:
    """One more person."""
    return make_user(name)
