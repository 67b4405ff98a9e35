"""The whole loop as people see it: answered, told to customers, filed, published, read by a stranger, unblocked, reviewed."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.browser.scene import stuck
from tests.browser.visitor import Visitor
from tests.system import ORG, System

pytestmark = pytest.mark.peer

ORGANISATION = (
    ORG + "components:\n  - {slug: checkout, name: Card payments, service: checkout, group: Shop, public: true}\n"
)
SUMMARY = (
    "The worker that hands payments on stood still after the broker was restarted, because it kept a connection that "
    "nobody answered any more. Orders were taken, payments waited for the better part of an hour."
)
FACTORS = ("The client waits for an answer without an end", "No alert looks at the age of the oldest payment")
ANSWERS = {
    "signals": "The depth of the queue was seen, its age was not.",
    "understanding": "At minute 15 we believed that the provider was slow.",
    "decisions": "Restart one host after the other, to keep what was in memory.",
}
PUBLIC = """Card payments failed for 50 minutes. We are sorry: you could order, and could not pay.

From 02:10 to 03:00 UTC payments were delayed. No payment was taken twice.

We will watch how long payments wait, and we have changed the client so that it gives up on a dead connection."""


@pytest.fixture(scope="module")
def system(browser: Browser) -> Iterator[System]:
    """The whole system with three people and a part that customers know."""
    with System(ORGANISATION) as running:
        yield running


def broken_for_50_minutes(system: System) -> str:
    """An Alertmanager tells it late; the number of the incident."""
    group = {"version": "4", "status": "firing", "receiver": "sharp-end", "groupKey": '{}:{alertname="QueueStuck"}'}
    answer = system.post("/api/in/alertmanager/use-a-long-random-key-0001", {**group, "alerts": [stuck("queue-a", 50)]})
    assert answer.status == 202, answer.body
    return str(answer.json()["incidents"][0])


def clocks(system: System, number: str) -> dict[str, Any]:
    """The states of both promises."""
    found = system.api(f"/incidents/{number}/")["clocks"]
    return {kind: clock and clock["state"] for kind, clock in found.items()}


def answer_and_tell(page: Page, system: System, number: str) -> None:
    """Acknowledge, speak for us, tell customers twice, end it."""
    page.goto("/")
    page.get_by_role("region", name="You are paged").get_by_role("button", name="Acknowledge").click()
    page.wait_for_url(f"{system.url}/incidents/{number}/")
    page.locator("#take-role summary").click()
    page.get_by_label("does what").select_option("point_of_contact")
    page.get_by_role("button", name="From now on").click()
    expect(page.locator(".o-who")).to_contain_text("speaks for us")
    page.locator("#ask-update summary").click()
    page.get_by_label("Title for customers").fill("Card payments fail")
    page.get_by_label("What customers should know").fill("You can order, payments wait. We are on it.")
    page.get_by_label("Card payments", exact=True).select_option("partial_outage")
    page.get_by_role("button", name="Publish it").click()
    expect(page.locator(".told")).to_contain_text("payments wait")
    page.get_by_role("button", name="Mitigated").first.click()
    expect(page.locator(".inc-head")).to_contain_text("monitoring")
    page.locator("#ask-update summary").click()
    page.get_by_label("Where it stands").select_option("resolved")
    page.get_by_label("What customers should know").fill("Payments are taken again.")
    page.get_by_label("Card payments", exact=True).select_option("operational")
    page.get_by_role("button", name="Publish it").click()
    expect(page.locator(".told")).to_contain_text("taken again")
    page.locator(".inc-acts summary", has_text="Resolve").click()
    page.locator(".inc-acts").get_by_role("button", name="Resolve while it fires").click()
    expect(page.locator(".inc-head")).to_contain_text("resolved")


def write_and_file(page: Page, system: System, number: str) -> None:
    """Filed too early it says what is missing; with everything it is filed."""
    page.goto(f"/postmortems/{number}/")
    page.get_by_role("button", name="File it").click()
    expect(page.get_by_role("alert")).to_contain_text("missing before it can be filed")
    assert clocks(system, number) == {"internal": "running", "public": "running"}
    page.locator("#summary textarea").fill(SUMMARY)
    page.locator("#impact textarea").fill("About 1,200 payments waited, the longest for 50 minutes.")
    for place, text in enumerate(FACTORS):
        page.locator("#factors textarea").nth(place).fill(text)
    for group, text in ANSWERS.items():
        asked = page.locator(f"#questions [id^=answer-{group}] textarea").first
        if asked.count():
            asked.fill(text)
        else:
            page.locator("#part-another summary").click()
            page.locator("#f-another").select_option(f"{group}-1")
            page.locator("#f-another-text").fill(text)
    page.locator("#f-item-title").fill("Alert on the age of the oldest payment")
    page.locator("#f-item-done").fill("The alert fires in the drill of the first Monday")
    page.locator("#f-item-owner").select_option("alice@example.com")
    page.locator("#f-item-due").fill((timezone.now() + timedelta(days=20)).date().isoformat())
    page.get_by_role("button", name="File it").click()
    expect(page.locator(".inc-head")).to_contain_text("filed")
    assert clocks(system, number) == {"internal": "met", "public": "running"}


def publish(page: Page, number: str) -> None:
    """Sign and publish what customers may read."""
    page.goto(f"/postmortems/{number}/public/")
    page.locator("#text").fill("Payments of Alice failed on queue-a.internal.")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not ready")
    page.locator("#text").fill(PUBLIC)
    page.get_by_role("button", name="Sign it").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".pm-clocks")).to_contain_text("not yet read by a stranger")


def read_as_a_stranger(page: Page) -> None:
    """From the front page to the postmortem; nothing that is ours alone."""
    page.goto("/status/")
    expect(page.locator("h1")).to_contain_text(re.compile("operational|normal", re.IGNORECASE))
    page.get_by_role("link", name="Card payments fail").first.click()
    expect(page.locator("main")).to_contain_text("you could order, and could not pay")
    expect(page.locator("main")).to_contain_text("Payments are taken again.")
    assert "Alice" not in page.content()
    assert "QueueStuck" not in page.content()


def cannot_go_on(page: Page, title: str) -> None:
    """Accept the item, begin, and say what is in the way."""
    page.goto("/remediation/?show=mine")
    page.get_by_role("link", name=title).click()
    page.locator("#ask-accept summary").click()
    page.locator("#ask-accept").get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="Start").click()
    page.locator("#ask-block summary").click()
    form = page.locator("#ask-block")
    form.locator("select[name=code]").select_option("needs_decision")
    form.locator("[name=text]").fill("Two teams say that the alert is theirs.")
    form.locator("[name=unblocks]").fill("Somebody says whose it is.")
    form.get_by_role("button", name="Ask the manager").click()
    expect(page.locator("main")).to_contain_text("Alice cannot go on: a decision is missing")


def clear_the_way(page: Page, title: str) -> None:
    """What the manager finds among the duties, and answers."""
    page.goto("/")
    expect(page.locator("main")).to_contain_text(title)
    page.goto("/manage/blocked/")
    row = page.locator(".blocked li", has_text=title)
    expect(row).to_contain_text("my answer pending")
    row.get_by_label("decide", exact=True).check()
    row.locator("textarea[name=text]").fill("It is ours.")
    row.get_by_role("button", name="Answer").click()
    expect(page.locator("main")).to_contain_text("My answer pending 0")


def test_from_the_page_to_the_week(browser: Browser, system: System) -> None:
    with (
        Visitor(browser, system) as alice,
        Visitor(browser, system) as mia,
        Visitor(browser, system, width=360) as stranger,
    ):
        alice.sign_in("alice@example.com")
        number = broken_for_50_minutes(system)
        answer_and_tell(alice.page, system, number)
        system.until(lambda: clocks(system, number) == {"internal": "running", "public": "running"}, 5, "both clocks")
        write_and_file(alice.page, system, number)

        # The clock waits for a stranger's look, not for the button: with the dispatcher stopped, nobody has looked.
        dispatchers = system.children("manage.py dispatch")
        for pid in dispatchers:
            os.kill(pid, signal.SIGSTOP)
        try:
            publish(alice.page, number)
            read_as_a_stranger(stranger.page)
            assert clocks(system, number)["public"] == "running"
        finally:
            for pid in dispatchers:
                os.kill(pid, signal.SIGCONT)
        system.until(lambda: clocks(system, number)["public"] == "met", 15, "the public address was fetched")

        cannot_go_on(alice.page, title := "Alert on the age of the oldest payment")
        mia.sign_in("mia@example.com")
        clear_the_way(mia.page, title)
        the_week_shows_it(mia.page, number, title)


def the_week_shows_it(page: Page, number: str, title: str) -> None:
    """One incident, both postmortems on time, the item and who answered."""
    page.goto("/ops/review/")
    main = page.locator("main")
    expect(main).to_contain_text(number)
    expect(main).to_contain_text("1 of 1")
    page.goto("/remediation/")
    expect(main).to_contain_text(title)
