"""The newcomer: from the link that `./run up` prints to their first own page acknowledged, each act counted by name."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from playwright.sync_api import Page, expect

from tests.fakes.smtp import MailServer
from tests.system import System

SCREENS = {"/start/": "Who are you?", "/start/wake/": "How do we wake you?", "/start/try/": "Break something"}
LINK = re.compile(r"Sign in as the first administrator .*: (http\S+)")
E_MAIL = "ana@example.com"


@dataclass
class Newcomer:
    """Somebody with a browser. `acts` are in the words of the documents, each with the screen on which it was done."""

    page: Page
    acts: list[tuple[str, str]] = field(default_factory=list)
    scripts: bool = True

    def open(self, link: str) -> None:
        """From the terminal into the browser."""
        self.acts.append(("the terminal", "open the link that `./run up` prints"))
        self.page.goto(link)

    def press(self, name: str, *, within: str = "main", then: str = "") -> None:
        """A button. Waits until it is there; without scripts that takes a reload. `then` is a part of the next address."""
        button = self.page.locator(within).get_by_role("button", name=name)
        for _try in range(40):
            if self.scripts or button.count():
                break
            self.page.wait_for_timeout(500)
            self.page.reload()
        self.acts.append((self.screen, f"press *{name}*"))
        button.first.click()
        if then:
            self.page.wait_for_url(re.compile(then))

    def type(self, label: str, text: str) -> None:
        """Into the field with this label."""
        self.acts.append((self.screen, f"type *{label}*"))
        self.page.get_by_label(label).fill(text)

    @property
    def screen(self) -> str:
        """What the page is called in the documents."""
        path = re.sub(r"^\w+://[^/]+", "", self.page.url)
        return SCREENS.get(path, "signing in" if path.startswith("/signin/") else path)

    @property
    def screens(self) -> list[str]:
        """The screens on the way, in order; signing in is none of them."""
        return [name for name in dict.fromkeys(screen for screen, _act in self.acts) if name in SCREENS.values()]


def walk(new: Newcomer, system: System, mails: MailServer) -> dict[str, float]:
    """All of it; the machine's seconds by what was done. The first own page arrives by mail, and is acknowledged."""
    took: dict[str, float] = {}
    with stage(took, "signing in"):
        found = LINK.search(str(system.until(lambda: LINK.search(system.log) and system.log, 30, "the link")))
        assert found
        new.open(found[1])
        new.press("Sign in as admin", then="/start/$")
    with stage(took, "who you are"):
        new.type("Your name", "Ana Ames")
        new.type("Your e-mail", E_MAIL)
        new.type("Your organisation", "Acme")
        new.type("Your team", "Payments")
        new.press("That is me: go on", then="/start/wake/$")
    with stage(took, "how we wake you"):
        if new.scripts:
            new.press("Play the sound")
        new.press("Send a test")
        new.press("Yes, it rang", then="/start/try/$")
    assert [one.recipient for one in mails.received] == [E_MAIL]
    with stage(took, "from the alert to the first own page"):
        new.press("Fire it for me")
        system.until(lambda: len(mails.received) > 1, 30, "the page by mail")
        assert "INC-1" in mails.received[-1].text
        new.press("Acknowledge", within="#page-banner", then="/incidents/INC-1/$")
    expect(new.page.get_by_text("You have it").first).to_be_visible()
    return took


class stage:  # noqa: N801 - reads as a verb
    """`with stage(took, "signing in"):` writes down the seconds."""

    def __init__(self, took: dict[str, float], name: str) -> None:
        self.took, self.name, self.begun = took, name, 0.0

    def __enter__(self) -> None:
        self.begun = time.monotonic()

    def __exit__(self, *_raised: object) -> None:
        self.took[self.name] = time.monotonic() - self.begun
