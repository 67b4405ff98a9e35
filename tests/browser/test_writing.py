"""Writing a postmortem as people do: words survive a reload, another writer, and a browser without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import Visitor
from tests.system import ORG, System

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def system(browser: Browser) -> Iterator[System]:
    """The whole system with three people."""
    with System(ORG) as running:
        yield running


@pytest.fixture(scope="module")
def alice(browser: Browser, system: System) -> Iterator[Visitor]:
    """One writer."""
    with Visitor(browser, system) as visitor:
        yield visitor.sign_in("alice@example.com")


@pytest.fixture(scope="module")
def bob(browser: Browser, system: System) -> Iterator[Visitor]:
    """The other one."""
    with Visitor(browser, system) as visitor:
        yield visitor.sign_in("bob@example.com")


@pytest.fixture
def draft(system: System) -> str:
    """The address of a draft that nobody has touched yet."""
    system.api("/incidents/")
    now = timezone.now().isoformat()
    past = {"title": "Queue stuck", "service": "checkout", "class": "critical", "detected_at": now, "resolved_at": now}
    number = system.post("/api/v1/incidents/", past, token=system.token).json()["number"]
    system.post(f"/api/v1/postmortems/{number}/request/", {}, token=system.token)
    return f"/postmortems/{number}/"


def save(page: Page, part: str) -> None:
    """Press the button below a part."""
    page.locator(f"section#{part} button.save").click()


def test_words_survive_a_reload_and_are_saved_in_place(alice: Visitor, draft: str) -> None:
    page = alice.open(draft)
    page.fill("#f-summary", "The queue stood still")
    page.locator("[name=factor]").nth(1).fill("Nobody looked at its age")
    page.reload()
    expect(page.locator("#f-summary")).to_have_value("The queue stood still")
    expect(page.locator("[name=factor]").nth(1)).to_have_value("Nobody looked at its age")
    expect(page.locator("[data-draft-word]")).to_be_visible()
    save(page, "summary")
    expect(page.locator("#pm-saved")).to_contain_text("by you")
    expect(page.locator("[name=factor]")).to_have_count(3)  # one is written, two are offered
    assert page.url.endswith(draft)
    page.locator("section#summary [name=look]").click()
    expect(page.locator("#look-summary p")).to_have_text("The queue stood still")
    page.reload()
    expect(page.locator("[data-draft-word]")).to_be_hidden()


def test_two_writers(alice: Visitor, bob: Visitor, draft: str) -> None:
    first, second = alice.open(draft), bob.open(draft)
    first.fill("#f-summary", "What Alice saw")
    save(first, "summary")
    expect(first.locator("#pm-saved")).to_contain_text("by you")
    second.fill("#f-summary", "What Bob saw")
    second.reload()  # his words come back with what they were written over
    save(second, "summary")
    expect(second.locator(".callout[role=alert]")).to_contain_text("Alice wrote here while you did.")
    expect(second.locator("#part-summary .theirs pre")).to_have_text("What Alice saw")
    expect(second.locator("#f-summary")).to_have_value("What Bob saw")
    second.fill("#f-summary", "What both saw")
    save(second, "summary")
    expect(second.locator(".theirs")).to_have_count(0)
    assert [line for line in bob.complaints if not line.endswith(": 409")] == []
    bob.complaints.clear()
    first.reload()
    expect(first.locator("#f-summary")).to_have_value("What both saw")


def test_without_scripts(browser: Browser, system: System, draft: str) -> None:
    with Visitor(browser, system, scripts=False, width=360) as visitor:
        page = visitor.sign_in("alice@example.com").open(draft)
        page.fill("#f-summary", "Without scripts")
        page.fill("#f-surprises", "It **works**")
        page.locator("section#surprises [name=look]").click()
        expect(page.locator("#look-surprises strong")).to_have_text("works")
        expect(page.locator("#f-summary")).to_have_value("Without scripts")
        page.get_by_role("button", name="File it").click()
        expect(page.locator(".callout[role=alert] a").first).to_have_attribute("href", "#summary")
        page.goto(draft)
        expect(page.locator("#f-surprises")).to_have_value("It **works**")  # what was typed is saved, filed or not
