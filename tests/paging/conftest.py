"""A small on-call world: Alice, then Bob, then Mia as the catch-all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from incidents import lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident
from oncall.models import Coverage, EscalationPolicy
from paging.models import ContactMethod
from teams.models import Service, User
from tests.factories import AT, make_policy, make_schedule, make_service, make_team, make_user
from tests.fakes import matrix as matrix_fake
from tests.fakes import mattermost as mattermost_fake
from tests.fakes import slack as slack_fake
from tests.fakes import telegram as telegram_fake
from tests.fakes import twilio as fake
from tests.fakes.matrix import Matrix
from tests.fakes.mattermost import Mattermost
from tests.fakes.slack import Slack
from tests.fakes.telegram import Telegram
from tests.fakes.twilio import Twilio, by_client


def with_mail(person: User, **fields: object) -> ContactMethod:
    """A verified mail method."""
    values: dict[str, object] = {"slug": "mail", "kind": "email", "address": person.email, "verified_at": AT, **fields}
    return ContactMethod.objects.create(user=person, **values)


@dataclass
class World:
    """People, a service and its policy."""

    alice: User
    bob: User
    mia: User
    service: Service
    policy: EscalationPolicy

    def open(self, at: datetime = AT, title: str = "Queue stuck", severity: str = "critical") -> Incident:
        """An incident opened by an alert."""
        return lifecycle.open_one(Opening(title, self.service, severity, impact_started_at=at), at=at)


@pytest.fixture
def world(db: None) -> World:
    """Step 1: the schedule (Alice), 5 min; step 2: Bob, 10 min; one extra round; catch-all Mia."""
    alice, bob, mia = make_user("Alice"), make_user("Bob"), make_user("Mia")
    for person in (alice, bob, mia):
        with_mail(person)
    team = make_team("payments", members=(alice, bob))
    make_schedule("payments-primary", alice, team=team)
    steps = ((300, ["schedule:payments-primary"]), (600, ["user:bob@example.com"]))
    policy = make_policy("payments", *steps, repeat=1, catch_all=["user:mia@example.com"])
    service = make_service("checkout", team=team)
    Coverage.objects.create(service=service, policy=policy)
    return World(alice, bob, mia, service, policy)


@pytest.fixture
def twilio(settings: Settings, db: None) -> Iterator[Twilio]:
    """Twilio on loopback, which believes that we are at a public address; callbacks arrive in the test's transaction."""
    cache.clear()
    with Twilio(by_client(Client())) as there:
        point_at(there, settings)
        yield there


def point_at(there: Twilio, settings: Settings) -> None:
    """This installation has an account there."""
    settings.TWILIO_BASE_URL, settings.SHARPEND_URL = there.url, there.public
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = fake.ACCOUNT, fake.TOKEN
    settings.TWILIO_FROM = fake.FROM


@pytest.fixture
def slack(settings: Settings, db: None) -> Iterator[Slack]:
    """A workspace of Slack on loopback with our app in it, and Alice and Bob among its people."""
    cache.clear()
    with Slack({"U000ALICE": "alice@example.com", "U0000BOB": "bob@example.com"}) as there:
        settings.SLACK_BASE_URL, settings.SLACK_BOT_TOKEN = there.api, slack_fake.BOT
        settings.SLACK_SIGNING_SECRET = slack_fake.SECRET
        yield there


def with_slack(person: User, address: str) -> ContactMethod:
    """A verified way by Slack, and no mail beside it."""
    person.contact_methods.filter(kind="email").delete()
    return with_mail(person, slug="slack", kind="slack", address=address)


@pytest.fixture
def telegram(settings: Settings, db: None) -> Iterator[Telegram]:
    """Telegram on loopback with our bot, which Alice (70010) and Bob (70020) have opened."""
    cache.clear()
    with Telegram({70010, 70020}) as there:
        settings.TELEGRAM_BASE_URL, settings.TELEGRAM_TOKEN = there.url, telegram_fake.TOKEN
        settings.TELEGRAM_WEBHOOK_SECRET = telegram_fake.SECRET
        yield there


def only(person: User, kind: str, address: str) -> ContactMethod:
    """A verified way by this medium, and no mail beside it."""
    person.contact_methods.filter(kind="email").delete()
    return with_mail(person, slug=kind, kind=kind, address=address)


@pytest.fixture
def mattermost(settings: Settings, db: None) -> Iterator[Mattermost]:
    """Mattermost on loopback with our bot, Alice and Bob."""
    cache.clear()
    with Mattermost({"alice": "a" * 26, "bob": "b" * 26}) as there:
        settings.MATTERMOST_URL, settings.MATTERMOST_TOKEN = there.url, mattermost_fake.TOKEN
        yield there


@pytest.fixture
def matrix(settings: Settings, db: None) -> Iterator[Matrix]:
    """A homeserver on loopback with our account."""
    cache.clear()
    with Matrix() as there:
        settings.MATRIX_URL, settings.MATRIX_TOKEN = there.url, matrix_fake.TOKEN
        yield there
