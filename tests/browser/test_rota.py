"""A rota of two layers is built in the page, a shift of it is swapped, and the pager answers accordingly."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import Visitor
from tests.system import System

pytestmark = pytest.mark.peer

NEW = "/setup/schedule/?team=payments"


def layer(page: Page, number: int, name: str, starts: str, *people: str) -> None:
    """Type one layer; its form is there already."""
    prefix = f"layers-{number}"
    page.locator(f"[name={prefix}-name]").fill(name)
    page.locator(f"[name={prefix}-starts]").fill(starts)
    for turn, email in enumerate(people):
        if not page.locator(f"[name={prefix}-members-{turn}-user]").count():
            page.locator(f"[value='add:{prefix}-members']").click()
        page.locator(f"[name={prefix}-members-{turn}-user]").select_option(email)


def holder(system: System, at: str) -> Any:
    """Whom the pager would page."""
    return system.api(f"/schedules/second-line/on-call/?at={at}")["person"]


def test_two_layers_a_swap_and_the_pagers_answer(browser: Browser, system: System) -> None:
    today = timezone.now().date()
    monday = today - timedelta(days=today.weekday() + 7)
    with Visitor(browser, system) as mia:
        mia.sign_in("mia@example.com")
        page = mia.open(NEW)
        page.locator("[name=name]").fill("Second line")
        layer(page, 0, "weekly", f"{monday}T09:00", "alice@example.com", "bob@example.com")
        page.locator("[value='add:layers']").click()
        layer(page, 1, "office", f"{monday}T00:00", "mia@example.com")
        page.locator("[value='add:layers-1-windows']").click()
        page.locator("[name=layers-1-windows-0-days][value=wed]").check()
        page.locator("[name=layers-1-windows-0-start]").fill("10:00")
        page.locator("[name=layers-1-windows-0-end]").fill("11:00")
        page.get_by_role("button", name="See the next two weeks").click()
        expect(page.get_by_text("Somebody has the pager all the time.")).to_be_visible()
        page.get_by_role("button", name="Save it").click()
        page.wait_for_url(re.compile("/oncall/second-line/"))
        expect(page.locator(".cal .final")).to_have_count(1)
        expect(page.locator(".cal tbody tr")).to_have_count(3)
    wednesday = monday + timedelta(days=16)
    assert holder(system, f"{wednesday}T10:30:00Z") == "mia@example.com"

    with Visitor(browser, system, width=360) as alice:
        alice.sign_in("alice@example.com")
        page = alice.open("/oncall/second-line/")
        page.get_by_role("link", name="Ask somebody to swap").click()
        second = page.locator("[name=mine] option").nth(1).get_attribute("value") or ""
        page.locator("[name=mine]").select_option(second)
        start = datetime.fromtimestamp(int(second), UTC)
        page.locator("[name=with]").select_option("bob@example.com")
        page.get_by_role("button", name="Choose what you take in return").click()
        page.get_by_role("button", name="Ask Bob").click()
        expect(page.get_by_text("Alice Ames asks Bob Byrne to take a shift").first).to_be_visible()
    asked = (start + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert holder(system, asked) == "alice@example.com"

    with Visitor(browser, system) as bob:
        page = bob.sign_in("bob@example.com").open("/oncall/second-line/")
        page.get_by_role("button", name="Take it").first.click()
        expect(page.get_by_text("It is accepted.")).to_be_visible()
    assert holder(system, asked) == "bob@example.com"
