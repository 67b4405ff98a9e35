"""The main job as people see it: paged in the browser and by mail, acknowledged, noted, resolved; with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.mail import link_for
from tests.browser.visitor import SECONDS, Visitor
from tests.system import ORG, System

pytestmark = pytest.mark.peer

SOON = 7 * SECONDS
"""An open tab asks every 5 s; the rest is for a busy machine."""
Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def system(browser: Browser) -> Iterator[System]:
    """The whole system with three people; mail goes into files."""
    with System(ORG) as running:
        yield running


@pytest.fixture(scope="module")
def sessions() -> dict[str, Any]:
    """Who has signed in already: their cookies, for tests in which signing in is not the point."""
    return {}


@pytest.fixture
def visit(browser: Browser, system: System, sessions: dict[str, Any]) -> Iterator[Visit]:
    """Browsers that are closed, and asked for complaints, when the test is over."""
    visitors: list[Visitor] = []

    def make(*, width: int = 1280, scripts: bool = True, signed_in: str = "") -> Visitor:
        visitors.append(visitor := Visitor(browser, system, width=width, scripts=scripts))
        if signed_in in sessions:
            visitor.context.add_cookies(sessions[signed_in])
        elif signed_in:
            sessions[signed_in] = visitor.sign_in(signed_in).cookies
        return visitor

    yield make
    for visitor in visitors:
        visitor.close()


def break_something(system: System, title: str) -> str:
    """An alert comes in; the number of its incident."""
    alert = {"title": title, "dedup_key": title, "severity": "critical"}
    answer = system.post("/api/in/generic/use-a-long-random-key-0002", alert)
    assert answer.status == 202
    return str(answer.json()["incidents"][0])


def over(system: System, title: str) -> None:
    """The alert says that all is well."""
    system.post(
        "/api/in/generic/use-a-long-random-key-0002", {"title": title, "dedup_key": title, "status": "resolved"}
    )


@pytest.mark.parametrize(("width", "scripts"), [(360, True), (1280, True), (360, False)])
def test_from_the_banner_to_the_end(system: System, visit: Visit, width: int, scripts: bool) -> None:
    title = f"Queue is stuck, seen at {width} px{'' if scripts else ' without scripts'}"
    alice = visit(width=width, scripts=scripts).sign_in("alice@example.com")
    page = alice.open("/oncall/")
    expect(page).to_have_title(re.compile("On-call"))
    number = break_something(system, title)

    # The banner comes to whatever page is open; without scripts with the next page that is opened.
    paged = page.get_by_role("region", name="You are paged")
    if scripts:
        expect(paged).to_contain_text(f"{number} {title}", timeout=SOON)
        expect(page).to_have_title(f"(1) {number} {title}")
    else:
        system.until(lambda: page.reload() and paged.count(), 10, "the banner")
        expect(paged).to_contain_text(f"{number} {title}")
    assert page.url == f"{system.url}/oncall/"

    paged.get_by_role("button", name="Acknowledge").click()
    page.wait_for_url(f"{system.url}/incidents/{number}/")
    expect(page.get_by_text("You have it until")).to_be_visible()
    expect(paged).to_have_count(0)
    expect(page).to_have_title(f"{number} {title} · Sharp End")

    words = "Restarted **one** consumer"
    page.get_by_label("Note", exact=True).fill(words)
    page.get_by_role("button", name="Add the note").click()
    noted = page.locator(".story [data-kind=note]")
    expect(noted).to_contain_text("Restarted one consumer")
    expect(noted.locator("strong", has_text="one")).to_be_visible()

    # It still fires: asked twice.
    foot = page.locator(".foot" if width < 900 else ".inc-acts")
    foot.locator("summary", has_text="Resolve").click()
    foot.get_by_role("button", name="Resolve while it fires").click()
    expect(page.locator(".inc-head")).to_contain_text("resolved")
    assert system.api(f"/incidents/{number}/")["state"] == "resolved"
    assert system.api(f"/incidents/{number}/")["acked_by"] == "alice@example.com"
    over(system, title)


def test_the_link_of_the_mail_acknowledges_without_signing_in(system: System, visit: Visit) -> None:
    number = break_something(system, "Disk is full")
    page = visit(width=360).open(link_for(system, "alice@example.com", number))
    expect(page.get_by_role("heading", name="Disk is full")).to_be_visible()
    assert system.api(f"/incidents/{number}/")["acked_at"] is None

    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("heading", name="You have it")).to_be_visible()
    assert system.api(f"/incidents/{number}/")["acked_by"] == "alice@example.com"
    over(system, "Disk is full")


def test_the_other_one_sees_who_has_it_without_reloading(system: System, visit: Visit) -> None:
    alice = visit(signed_in="alice@example.com")
    bob = visit(width=360, signed_in="bob@example.com")
    number = break_something(system, "Cache is cold")
    bobs = bob.open(f"/incidents/{number}/")
    expect(bobs.get_by_role("button", name="Acknowledge")).to_be_visible()
    bobs.get_by_label("Note", exact=True).fill("half a thought")

    alice.open("/").get_by_role("region", name="You are paged").get_by_role("button", name="Acknowledge").click()
    expect(bobs.get_by_text("Alice has it until")).to_be_visible(timeout=SOON)
    expect(bobs.get_by_role("button", name="Acknowledge")).to_have_count(0)
    assert bobs.get_by_label("Note", exact=True).input_value() == "half a thought"  # what was being typed stays
    over(system, "Cache is cold")


def test_keys_press_the_buttons(system: System, visit: Visit) -> None:
    alice = visit(signed_in="alice@example.com")
    number = break_something(system, "Key ring")
    page = alice.open(f"/incidents/{number}/")
    page.keyboard.press("a")
    expect(page.get_by_text("You have it until")).to_be_visible()
    other = break_something(system, "Door bell")
    expect(page.get_by_role("region", name="You are paged")).to_contain_text("Door bell", timeout=SOON)
    page.keyboard.press("a")  # mine already: the key must not take another one
    page.keyboard.press("n")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()
    page.keyboard.type("armed")  # letters in a field are letters
    assert page.get_by_label("Note", exact=True).input_value() == "armed"
    for key, field in (("p", "Who can help?"), ("u", "Title for customers"), ("t", "does what")):
        page.keyboard.press("Escape")
        page.keyboard.press(key)
        unfolded = page.locator(f"details[open]:has(> [data-key={key}])")
        expect(unfolded.get_by_label(field)).to_be_visible()
        expect(unfolded.locator(":focus")).to_have_count(1)  # what a key unfolds is meant to be filled in
    assert system.api(f"/incidents/{other}/")["acked_by"] is None
    over(system, "Key ring")
    over(system, "Door bell")
    # Nobody has it: it would stand in everybody's banner until its alert has been quiet for long enough.
    assert system.post(f"/api/v1/incidents/{other}/resolve/", {}, token=system.token).status == 200
