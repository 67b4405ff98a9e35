"""Waking a person by this browser, in Chromium: subscribed by hand, pushed to, answered, also without a connection and late.

Two things are not there without a real push service: the subscription is the stand-in's, and what the stand-in got is handed
to the worker by the browser's own tools. All else is real: the worker, its notifications, its queue, the server.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Worker, expect

from tests.browser.visitor import SECONDS, Visitor
from tests.fakes.push import PRIVATE_KEY, PushService
from tests.fakes.push import Browser as Subscribed
from tests.system import ORG, System

pytestmark = pytest.mark.peer

SOON = 30 * SECONDS
EVERY_WAY = ORG.replace("true}},\n     rules: {default: [{via: mail, after: 0m}]}}", "true}}}").replace("30s", "10m")
"""Alice has no rules: every verified way rings at once."""
STAND_IN = """
const given = SUBSCRIPTION, known = () => sessionStorage.getItem("subscribed");
const made = () => ({ endpoint: given.endpoint, options: {}, toJSON: () => given, unsubscribe: async () => true });
PushManager.prototype.getSubscription = async () => known() ? made() : null;
PushManager.prototype.subscribe = async (asked) => {
  if (!asked.userVisibleOnly || !asked.applicationServerKey) throw new TypeError("a key is missing");
  sessionStorage.setItem("subscribed", "1");
  return made();
};
"""
NOTES = """async () => (await self.registration.getNotifications()).map((one) => ({
  title: one.title, body: one.body, tag: one.tag, stays: one.requireInteraction, actions: one.actions.map((act) => act.title),
}))"""
PRESS = """async ([tag, action]) => {
  const [notification] = await self.registration.getNotifications({ tag });
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
}"""
OFFLINE = "() => { self.__fetch ||= self.fetch; self.fetch = () => Promise.reject(new TypeError('no connection')); }"
ONLINE = "() => { self.fetch = self.__fetch; }"
OLDER = """async (by) => { for (const one of await waiting()) await keep({ ...one, at: one.at - by }); }"""


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    """The push service."""
    with PushService() as there:
        yield there


@pytest.fixture(scope="module")
def system(browser: Browser, service: PushService) -> Iterator[System]:
    """The whole system, which may call the stand-in."""
    with System(EVERY_WAY, VAPID_PRIVATE_KEY=PRIVATE_KEY, EGRESS_ALLOW="127.0.0.1") as running:
        yield running


class Phone:
    """Alice's browser and its worker: what the push service got is handed over, and what is shown can be pressed."""

    def __init__(self, visitor: Visitor, subscribed: Subscribed) -> None:
        self.visitor, self.subscribed, self.taken = visitor, subscribed, 0
        self.tools: CDPSession = visitor.context.new_cdp_session(visitor.page)
        self.registration: list[str] = []
        self.tools.on("ServiceWorker.workerRegistrationUpdated", self._seen)
        self.tools.send("ServiceWorker.enable")

    def _seen(self, event: dict[str, Any]) -> None:
        self.registration += [one["registrationId"] for one in event["registrations"] if not one["isDeleted"]]

    @property
    def worker(self) -> Worker:
        """The one in charge."""
        return self.visitor.context.service_workers[-1]

    def ring(self) -> dict[str, Any]:
        """The next push arrives."""
        self.until(lambda: len(self.subscribed.shown) > self.taken, "pushed")
        said = self.subscribed.shown[self.taken]
        self.taken += 1
        self.tools.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": self.visitor.system.url,
                "registrationId": self.registration[-1],
                "data": json.dumps(said),
            },
        )
        return said

    def notes(self) -> list[dict[str, Any]]:
        """What stands on the screen."""
        found: list[dict[str, Any]] = self.worker.evaluate(NOTES)
        return found

    def shows(self, tag: str, words: str) -> dict[str, Any]:
        """Wait until the notification of this tag says so."""
        wanted = lambda: [one for one in self.notes() if one["tag"] == tag and words in one["title"]]  # noqa: E731
        found: dict[str, Any] = self.until(wanted, words)[0]
        return found

    def press(self, tag: str, action: str = "acknowledge") -> None:
        """One of its buttons."""
        self.worker.evaluate(PRESS, [tag, action])

    def until(self, true: Callable[[], Any], what: str) -> Any:
        """Wait for it, while the browser goes on."""
        end = time.monotonic() + SOON / SECONDS
        while time.monotonic() < end:
            if found := true():
                return found
            self.visitor.page.wait_for_timeout(100)
        raise AssertionError(f"not in time: {what}; on the screen: {self.notes()}")


