"""Pages by ntfy and by signed webhook, against servers that read every byte as the real ones do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django.fixtures import Settings

from paging.channels import ntfy, webhook
from paging.channels.base import Item, Message, SendFailed
from paging.models import ContactMethod, Delivery
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.provider import Provider, Reply, Request, Unexpected
from tests.paging.conftest import World, with_mail

State = Delivery.State
LINK = "http://testserver/p/a-token/"


def message(*titles: str, reason: str = "first") -> Message:
    """A page for each title."""
    pages = enumerate(titles, 1)
    items = [Item(n, f"INC-{n}", title, "critical", "Checkout", AT, "pager of A", LINK, reason) for n, title in pages]
    return Message(items, "Alice Ames", "Europe/London")


def publishes(request: Request) -> Reply:
    """The root of an ntfy server: publishing as JSON (its documentation, "Publish as JSON")."""
    if (request.method, request.path) != ("POST", "/"):
        raise Unexpected("ntfy takes JSON at its root")
    said: dict[str, Any] = request.json
    if unknown := set(said) - {"topic", "title", "message", "priority", "tags", "click", "actions"}:
        raise Unexpected(f"unknown: {unknown}")
    if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", said["topic"]) or said["priority"] not in range(1, 6):
        raise Unexpected("a bad topic or priority")
    if len(said["message"].encode()) > 4096 or len(said["actions"]) > 3:
        raise Unexpected("too long, or more than three actions")
    for action in said["actions"]:
        if action["action"] != "http" or action["method"] != "POST" or not action["url"].startswith("http"):
            raise Unexpected("an action that does nothing")
    return Reply(body=b'{"id":"sPs71M8A2T","event":"message"}')


@pytest.fixture
def ntfy_server(settings: Settings) -> Iterator[Provider]:
    """The operator's ntfy."""
    with Provider(publishes) as running:
        settings.NTFY_URL, settings.NTFY_TOKEN = running.url, "tk_secret"
        yield running


def test_ntfy_is_loud_and_its_button_acknowledges(ntfy_server: Provider) -> None:
    assert ntfy.Ntfy().send("alices-phone", message("Queue stuck\n<b>")) == "sPs71M8A2T"
    (request,) = ntfy_server.received
    assert request.headers["authorization"] == "Bearer tk_secret"
    said = request.json
    assert (said["topic"], said["priority"], said["click"]) == ("alices-phone", 5, LINK)
    assert said["title"] == "[INC-1] critical: Queue stuck <b>"
    assert said["actions"] == [{"action": "http", "label": "Acknowledge", "url": LINK, "method": "POST", "clear": True}]


def test_a_long_bundle_fits_into_ntfy(ntfy_server: Provider) -> None:
    ntfy.Ntfy().send("t", message(*["ä" * 300] * 40))
    said = ntfy_server.received[0].json
    assert said["title"].startswith("40 incidents, the worst is [INC-1]")
    assert [action["label"] for action in said["actions"]] == [f"Acknowledge INC-{n}" for n in (1, 2, 3)]


def test_the_token_does_not_leave_for_an_address_that_somebody_typed(ntfy_server: Provider, settings: Settings) -> None:
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.1")]
    ntfy.Ntfy().send(f"{ntfy_server.url}/own-topic", message("x"))
    assert "authorization" not in ntfy_server.received[0].headers
    assert ntfy_server.received[0].json["topic"] == "own-topic"


def test_a_typed_address_does_not_reach_inside(ntfy_server: Provider) -> None:
    with pytest.raises(SendFailed) as refused:
        ntfy.Ntfy().send(f"{ntfy_server.url}/own-topic", message("x"))
    assert refused.value.permanent
    assert ntfy_server.received == []


@pytest.mark.parametrize(
    ("reply", "permanent", "administrators", "wait"),
    [
        (Reply(429, headers={"Retry-After": "7"}), False, False, 7.0),
        (Reply(500), False, False, None),
        (Reply(hang=True), False, False, None),
        (Reply(401), True, True, None),
        (Reply(400), True, False, None),
        (Reply(302, headers={"Location": "/elsewhere"}), True, False, None),
    ],
)
def test_what_ntfy_refuses(
    ntfy_server: Provider, reply: Reply, permanent: bool, administrators: bool, wait: float | None
) -> None:
    ntfy_server.script = [reply]
    with pytest.raises(SendFailed) as failed:
        ntfy.Ntfy().send("t", message("x"))
    assert (failed.value.permanent, failed.value.administrators, failed.value.retry_after) == (
        permanent,
        administrators,
        wait,
    )


