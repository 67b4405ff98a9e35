"""One field that finds and acts, by keys alone: opened over any page, walked by arrows, and never a surprise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from shots.judge import NARROWEST, accessible, call
from tests.browser.scene import Scene, organisation
from tests.browser.visitor import Visitor
from tests.system import System

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def system(browser: Browser) -> Iterator[System]:
    """A whole system with an organisation."""
    with System(organisation()) as running:
        yield running


@pytest.fixture(scope="module")
def numbers(system: System) -> dict[str, str]:
    """The organisation at work: its incidents by what they stand for."""
    return Scene(system).play().numbers


@pytest.fixture(scope="module")
def alice(browser: Browser, system: System, numbers: dict[str, str]) -> Iterator[Visitor]:
    """Alice, who is paged; one browser for all of these."""
    with Visitor(browser, system) as visitor:
        yield visitor.sign_in("alice@example.com")


def say(page: Page, words: str) -> None:
    """Open the field, type, and wait for the answer to exactly this."""
    page.keyboard.press("/")
    page.locator("#palette .found[data-q='']").wait_for()
    page.keyboard.type(words)
    page.locator(f"#palette .found[data-q='{words}']").wait_for()


def test_opening_and_closing(alice: Visitor) -> None:
    page = alice.open("/oncall/")
    field = page.locator("#palette-q")
    link = page.locator("main a").first
    link.focus()
    for key in ("/", "Control+k"):
        page.keyboard.press(key)
        expect(field).to_be_focused()
        expect(page.locator("#palette [role=status]")).to_have_text("What you can do now")
        page.keyboard.press("Escape")
        expect(page.locator("#palette")).to_be_hidden()
        expect(link).to_be_focused()
    page.locator("header .search input").click()
    expect(field).to_be_focused()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#palette")).to_be_hidden()


def test_a_slash_in_a_field_is_a_slash(alice: Visitor, numbers: dict[str, str]) -> None:
    page = alice.open(f"/incidents/{numbers['held']}/")
    note = page.get_by_label("Note", exact=True)
    note.fill("see ")
    note.press("/")
    expect(page.locator("#palette")).to_be_hidden()
    assert note.input_value() == "see /"
    note.press("Control+k")
    expect(page.locator("#palette-q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(note).to_be_focused()
    note.fill("")


def test_arrows_go_from_line_to_line_and_return_opens(alice: Visitor, numbers: dict[str, str]) -> None:
    page = alice.open("/")
    say(page, "payment")
    lines = page.locator("#palette .found .hit")
    page.keyboard.press("ArrowDown")
    expect(lines.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(lines.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#palette-q")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("s")  # a letter goes on with the typing
    expect(page.locator("#palette-q")).to_have_value("payments")
    page.locator("#palette .found[data-q='payments']").wait_for()
    expect(page.locator("#palette [role=status]")).to_contain_text("found")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents/INC-*/")


def test_return_before_the_answer_waits_for_it(alice: Visitor, numbers: dict[str, str]) -> None:
    page = alice.open("/")
    page.keyboard.press("/")
    page.keyboard.type(numbers["search"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{numbers['search']}/")


def test_what_pages_somebody_is_led_to_and_not_pressed(alice: Visitor, numbers: dict[str, str], system: System) -> None:
    page = alice.open("/")
    number = numbers["open"].removeprefix("INC-")
    say(page, f"escalate {number}")
    button = page.locator("#palette").get_by_role("button", name="Escalate now")
    expect(page.locator("#palette .found")).to_contain_text("is paged at once")
    page.keyboard.press("Enter")
    expect(button).to_be_focused()
    assert page.url == f"{system.url}/"
    page.keyboard.press("Escape")


def test_acknowledged_by_typing_it(alice: Visitor, numbers: dict[str, str], system: System) -> None:
    page = alice.open("/services/")
    number = numbers["open"]
    say(page, f"ack {number.removeprefix('INC-')}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{number}/")
    expect(page.get_by_text("You have it until")).to_be_visible()
    assert system.api(f"/incidents/{number}/")["acked_by"] == "alice@example.com"


def test_without_scripts_it_is_a_page(
    browser: Browser, alice: Visitor, numbers: dict[str, str], system: System
) -> None:
    with Visitor(browser, system, scripts=False) as plain:
        plain.context.add_cookies(alice.cookies)
        page = plain.open("/oncall/")
        page.locator("header .search input").fill("slowly")
        page.keyboard.press("Enter")
        page.wait_for_url("**/find/?q=slowly")
        expect(page.locator("#palette")).to_be_hidden()
        page.get_by_role("button", name=f"Acknowledge {numbers['search']}").click()
        page.wait_for_url(f"**/incidents/{numbers['search']}/")
    with Visitor(browser, system, width=360, scripts=False) as phone:
        phone.context.add_cookies(alice.cookies)
        phone.open("/").locator(".bar").get_by_role("link", name="Search and act").click()
        expect(phone.page.get_by_role("heading", name="Search and act")).to_be_visible()


def test_several_are_ticked_and_acknowledged(alice: Visitor, system: System) -> None:
    hook = "/api/in/generic/use-a-long-random-key-0003"
    made = [
        str(system.post(hook, {"title": f"Shard {n} is slow", "dedup_key": f"shard-{n}"}).json()["incidents"][0])
        for n in range(3)
    ]
    page = alice.open("/incidents/?state=open&q=shard")
    press = page.get_by_role("button", name="Acknowledge those ticked")
    page.get_by_label(f"tick {made[0]}").check()
    expect(press).to_contain_text("(1)")
    page.get_by_role("button", name="Tick all").click()
    expect(press).to_contain_text("(3)")
    page.get_by_label(f"tick {made[1]}").uncheck()
    press.click()
    expect(page.locator(".messages")).to_contain_text(f"You have 2 incidents: {made[0]}, {made[2]}.")
    assert page.url.endswith("/incidents/?state=open&q=shard")
    held = {number: system.api(f"/incidents/{number}/")["acked_by"] for number in made}
    assert held == {made[0]: "alice@example.com", made[1]: None, made[2]: "alice@example.com"}


@pytest.mark.parametrize("words", ["", "payment", "escalate 6", "zzzz"])
def test_everybody_can_use_it(alice: Visitor, words: str) -> None:
    page = alice.open("/")
    say(page, words)
    assert accessible(page, [(1280, 800), (360, 800)], ["light", "dark"]) == []
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    assert call(page, "tooWide") == []
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