@pytest.fixture(scope="module")
def phone(browser: Browser, system: System, service: PushService) -> Iterator[Phone]:
    """Alice's, which wakes her: asked for by her, proved by the test that arrived."""
    with Visitor(browser, system) as visitor:
        subscribed = service.browser()
        visitor.context.grant_permissions(["notifications"], origin=system.url)
        visitor.context.add_init_script(STAND_IN.replace("SUBSCRIPTION", json.dumps(subscribed.to_json())))
        page = visitor.sign_in("alice@example.com").open("/settings/methods/")
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        one = Phone(visitor, subscribed)
        page.get_by_role("button", name="Wake me in this browser").click()
        expect(page.get_by_text("A test is on its way to this browser")).to_be_visible(timeout=SOON)
        assert one.ring()["test"]
        expect(page.get_by_text("This browser wakes you, also while Sharp End is closed.")).to_be_visible(timeout=SOON)
        expect(page.get_by_role("listitem").filter(has_text="push Chrome on Linux").first).to_contain_text("verified")
        one.press("test")
        one.shows("test", "Test page")
        yield one


def burn(system: System, title: str) -> str:
    """An incident that pages Alice; its number."""
    alert = {"title": title, "dedup_key": title, "severity": "critical"}
    number: str = system.post("/api/in/generic/use-a-long-random-key-0002", alert).json()["incidents"][0]
    return number


def holder(system: System, number: str) -> Any:
    """Who has it, by the REST API."""
    return system.api(f"/incidents/{number}/")["acked_by"]


def test_a_page_is_shown_and_acknowledged_by_its_button(system: System, phone: Phone) -> None:
    number = burn(system, "Queue stuck")
    phone.ring()
    shown = phone.shows(number, "Queue stuck")
    assert shown["stays"]
    assert shown["actions"] == ["Acknowledge", "Open"]
    phone.press(number)
    answered = lambda: [one for one in phone.notes() if one["tag"] == number and "You have it" in one["body"]]  # noqa: E731
    phone.until(answered, "answered")  # the notification of the test page says the same under its own tag
    assert holder(system, number) == "alice@example.com"


def test_a_press_without_a_connection_is_kept_and_sent(system: System, phone: Phone) -> None:
    number = burn(system, "Disk full")
    phone.ring()
    phone.shows(number, "Disk full")
    phone.worker.evaluate(OFFLINE)
    phone.press(number)
    phone.shows(number, "Not acknowledged yet")
    assert holder(system, number) is None
    (kept,) = phone.worker.evaluate("() => waiting()")
    assert set(kept) == {"path", "tag", "actions", "at"}
    phone.worker.evaluate(ONLINE)
    phone.visitor.open("/")  # any page of ours wakes the worker
    phone.until(lambda: holder(system, number) == "alice@example.com", "sent")
    assert phone.worker.evaluate("() => waiting()") == []


def test_a_press_that_waited_for_hours_is_asked_again(system: System, phone: Phone) -> None:
    number = burn(system, "Cache cold")
    phone.ring()
    phone.shows(number, "Cache cold")
    phone.worker.evaluate(OFFLINE)
    phone.press(number)
    phone.shows(number, "Not acknowledged yet")
    phone.worker.evaluate(OLDER, 3 * 3600 * 1000)
    phone.worker.evaluate(ONLINE)
    phone.visitor.open("/")
    asked = phone.shows(number, "You pressed this 3 h ago. Still yours?")
    assert asked["actions"] == ["Acknowledge", "Open"]
    assert holder(system, number) is None
    phone.press(number)
    phone.until(lambda: holder(system, number) == "alice@example.com", "taken")


def test_no_word_of_an_incident_is_kept(phone: Phone) -> None:
    kept = phone.visitor.page.evaluate(
        "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
        " (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname)))).flat()"
    )
    assert [path for path in kept if not path.startswith("/static/")] == ["/offline/"]


def test_without_scripts_the_section_says_what_is_missing(browser: Browser, system: System, phone: Phone) -> None:
    with Visitor(browser, system, scripts=False) as visitor:
        visitor.context.add_cookies(phone.visitor.cookies)
        page = visitor.open("/settings/methods/")
        expect(page.get_by_text("Push needs JavaScript")).to_be_visible()
        expect(page.get_by_role("button", name="Wake me in this browser")).to_be_hidden()