@pytest.mark.parametrize("address", ["my-topic", "https://ntfy.example.com/my-topic", " https://ntfy.example.com/t/ "])
def test_addresses_of_ntfy(address: str, settings: Settings) -> None:
    settings.NTFY_URL = "https://ntfy.example.com"
    assert ntfy.clean(address) == address.strip().rstrip("/")


@pytest.mark.parametrize(
    "address", ["", "two words", "https://ntfy.example.com/", "https://a/b/c", "ftp://a/b", "../x"]
)
def test_what_is_no_address_of_ntfy(address: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        ntfy.clean(address)


def test_a_bare_topic_needs_a_server(settings: Settings) -> None:
    settings.NTFY_URL = ""
    with pytest.raises(ValueError, match="full address"):
        ntfy.clean("my-topic")


def verified(request: Request) -> Reply:
    """A receiver that checks the signature as the Standard Webhooks specification says, by its own arithmetic."""
    name, stamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    address = f"http://{request.headers['host']}{request.path}"
    key = base64.b64decode(webhook.secret_of(address).removeprefix("whsec_"))
    signed = hmac.new(key, f"{name}.{stamp}.".encode() + request.body, hashlib.sha256).digest()
    if request.headers["webhook-signature"] != f"v1,{base64.b64encode(signed).decode()}":
        raise Unexpected("the signature does not fit")
    return Reply(204, b"")


@time_machine.travel(AT, tick=False)
def test_a_webhook_is_signed_and_says_no_more_than_it_should(settings: Settings) -> None:
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.1")]
    with Provider(verified) as receiver:
        assert webhook.Webhook().send(f"{receiver.url}/hook", message("Queue stuck")) == "page-1-1"
    said = receiver.received[0].json
    assert said["type"] == "page"
    assert set(said["data"]) == {"person", "repeat", "incidents"}
    assert set(said["data"]["incidents"][0]) == {
        *("number", "title", "class", "service", "since", "because", "acknowledge_url"),
    }


def test_a_receiver_that_is_gone_is_asked_no_more(settings: Settings) -> None:
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.1")]
    with Provider(lambda _request: Reply(410)) as receiver, pytest.raises(SendFailed) as failed:
        webhook.Webhook().send(f"{receiver.url}/hook", message("x"))
    assert failed.value.switch_off


@pytest.mark.parametrize("address", ["", "x", "ftp://a/b", "https://", "https://a:b@c/d", "http://[::1/"])
def test_what_is_no_webhook(address: str) -> None:
    with pytest.raises(ValueError, match="webhook"):
        webhook.clean(address)


@pytest.mark.django_db
def test_the_button_of_ntfy_acknowledges(world: World, ntfy_server: Provider, client: Client) -> None:
    with_mail(world.alice, slug="ntfy", kind="ntfy", address="alices-phone")
    world.alice.contact_methods.filter(kind="email").delete()
    incident = world.open()
    with time_machine.travel(AT, tick=False):
        work_off(AT, "paging", "sending")
    (action,) = ntfy_server.received[0].json["actions"]
    with time_machine.travel(AT + timedelta(seconds=20), tick=False):
        assert client.post(action["url"].removeprefix("http://testserver")).status_code == 200
    incident.refresh_from_db()
    assert incident.held_by == world.alice
    assert (Delivery.objects.get().state, Delivery.objects.get().provider_ref) == (State.SENT, "sPs71M8A2T")


@pytest.mark.django_db
def test_a_webhook_that_is_gone_is_switched_off_and_the_next_step_rings(world: World, settings: Settings) -> None:
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.1")]
    with Provider(lambda _request: Reply(410)) as receiver, time_machine.travel(AT, tick=False):
        with_mail(world.alice, slug="hook", kind="webhook", address=f"{receiver.url}/hook")
        world.alice.contact_methods.filter(kind="email").delete()
        world.open()
        work_off(AT, "paging", "sending")
    assert ContactMethod.objects.get(kind="webhook").disabled_at == AT
    assert Delivery.objects.filter(page__person=world.bob, state=State.SENT).exists()


def test_a_few_words_by_ntfy_and_by_webhook(ntfy_server: Provider, settings: Settings) -> None:
    assert ntfy.Ntfy().say("alices-phone", "Your code is 123456") == "sPs71M8A2T"
    assert ntfy_server.received[0].json["message"] == "Your code is 123456"
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.1")]
    with Provider(verified) as receiver:
        webhook.Webhook().say(f"{receiver.url}/hook", "Your code is 123456")
    assert receiver.received[0].json["data"] == {"text": "Your code is 123456"}
