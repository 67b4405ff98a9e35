"""Plain functions that make rows with sensible defaults; a test names only what it is about."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from alerts.models import Heartbeat, Key, PingKey, Source
from incidents import lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident
from oncall.models import EscalationPolicy, EscalationStep, Layer, LayerMember, Schedule
from paging.models import ContactMethod, Page
from postmortems import items
from postmortems.item_door import postmortem_of
from postmortems.models import Postmortem, Remediation
from teams.models import ApiToken, Membership, Role, Service, Team, User, digest

AT = datetime(2026, 11, 21, 2, 4, tzinfo=UTC)
PASSWORD = "a-long-enough-secret"
_numbers = itertools.count(1)


def make_user(
    name: str = "", *, email: str = "", role: str = Role.RESPONDER, password: str | None = None, **fields: Any
) -> User:
    """A person; `make_user("Ana")` is ana@example.com."""
    name = name or f"Person {next(_numbers)}"
    email = email or f"{name.replace(' ', '.').lower()}@example.com"
    return User.objects.create_user(email, password, name=name, role=role, **fields)


def make_team(slug: str = "", *, members: tuple[User, ...] = (), lead: User | None = None, **fields: Any) -> Team:
    """A team; `manager` and `director` are fields of it."""
    slug = slug or f"team-{next(_numbers)}"
    team = Team.objects.create(slug=slug, name=fields.pop("name", slug.capitalize()), **fields)
    for user in members:
        Membership.objects.create(team=team, user=user)
    if lead:
        Membership.objects.create(team=team, user=lead, place=Membership.Place.LEAD)
    return team


def make_service(slug: str = "", *, team: Team | None = None, **fields: Any) -> Service:
    """A service, of a team of its own unless given."""
    slug = slug or f"service-{next(_numbers)}"
    return Service.objects.create(
        slug=slug, name=fields.pop("name", slug.capitalize()), team=team or make_team(), **fields
    )


def make_token(user: User | None = None, *, scope: str = ApiToken.Scope.READ, at: datetime = AT) -> str:
    """The secret of an API token."""
    _token, secret = ApiToken.make(user or make_user(), scope=scope, name="test", at=at)
    return secret


def make_schedule(
    slug: str = "",
    *people: User,
    team: Team | None = None,
    timezone: str = "UTC",
    starts: datetime = datetime(2026, 1, 5, 9),  # noqa: DTZ001  (a wall clock)
    **layer: Any,
) -> Schedule:
    """A schedule with one weekly layer of `people`; without people it has no layer and nobody has the pager."""
    slug = slug or f"schedule-{next(_numbers)}"
    schedule = Schedule.objects.create(slug=slug, team=team or make_team(), timezone=timezone)
    if people:
        make_layer(schedule, *people, starts=starts, **layer)
    return schedule


def make_layer(schedule: Schedule, *people: User, name: str = "", **fields: Any) -> Layer:
    """One more layer on top; weekly from Monday 2026-01-05 09:00 unless said otherwise."""
    position = schedule.layers.count()
    fields.setdefault("starts", datetime(2026, 1, 5, 9))  # noqa: DTZ001  (a wall clock)
    layer = Layer.objects.create(schedule=schedule, position=position, name=name or f"layer {position}", **fields)
    for turn, user in enumerate(people):
        LayerMember.objects.create(layer=layer, position=turn, user=user)
    return layer


def make_policy(
    slug: str = "", *steps: tuple[int, list[str]], repeat: int = 0, catch_all: list[str] | None = None, **fields: Any
) -> EscalationPolicy:
    """A policy; each step is (seconds given to it, whom it notifies), e.g. (300, ["schedule:payments-primary"])."""
    slug = slug or f"policy-{next(_numbers)}"
    catch_all = catch_all or [f"user:{make_user().email}"]
    policy = EscalationPolicy.objects.create(slug=slug, repeat=repeat, catch_all=catch_all, **fields)
    for position, (wait, notify) in enumerate(steps):
        EscalationStep.objects.create(policy=policy, position=position, wait=wait, notify=notify)
    return policy


def make_source(
    slug: str = "", *, key: str = "", kind: str = "alertmanager", service: Service | None = None, **fields: Any
) -> Source:
    """A source; `key` is its secret (none: it has no key)."""
    slug = slug or f"source-{next(_numbers)}"
    source = Source.objects.create(slug=slug, kind=kind, service=service, **fields)
    if key:
        Key.objects.create(source=source, key_hash=digest(key), hint=key[:4], created_at=AT)
    return source


def make_heartbeat(slug: str = "backup", *, key: str = "", service: Service | None = None, **fields: Any) -> Heartbeat:
    """One that is expected every day; `key` is the secret in its address (none: it has no address)."""
    made = Heartbeat.objects.create(slug=slug, service=service, **fields)
    if key:
        PingKey.objects.create(heartbeat=made, key_hash=digest(key), hint=key[:6], created_at=AT)
    return made


def make_incident(
    title: str = "Queue stuck",
    *,
    service: Service | None = None,
    severity: str = "critical",
    at: datetime = AT,
    state: str = "",
    **opening: Any,
) -> Incident:
    """An open incident as an alert opens it; `state` resolved or cancelled ends it at once."""
    incident = lifecycle.open_one(Opening(title, service, severity, **opening), at=at)
    if state == "resolved":
        return lifecycle.resolve(incident, at=at)
    return incident


def make_page(person: User, incident: Incident | None = None, *, at: datetime = AT, **fields: Any) -> Page:
    """A page to `person`; without an incident it is a test to oneself."""
    fields.setdefault("reason", Page.Reason.FIRST if incident else Page.Reason.TEST)
    fields.setdefault("fence", incident.page_fence if incident else 0)
    return Page.objects.create(person=person, incident=incident, created_at=at, **fields)


def make_method(person: User, *, verified: bool = True, **fields: Any) -> ContactMethod:
    """A way to reach `person` by mail."""
    values = {"slug": "mail", "kind": "email", "address": person.email, "verified_at": AT if verified else None}
    return ContactMethod.objects.create(user=person, **{**values, **fields})


def make_item(
    postmortem: Postmortem | None = None,
    title: str = "Alert on the depth of the queue",
    *,
    at: datetime = AT,
    **fields: Any,
) -> Remediation:
    """A proposed remediation item, of a resolved incident unless given."""
    postmortem = postmortem or postmortem_of(make_incident(at=at, state="resolved"), at)
    fields.setdefault("done_when", "It fired in a drill.")
    return items.propose(postmortem, title=title, by=fields.pop("by", None) or make_user(), at=at, **fields)
