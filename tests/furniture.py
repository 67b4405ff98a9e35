"""A small organisation with one of everything, for tests that walk through every address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.conf import settings
from django.db import transaction
from django.test import Client

from alerts import silencing
from alerts.models import Body, Route, RuleVersion, Silence
from alerts.silencing import Wish
from alerts.versions import said_now
from oncall.models import Coverage
from paging.links import token_of
from postmortems import items, lifecycle
from postmortems.blocked import block
from postmortems.models import Postmortem
from review.models import RateCard
from status import tree
from teams import signin
from teams.models import ApiToken, Role, Service, User
from tests.factories import (
    AT,
    make_heartbeat,
    make_incident,
    make_item,
    make_method,
    make_page,
    make_policy,
    make_schedule,
    make_service,
    make_source,
    make_team,
    make_token,
    make_user,
)

ROLES = ("anonymous", "observer", "responder", "manager", "admin")
KEY = "a-key-for-tests-000000001"
PING = "a-ping-key-for-tests-0001"


@dataclass
class House:
    """`people` and their API tokens by role, and what stands in addresses in place of `{incident}` and the like."""

    people: dict[str, User]
    secrets: dict[str, str]
    names: dict[str, Any]

    def __post_init__(self) -> None:
        """Sign everybody in once, on one client: a client of its own for each request would cost more than the request."""
        self.client = Client(REMOTE_ADDR="192.0.2.1")
        self.sessions: dict[str, str] = {}
        for role, user in self.people.items():
            self.client.cookies.clear()  # else signing in ends the session of the one before
            self.client.force_login(user)
            self.sessions[role] = self.client.cookies[settings.SESSION_COOKIE_NAME].value

    def send(self, role: str, method: str, path: str, **options: Any) -> Any:
        """The response to this role; everything that was changed is taken back."""
        headers = options.pop("headers", {})
        self.client.cookies.clear()
        if path.startswith("/api/v1/") and role != "anonymous":
            headers = {"authorization": f"Bearer {self.secrets[role]}"} | headers
        elif role != "anonymous":
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        with transaction.atomic():
            response = self.client.generic(method, path, headers=headers, **options)
            transaction.set_rollback(True)
        return response


@contextmanager
def furnished(blocker: Any) -> Iterator[House]:
    """The house for as long as this lasts, at `AT`. Every request is taken back, so one house serves many tests."""
    with time_machine.travel(AT, tick=False), blocker.unblock(), transaction.atomic():
        try:
            yield furnish()
        finally:
            transaction.set_rollback(True)


def furnish() -> House:
    """Make it; call at `AT`."""
    people = {role: make_user(role.capitalize(), role=role) for role in ROLES if role != "anonymous"}
    responder, manager = people["responder"], people["manager"]
    team = make_team("payments", members=(responder,), manager=manager)
    make_method(responder)
    make_schedule("payments-primary", responder, manager, team=team, timezone="Europe/London")
    steps = ((300, ["schedule:payments-primary"]),)
    policy = make_policy("payments", *steps, catch_all=["user:admin@example.com"], team=team)
    service = make_service("checkout", team=team)
    Coverage.objects.create(service=service, policy=policy)
    sender = make_source("am", key=KEY, service=service)
    route = Route.objects.create(position=0, match={"alertname": "Nothing"}, service=service)
    for source in (None, sender):
        RuleVersion.objects.create(source=source, number=1, at=AT, rules=[] if source is None else said_now(sender))
    make_heartbeat("backup", key=PING, service=service)
    make_source("ci", kind="generic", service=service)
    incident = make_incident(service=service)
    over = make_incident("Yesterday's story", service=service, severity="standard", state="resolved")
    learned = make_incident("The queue stood still", service=service, state="resolved")
    postmortem = lifecycle.ensure(learned, AT)
    page = make_page(responder, incident)
    colleague = make_user("Colleague", role=Role.OBSERVER)
    make_token(responder, scope="read")
    names = {
        "incident": incident.number,
        "over": over.number,
        "learned": learned.number,
        "page": token_of(page.pk, responder.pk),
        "link": signin.make_link(responder, AT).rstrip("/").rsplit("/", 1)[1],
        "person": colleague.pk,
        "token": ApiToken.objects.get(user=responder).pk,
        "key": KEY,
        "route": route.pk,
        "silence": silenced(service, manager).pk,
        "ping": PING,
        "delivery": Body.objects.create(source=sender, received_at=AT, digest="0" * 64, content=b"{}", size=2).pk,
        **items_of(postmortem, responder),
    }
    RateCard.objects.create(starts=date(2026, 1, 1), hourly=Decimal(40))
    tree.publish(AT)
    secrets = {role: make_token(user, scope="read" if role == "observer" else "write") for role, user in people.items()}
    return House(people, secrets, names)


def silenced(service: Service, by: User) -> Silence:
    """A silence that fits nothing that is there."""
    wish = Wish("silence", {"alertname": "Nothing"}, [service], AT, AT + timedelta(hours=1), "known")
    return silencing.make(wish, by=by, at=AT)


def items_of(postmortem: Postmortem, owner: User) -> dict[str, int]:
    """Remediation items by what can be done with them: {item} is proposed."""
    named = {name: make_item(postmortem, by=owner) for name in ("item", "running", "stuck", "finished")}
    for name in ("running", "stuck", "finished"):
        items.accept(named[name], by=owner, at=AT)
    block(named["stuck"], code="needs_decision", text="Two designs", by=owner, at=AT)
    items.done(named["finished"], evidence="https://git.example.com/1", by=owner, at=AT)
    return {name: item.pk for name, item in named.items()}
