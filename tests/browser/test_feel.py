"""How it feels: what was pressed can be taken back, is sent once, is not lost without a connection; keys, focus, clocks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import SECONDS, Visitor
from tests.system import System

pytestmark = pytest.mark.peer

SOON = 7 * SECONDS


def forget_lost(visitor: Visitor) -> None:
    """A browser says so itself when nobody answers; that is what these tests are about. The page asks nothing more."""
    visitor.page.close()
    known = ("Failed to fetch", "net::", "htmx:error", "error occurred when fetching the script")  # that of the worker
    left = [line for line in visitor.complaints if not any(word in line for word in known)]
    visitor.complaints[:] = left


def toast(page: Page) -> Any:
    """The notice in the corner."""
    return page.locator(".toast")


@pytest.mark.parametrize("scripts", [True, False])
def test_undo_from_the_notice(browser: Browser, system: System, cookies: Any, scripts: bool, burning: Any) -> None:
    path = burning(f"Undo, scripts {scripts}")
    with Visitor(browser, system, scripts=scripts, width=360) as visitor:
        visitor.context.add_cookies(cookies)
        page = visitor.open(path)
        page.locator(".inc-acts").get_by_role("button", name="Acknowledge").click()
        expect(page.get_by_text("You have it until")).to_be_visible()  # the page itself is the proof
        notice = page.get_by_role("status").filter(has=toast(page))
        expect(notice).to_contain_text(re.compile(r"Undo works until \d\d:\d\d .*: paging starts again\."))
        place = toast(page).evaluate("(item) => getComputedStyle(item.parentElement).position")
        assert place == ("fixed" if scripts else "static")
        notice.get_by_role("button", name="Undo").click()
        expect(page.locator(".inc-acts").get_by_role("button", name="Acknowledge")).to_be_visible()
        expect(page.locator(".story")).to_contain_text("gave it back; paging starts again")
        expect(page.locator(".story")).to_contain_text("Alice has it")


def test_undo_by_key_and_never_while_typing(alice: Visitor, burning: Any) -> None:
    page = alice.open(burning("Undo by key"))
    page.keyboard.press("a")
    expect(page.get_by_text("You have it until")).to_be_visible()
    page.wait_for_load_state()  # keys are pressed by a script
    page.keyboard.press("n")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()
    page.keyboard.type("zzz")
    expect(page.get_by_label("Note", exact=True)).to_have_value("zzz")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+z")
    expect(page.get_by_text("You have it until")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(".story")).to_contain_text("gave it back; paging starts again")


def test_a_notice_goes_by_itself_but_not_from_under_the_focus(alice: Visitor, burning: Any) -> None:
    page = alice.open(burning("A notice"))
    page.clock.install()
    page.locator(".inc-acts").get_by_role("button", name="Acknowledge").click()
    expect(toast(page)).to_be_visible()
    page.clock.run_for(20 * SECONDS)
    expect(toast(page)).to_be_visible()  # it can be taken back: it waits longer
    toast(page).get_by_role("button", name="Undo").focus()
    page.clock.run_for(120 * SECONDS)
    expect(toast(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(toast(page)).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()

    page.goto(page.url)
    page.keyboard.press("m")
    expect(toast(page)).to_be_visible()
    page.clock.run_for(60 * SECONDS)
    expect(toast(page)).to_have_count(0)
    expect(page.locator(".inc-head")).to_contain_text("monitoring")
    forget_lost(alice)  # a clock that is moved on by minutes ends what was under way


def test_pressed_twice_is_sent_once(alice: Visitor, system: System, burning: Any) -> None:
    path = burning("Pressed twice")
    page = alice.open(path)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_label("Note", exact=True).fill("once")
    page.evaluate("() => { for (const _turn of [1, 2, 3]) document.querySelector('#note-form .btn').click(); }")
    expect(page.locator(".story [data-kind=note]")).to_have_count(1)
    story = [entry for entry in system.api(f"{path}timeline/")["results"] if entry["kind"] == "note"]
    assert (len(story), len(sent)) == (1, 1)


def test_what_was_pressed_without_a_connection_is_not_lost(alice: Visitor, burning: Any) -> None:
    page = alice.open(burning("No connection"))
    page.get_by_label("Note", exact=True).fill("half the cluster is gone")
    alice.context.set_offline(True)
    page.get_by_role("button", name="Add the note").click()
    notice = page.locator("#note-form .unsent")
    expect(notice).to_contain_text(re.compile(r"Not saved since \d\d:\d\d \S+, kept in this browser\."))
    expect(page.get_by_label("Note", exact=True)).to_have_value("half the cluster is gone")
    expect(page.locator("#connection")).to_contain_text("This tab cannot page you")

    page.locator(".inc-acts").get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".inc-acts .unsent")).to_contain_text("Not sent: no connection since")

    alice.context.set_offline(False)
    expect(page.locator("#connection")).to_be_hidden(timeout=SOON)
    notice.get_by_role("button", name="Try again").click()
    expect(page.locator(".story [data-kind=note]")).to_contain_text("half the cluster is gone")
    expect(page.get_by_label("Note", exact=True)).to_have_value("")
    forget_lost(alice)


def test_the_page_of_an_incident_catches_up(alice: Visitor, system: System, burning: Any) -> None:
    path = burning("Catching up")
    page = alice.open(path)
    alice.context.set_offline(True)
    expect(page.locator("#connection")).to_be_visible(timeout=SOON)
    system.api(path)
    assert system.post(f"/api/v1{path}notes/", {"text": "Written meanwhile"}, token=system.token).status == 201
    alice.context.set_offline(False)
    expect(page.locator(".story")).to_contain_text("Written meanwhile", timeout=SOON)
    expect(page.locator("#connection")).to_be_hidden()
    forget_lost(alice)


def test_a_save_by_script_that_fails_keeps_the_words(alice: Visitor, system: System) -> None:
    system.api("/incidents/")
    past = {"title": "Over", "service": "checkout", "class": "critical", "detected_at": "2026-11-20T10:00:00Z"}
    past |= {"resolved_at": "2026-11-20T11:00:00Z"}
    number = system.post("/api/v1/incidents/", past, token=system.token).json()["number"]
    system.post(f"/api/v1/postmortems/{number}/request/", {}, token=system.token)
    page = alice.open(f"/postmortems/{number}/")
    page.fill("#f-summary", "The queue stood still")
    alice.context.set_offline(True)
    page.locator("section#summary button.save").click()
    notice = page.locator("#pm-form > .unsent")
    expect(notice).to_contain_text("kept in this browser.")
    expect(page.locator("#f-summary")).to_have_value("The queue stood still")
    alice.context.set_offline(False)
    notice.get_by_role("button", name="Try again").click()
    expect(page.locator("#pm-saved")).to_contain_text("by you")
    expect(page.locator(".unsent")).to_have_count(0)
    forget_lost(alice)


def test_what_is_typed_anywhere_survives_a_reload(alice: Visitor, burning: Any) -> None:
    page = alice.open(burning("A draft"))
    page.get_by_label("Note", exact=True).fill("half a thought")
    page.reload()
    expect(page.get_by_label("Note", exact=True)).to_have_value("half a thought")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator(".story [data-kind=note]")).to_contain_text("half a thought")
    page.reload()
    expect(page.get_by_label("Note", exact=True)).to_have_value("")


def test_a_wrong_clock_in_this_machine_does_not_lie(alice: Visitor, burning: Any) -> None:
    path = burning("A wrong clock")
    page = alice.tab()
    page.clock.install(time="2031-01-01T00:00:00Z")  # years ahead
    page.goto(path)
    page.clock.run_for(11 * SECONDS)
    since = page.locator(".inc-head time[data-since]")
    expect(since).to_have_text(re.compile(r"^\d+ (s|min)$"))
    expect(since).to_have_attribute("datetime", re.compile(r"Z$"))
    expect(page.locator(".inc-head time").first).to_have_text(re.compile(r"\d\d:\d\d (GMT|BST)"))
    assert page.evaluate("Math.abs(sharpEnd.now() - Date.now())") > 365 * 86400 * SECONDS
    forget_lost(alice)


def test_no_form_breaks_the_policy(alice: Visitor, burning: Any) -> None:
    """Whatever the policy would refuse is counted by the page itself, on every page and after every act."""
    count = "addEventListener('securitypolicyviolation', (event) => { localStorage.setItem('broken', event.violatedDirective) })"
    alice.context.add_init_script(count)
    page = alice.open(burning("The policy"))
    page.locator(".inc-acts").get_by_role("button", name="Acknowledge").click()
    expect(toast(page)).to_be_visible()
    alice.context.set_offline(True)
    page.get_by_label("Note", exact=True).fill("Is it kept?")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator(".unsent")).to_be_visible()
    alice.context.set_offline(False)
    page.goto("/declare/")
    assert page.evaluate("localStorage.getItem('broken')") is None
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    expect(page.locator("body")).to_have_attribute("style", "color: red")
    page.wait_for_function("localStorage.getItem('broken') !== null")  # the listener hears
    alice.complaints.clear()
