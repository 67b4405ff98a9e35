"""The keyboard: the focus is seen wherever it is, stays where it was, and every way in and out works."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import SECONDS, Visitor
from tests.system import System

pytestmark = pytest.mark.peer

SOON = 7 * SECONDS
UNSEEN = """() => {
  const item = document.activeElement, style = getComputedStyle(item), after = getComputedStyle(item, "::after");
  const seen = [style, after].some((one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 1);
  return seen || item === document.body ? [] : [item.outerHTML.slice(0, 120)];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_focus_is_seen_on_everything_that_takes_it(
    browser: Browser, system: System, cookies: Any, scheme: str, burning: Any
) -> None:
    path = burning(f"Focus, {scheme}")
    with Visitor(browser, system, scheme=scheme) as visitor:
        visitor.context.add_cookies(cookies)
        for address in (path, "/", "/settings/methods/"):
            page = visitor.open(address)
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.className") == "skip"
            unseen: list[str] = []
            for _step in range(120):
                unseen += page.evaluate(UNSEEN)
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement === document.body"):
                    break
            assert unseen == [], address


def test_the_keyboard_stays_where_it_was_when_others_act(alice: Visitor, system: System, burning: Any) -> None:
    path = burning("Focus stays")
    page = alice.open(path)
    escalate = page.get_by_role("button", name="Escalate now")
    escalate.focus()
    system.api("/incidents/")
    assert system.post(f"/api/v1{path}notes/", {"text": "Somebody else"}, token=system.token).status == 201
    expect(page.locator(".story")).to_contain_text("Somebody else", timeout=SOON)
    expect(escalate).to_be_focused()

    page.locator(".inc-acts").get_by_role("button", name="Mitigated").focus()
    assert system.post(f"/api/v1{path}mitigate/", {}, token=system.token).status == 200
    expect(page.locator(".inc-head")).to_contain_text("monitoring", timeout=SOON)
    assert page.evaluate("document.getElementById('incident').contains(document.activeElement)")


def test_the_skip_link_the_list_of_keys_and_escape(alice: Visitor) -> None:
    page = alice.open("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.get_by_role("button", name="Menu of").click()
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()
