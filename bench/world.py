"""The organisation that is measured: people with a mail method and a rule, schedules, policies, services and sources."""

from __future__ import annotations

from datetime import datetime

from alerts.models import Key, Source
from bench.places import CRITICAL_PLACES, GROUP_KEY, key_of, mail_of
from oncall.models import Coverage, EscalationPolicy, EscalationStep, Layer, LayerMember, Schedule
from paging.models import ContactMethod, PersonalRule
from teams.models import Membership, Service, Severity, Team, User, digest


def build(places: int, at: datetime) -> None:
    """Make them. Place by place a person has the pager of a schedule, and each alert opens an incident of its own."""
    services = [_place(place, at) for place in range(places)]
    labels = Source.objects.create(slug="alertmanager", kind="alertmanager", service=services[0], grouping="labels")
    Key.objects.create(source=labels, key_hash=digest(GROUP_KEY), hint="bench", created_at=at)


def _place(place: int, at: datetime) -> Service:
    """A service that a person covers, with a source."""
    team = Team.objects.create(slug=f"team-{place}", name=f"Team {place}")
    schedule = Schedule.objects.create(slug=f"schedule-{place}", team=team, timezone="Europe/London")
    _hold(schedule, _person(place, team, at))
    policy = EscalationPolicy.objects.create(slug=f"policy-{place}", catch_all=[f"user:{mail_of(place)}"])
    EscalationStep.objects.create(policy=policy, position=0, wait=3600, notify=[f"schedule:schedule-{place}"])
    severity = Severity.CRITICAL if place in CRITICAL_PLACES else Severity.STANDARD
    name = f"Service {place}"
    service = Service.objects.create(slug=f"service-{place}", name=name, team=team, default_class=severity)
    Coverage.objects.create(service=service, policy=policy)
    source = Source.objects.create(slug=f"source-{place}", kind="generic", service=service, grouping="none")
    Key.objects.create(source=source, key_hash=digest(key_of(place)), hint="bench", created_at=at)
    return service


def _person(place: int, team: Team, at: datetime) -> User:
    address = mail_of(place)
    person = User.objects.create_user(address, None, name=f"Person {place}", timezone="Europe/London")
    method = ContactMethod.objects.create(user=person, slug="mail", kind="email", address=address, verified_at=at)
    PersonalRule.objects.create(user=person, method=method)
    Membership.objects.create(team=team, user=person)
    return person


def _hold(schedule: Schedule, person: User) -> None:
    starts = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - a wall clock
    layer = Layer.objects.create(schedule=schedule, position=0, name="weekly", starts=starts)
    LayerMember.objects.create(layer=layer, position=0, user=person)
