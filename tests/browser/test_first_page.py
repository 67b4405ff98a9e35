"""From an empty installation to the first page received, by pressing what stands there: no file, and no script needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.visitor import Visitor, chromium
from tests.system import System

pytestmark = pytest.mark.peer

MOST_PRESSED, MOST_TYPED = 22, 6


class Newcomer:
    """Somebody who presses and types; both are counted."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.pressed, self.typed = visitor, 0, 0

    def press(self, *names: str) -> None:
        """Each of these buttons or links, one after the other."""
        for name in names:
            here = self.visitor.page.locator("#main")
            here.get_by_role("button", name=name).or_(here.get_by_role("link", name=name)).first.click()
            self.pressed += 1

    def type(self, label: str, text: str) -> None:
        """Into the field with this label."""
        self.visitor.page.locator("#main").get_by_label(label).first.fill(text)
        self.typed += 1


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """Nothing but an administrator."""
    with System() as running:
        running.manage("createadmin", "root@example.com")
        yield running


def mail_with(system: System, pattern: str) -> str:
    """The first group of `pattern` in a mail, as soon as there is one."""

    def found() -> str:
        mails = sorted((Path(system.folder) / "home" / "mail").glob("*"))
        hits = (re.search(pattern, mail.read_text(errors="replace")) for mail in mails)
        return next((hit[1] for hit in hits if hit), "")

    return str(system.until(found, 30, "a mail"))


def test_from_nothing_to_the_first_page(system: System) -> None:
    with chromium() as browser, Visitor(browser, system, scripts=False) as visitor:
        new = Newcomer(visitor)
        visitor.page.goto(system.manage("signin", "root@example.com").strip())
        new.press("Sign in as", "See the steps", "Name it")
        new.type("What is your organisation called?", "Acme")
        new.press("Save it", "Make a team")
        new.type("Name", "Payments")
        new.press("Save it", "Make a schedule", "See the next two weeks", "Save it", "Make a policy", "Save it")
        new.press("Make a service")
        new.type("Name", "Checkout")
        new.press("Save it", "Add a way")
        new.type("Address", "root@example.com")
        new.press("Add and verify")
        new.type("Code", mail_with(system, r"Your code is (\d{6})"))
        new.press("Verify", "What is missing", "Make a source", "Save it", "Send a test alert")
        assert "/p/" in mail_with(system, r"(http://[^ ]+/p/[^ \n]+)")
        visitor.page.reload()
        new.press("Acknowledge")
        assert "You have it" in visitor.page.inner_text("#main")
        assert new.pressed <= MOST_PRESSED
        assert new.typed <= MOST_TYPED
        assert visitor.complaints == []
