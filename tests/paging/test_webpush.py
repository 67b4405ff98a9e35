"""Pages by Web Push against a service that checks the signature and opens the body, and the whole way back from the browser."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from desk.push import device
from incidents import lifecycle
from incidents.models import Incident, NotAllowed
from paging import alone, answers, links, methods, push
from paging.channels import webpush, webpush_hooks
from paging.channels.base import Item, Message, SendFailed
from paging.channels.webpush_subscription import Subscription, of
from paging.models import ContactMethod, Delivery, Page
from teams.models import Notice, User
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.provider import Reply
from tests.fakes.push import PRIVATE_KEY, Browser, PushService
from tests.paging.conftest import World, with_mail

State = Delivery.State
LINK = "http://testserver/p/a-token/"
PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"
TABLET = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15"


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    """Signatures have a time in them."""
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def service(settings: Settings) -> Iterator[PushService]:
    """The push service of some browsers, which subscribed to our key."""
    settings.VAPID_PRIVATE_KEY = PRIVATE_KEY
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.1")]
    with PushService(webpush_hooks.server_key()) as there:
        yield there


def message(*titles: str, severity: str = "critical", reason: str = "first") -> Message:
    """A page for each title."""
    numbered = enumerate(titles, 1)
    items = [Item(n, f"INC-{n}", title, severity, "Checkout", AT, "pager of A", LINK, reason) for n, title in numbered]
    return Message(items, "Alice Ames", "Europe/London")


def address(browser: Browser, device: str = "Chrome on Android") -> str:
    """As it is stored."""
    return of(browser.to_json(), device=device).address


def test_a_push_is_sealed_signed_and_kept_for_an_hour(service: PushService) -> None:
    browser = service.browser()
    assert webpush.Webpush().send(address(browser), message("Queue stuck")).endswith("/m/1")
    (said,) = browser.shown
    assert (said["title"], said["tag"], said["number"]) == ("[INC-1] critical: Queue stuck", "INC-1", "INC-1")
    assert (said["class"], said["why"], said["path"]) == ("critical", "pager of A", "/p/a-token/")
    assert [action["title"] for action in said["actions"]] == ["Acknowledge", "Open"]
    assert said["arrived"].startswith("/in/push/")
    assert said["sent"] == AT.timestamp() * 1000
    (request,) = service.provider.received
    assert request.headers["ttl"] == "3600"
    assert b"Queue" not in request.body
    assert "INC" not in request.headers["topic"]


def test_a_page_that_waits_is_replaced_by_one_of_the_same_incident_alone(service: PushService) -> None:
    browser, one = service.browser(), message("Queue stuck", severity="major")
    for said in (one, message("Queue stuck, and worse", severity="major"), message("A", "B"), message("A", "B")):
        webpush.Webpush().send(address(browser), said)
    topics = [request.headers["topic"] for request in service.provider.received]
    assert topics[0] == topics[1]
    assert len(set(topics)) == 3
    assert service.provider.received[0].headers["ttl"] == "600"


def test_a_bundle_names_each_incident_and_fits(service: PushService) -> None:
    browser = service.browser()
    webpush.Webpush().send(address(browser), message(*['ä"\n' * 300] * 100))
    (said,) = browser.shown
    assert said["numbers"] == [f"INC-{n}" for n in range(1, 101)]
    assert said["actions"][0]["title"] == "Acknowledge INC-1"
    assert len(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()) <= 3000
    assert max(len(request.body) for request in service.provider.received) < 3993


@pytest.mark.parametrize(
    ("reply", "permanent", "switch_off", "administrators", "wait"),
    [
        (Reply(404), True, True, False, None),
        (Reply(410), True, True, False, None),
        (Reply(403), True, True, False, None),
        (Reply(401), True, False, True, None),
        (Reply(413), True, False, False, None),
        (Reply(429, headers={"Retry-After": "17"}), False, False, False, 17.0),
        (Reply(500), False, False, False, None),
        (Reply(503, headers={"Retry-After": "9"}), False, False, False, 9.0),
        (Reply(hang=True), False, False, False, None),
    ],
)
def test_what_a_push_service_refuses(
    service: PushService, reply: Reply, permanent: bool, switch_off: bool, administrators: bool, wait: float | None
) -> None:
    service.script.append(reply)
    with pytest.raises(SendFailed) as failed:
        webpush.Webpush().send(address(service.browser()), message("x"))
    error = failed.value
    assert (error.permanent, error.switch_off, error.administrators) == (permanent, switch_off, administrators)
    assert error.retry_after == wait


def test_a_slow_service_is_given_up(service: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    assert webpush.LIMIT == 5.0
    monkeypatch.setattr(webpush, "LIMIT", 0.3)
    service.script.append(Reply(drip=True))
    with pytest.raises(SendFailed) as failed:
        webpush.Webpush().send(address(service.browser()), message("x"))
    assert not failed.value.permanent


def test_an_endpoint_inside_our_network_is_not_called(service: PushService, settings: Settings) -> None:
    settings.EGRESS_ALLOW = []
    with pytest.raises(SendFailed) as failed:
        webpush.Webpush().send(address(service.browser()), message("x"))
    assert failed.value.switch_off
    assert service.provider.received == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"endpoint": "ftp://x/y"},
        {"endpoint": "https://user@x/y"},
        {"endpoint": "https://x/" + "y" * 1500},
        {"keys": {}},
        {"keys": None},
        {"p256dh": "AAAA"},
        {"auth": "AAAA"},
    ],
)
def test_what_is_no_subscription(wrong: dict[str, object]) -> None:
    good = Browser("https://push.example.com/1").to_json()
    if set(wrong) & {"p256dh", "auth"}:
        good["keys"] |= wrong
    else:
        good = {**good, **wrong} if wrong else {}
    with pytest.raises(ValueError, match="no subscription"):
        of(good, device="x")


def test_the_longest_subscription_fits_into_its_column() -> None:
    browser = Browser("https://push.example.com/".ljust(1500, "x"))
    there = of(browser.to_json(), device="\n ä" * 400)
    column = ContactMethod._meta.get_field("address")
    assert len(there.address) <= int(column.max_length or 0)
    assert webpush.clean(there.address) == there.address


# From the browser to the settings and back


def subscribed(client: Client, browser: Browser, **more: object) -> Any:
    """What the settings page posts."""
    content = {"subscription": browser.to_json(), **more}
    return client.post(
        "/settings/methods/push/", content, content_type="application/json", headers={"User-Agent": PHONE}
    )


def signed_in(person: User) -> Client:
    """Somebody at their desk."""
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.django_db
def test_a_browser_is_proved_by_what_its_worker_got(world: World, service: PushService) -> None:
    client, browser = signed_in(world.alice), service.browser()
    answer = subscribed(client, browser)
    assert answer.json() == {"state": "waiting", "device": "Chrome on Android", "enough": True}
    method = world.alice.contact_methods.get(kind="webpush")
    assert not method.usable
    work_off(AT, "sending")
    (said,) = browser.shown
    assert said["test"]
    assert said["actions"][0]["title"] == "It rang"
    at_the_worker = Client()
    assert at_the_worker.post(said["arrived"]).json() == {"asks": True}
    method.refresh_from_db()
    assert method.verified_at == AT
    state = client.get("/settings/methods/push/", {"endpoint": browser.endpoint}).json()
    assert (state["state"], state["key"]) == ("on", webpush_hooks.server_key())
    assert at_the_worker.post(said["path"], {"pressed_at": 0}, headers={"Accept": "application/json"}).json()[
        "state"
    ] == ("rang")


@pytest.mark.django_db
def test_nobody_else_sees_where_a_browser_is_reached(world: World, service: PushService) -> None:
    client, browser = signed_in(world.alice), service.browser()
    subscribed(client, browser)
    text = client.get("/settings/methods/").content.decode()
    assert "Chrome on Android" in text
    assert browser.endpoint not in text
    other = signed_in(world.bob).get("/settings/methods/push/", {"endpoint": browser.endpoint})
    assert other.json()["state"] == "none"


@pytest.mark.django_db
def test_a_new_subscription_of_the_same_browser_stays_the_same_way(world: World, service: PushService) -> None:
    client, old, new = signed_in(world.alice), service.browser(), service.browser()
    subscribed(client, old)
    world.alice.contact_methods.filter(kind="webpush").update(verified_at=AT)
    assert subscribed(client, new, old=old.endpoint).json()["state"] == "on"
    assert subscribed(client, new).json()["state"] == "on"
    method = world.alice.contact_methods.get(kind="webpush")
    assert push.endpoint_of(method) == new.endpoint
    assert not Page.objects.filter(reason="test", deliveries__method=method).exclude(created_at=AT).exists()


@pytest.mark.django_db
def test_what_is_no_subscription_is_refused_in_words(world: World, service: PushService) -> None:
    client = signed_in(world.alice)
    for content in ("", "[]", "null", '{"subscription": 3}', "x" * 9000):
        answer = client.post("/settings/methods/push/", content, content_type="application/json")
        assert (answer.status_code, "no subscription" in answer.json()["said"]) == (422, True)


@pytest.mark.django_db
def test_without_a_key_there_is_no_push(world: World, settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY = ""
    client = signed_in(world.alice)
    assert client.get("/settings/methods/push/").json()["key"] == ""
    answer = subscribed(client, Browser("https://push.example.com/1"))
    assert (answer.status_code, "VAPID_PRIVATE_KEY" in answer.json()["said"]) == (422, True)


# From a page to its acknowledgement


def with_push(person: User, browser: Browser, device: str = "Chrome on Android") -> ContactMethod:
    """Push, and nothing else."""
    person.contact_methods.all().delete()
    return with_mail(person, slug="webpush", kind="webpush", address=address(browser, device))


def ms(at: datetime) -> str:
    """As browsers count."""
    return str(int(at.timestamp() * 1000))


@pytest.mark.django_db
def test_from_the_page_to_the_acknowledgement(world: World, service: PushService) -> None:
    browser = service.browser()
    with_push(world.alice, browser)
    incident = world.open()
    work_off(AT, "paging", "sending")
    (said,) = browser.shown
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.receipt_due_at) == (State.SENT, AT + timedelta(seconds=60))
    worker = Client(enforce_csrf_checks=True)
    assert worker.post(said["arrived"]).json() == {"asks": True}
    delivery.refresh_from_db()
    assert (delivery.state, delivery.receipt_due_at) == (State.DELIVERED, None)
    with time_machine.travel(AT + timedelta(seconds=90), tick=False):
        answer = worker.post(said["path"], {"pressed_at": ms(AT)}, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["state"]) == (200, "yours")
        assert worker.post(said["arrived"]).json() == {"asks": False}
    incident.refresh_from_db()
    assert incident.held_by == world.alice


@pytest.mark.django_db
def test_a_phone_that_sleeps_lets_the_next_step_ring_after_a_minute(world: World, service: PushService) -> None:
    browser = service.browser()
    with_push(world.alice, browser)
    world.open()
    work_off(AT, "paging", "sending")
    later = AT + timedelta(seconds=61)
    with time_machine.travel(later, tick=False):
        work_off(later, "receipts", "paging", "sending")
    assert Delivery.objects.filter(page__person=world.bob, state=State.SENT).exists()


@pytest.mark.django_db
def test_a_subscription_that_has_ended_is_switched_off_and_its_person_told(world: World, service: PushService) -> None:
    browser = service.browser()
    method = with_push(world.alice, browser)
    service.script.append(Reply(410))
    world.open()
    work_off(AT, "paging", "sending")
    method.refresh_from_db()
    assert method.disabled_at == AT
    assert "switch push on again" in method.disabled_because
    notice = Notice.objects.get(person=world.alice)
    assert (notice.subject, browser.endpoint in notice.body) == (
        "push Chrome on Android cannot wake you any more",
        False,
    )
    assert Delivery.objects.filter(page__person=world.bob, state=State.SENT).exists()
    answer = subscribed(signed_in(world.alice), service.browser())
    assert answer.json()["state"] == "waiting"
    assert world.alice.contact_methods.get(kind="webpush").pk == method.pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pressed", "left", "taken"),
    [
        (timedelta(), None, True),
        (timedelta(minutes=-2), None, True),
        (timedelta(minutes=-2, seconds=-1), None, False),
        (timedelta(hours=-3), None, False),
        (timedelta(hours=-3), timedelta(hours=-3, seconds=20), True),  # a clock that is three hours slow
        (timedelta(hours=5), timedelta(hours=8), False),  # one that is fast
        (timedelta(hours=1), None, True),
        ("yesterday", None, False),
        ("9" * 40, None, False),
    ],
)
def test_a_press_that_comes_late_is_asked_again(
    world: World, client: Client, pressed: timedelta | str, left: timedelta | None, taken: bool
) -> None:
    incident = world.open()
    work_off(AT, "paging", "sending")
    page = Page.objects.get(person=world.alice)
    path = f"/p/{_token(page)}/"
    said = {"pressed_at": pressed if isinstance(pressed, str) else ms(AT + pressed)}
    if left is not None:
        said["sent_at"] = ms(AT + left)
    answer = client.post(path, said, headers={"Accept": "application/json"})
    incident.refresh_from_db()
    assert (incident.held_by == world.alice) is taken
    assert answer.json()["state"] == ("yours" if taken else "again")
    assert answer.status_code == (200 if taken else 409)


def _token(page: Page) -> str:
    return links.token_of(page.pk, page.person_id)


@pytest.mark.django_db
def test_what_was_asked_again_is_a_page_with_the_button(world: World, client: Client) -> None:
    incident = world.open()
    work_off(AT, "paging", "sending")
    path = f"/p/{_token(Page.objects.get(person=world.alice))}/"
    answer = client.post(path, {"pressed_at": ms(AT - timedelta(hours=3))})
    text = answer.content.decode()
    assert (answer.status_code, "You pressed this 3 h ago. Still yours?" in text) == (409, True)
    assert "Acknowledge</button>" in text
    assert client.post(path).status_code == 200
    incident.refresh_from_db()
    assert incident.held_by == world.alice


@pytest.mark.django_db
def test_a_late_press_learns_who_has_it_and_that_it_is_over(world: World, client: Client) -> None:
    incident = world.open()
    work_off(AT, "paging", "sending")
    page = Page.objects.get(person=world.alice)
    path, late = f"/p/{_token(page)}/", {"pressed_at": ms(AT - timedelta(hours=3))}
    accept = {"Accept": "application/json"}
    answers.acknowledge(incident, by=world.bob, at=AT)
    said = client.post(path, late, headers=accept).json()
    assert (said["state"], said["said"]) == ("taken", f"{world.bob} has it. You can go back to sleep.")
    lifecycle.resolve(Incident.objects.get(), by=world.bob, at=AT)
    assert client.post(path, late, headers=accept).json()["state"] == "over"
    assert client.post("/p/forged/", late, headers=accept).json()["state"] == "gone"


def test_subscription_is_read_back() -> None:
    there = of(Browser("https://push.example.com/1").to_json(), device="iPhone")
    assert isinstance(there, Subscription)
    assert not there.enough_alone


@pytest.mark.django_db
def test_an_iphone_is_not_enough_for_critical_pages(world: World, service: PushService) -> None:
    with_push(world.alice, service.browser(), "iPhone")
    push_way = world.alice.contact_methods.get()
    assert "no buttons" in signed_in(world.alice).get("/settings/methods/").content.decode()
    with pytest.raises(NotAllowed, match="no buttons"):
        methods.add_rule(world.alice, severity="critical", method=push_way, after=timedelta())
    mail_way = with_mail(world.alice)
    assert alone.not_enough(world.alice) == ""
    mail_rule = methods.add_rule(world.alice, severity="critical", method=mail_way, after=timedelta(minutes=1))
    methods.add_rule(world.alice, severity="critical", method=push_way, after=timedelta())
    with pytest.raises(NotAllowed, match="no buttons"):
        methods.remove_rule(world.alice, mail_rule.pk)
    with pytest.raises(NotAllowed, match="no buttons"):
        methods.remove(mail_way)
    assert world.alice.contact_methods.count() == 2
    assert world.alice.personal_rules.count() == 2


@pytest.mark.parametrize(
    ("agent", "tablet", "name"),
    [
        (PHONE, False, "Chrome on Android"),
        (TABLET, False, "Safari on Mac"),
        (TABLET, True, "iPad"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", False, "iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", False, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36 Edg/142.0", False, "Edge on Windows"),
        ("", False, "a browser"),
    ],
)
def test_what_a_browser_is_called(agent: str, tablet: bool, name: str) -> None:
    request = RequestFactory().get("/", headers={"User-Agent": agent})
    assert device(request, tablet=tablet) == name
