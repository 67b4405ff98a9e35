"""What the pictures are taken of: a whole system with the demo organisation, or with the small scene of the tests."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Browser

from shots.pages import ADMINISTRATOR, ENGINEER, FINDS, MANAGER, STRANGER
from tests.browser.mail import link_for
from tests.browser.scene import Scene
from tests.browser.visitor import Visitor
from tests.system import System


class Stage(Protocol):
    """A running system whose people can be signed in; `names` stand in the addresses."""

    system: System
    names: dict[str, str]

    def link(self, who: str) -> str:
        """A one-time link that signs in as `who`."""

    def page(self, engineer: Visitor) -> str:
        """The address of a page (notification) that was mailed to the engineer."""


class Demo:
    """The demo organisation."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.names: dict[str, str] = {}

    def link(self, who: str) -> str:
        """A link for its administrator, its manager, or its engineer who is on call."""
        for line in self.system.manage("demo", "--links").splitlines():
            role, _comma, rest = line.partition(",")
            if role.startswith(who):
                return rest.rpartition(": ")[2].strip()
        raise LookupError(f"the demo has no {who}")

    def page(self, engineer: Visitor) -> str:
        """The engineer asks for the next person of the critical incident, whose mail is opened."""
        engineer.page.goto("/incidents/?state=open&class=critical")
        engineer.page.locator("main .title").first.click()
        engineer.page.get_by_role("button", name="Escalate now").click()
        number = engineer.page.locator("main .number").first.inner_text()
        mails = Path(self.system.environment["SHARPEND_HOME"], "mail")
        pattern = re.compile(rf"{re.escape(self.system.url)}/p/[\w.:=-]+/?")

        def arrived() -> str:
            newest = sorted(mails.glob("*"), key=lambda file: file.stat().st_mtime, reverse=True)
            found = (pattern.search(text) for text in map(text_of, newest) if f"{number} " in text)
            return next((one.group() for one in found if one), "")

        return str(self.system.until(arrived, 30, "mail with a page"))


class Small:
    """An organisation of root, Mia and Alice; that of the tests in the middle of its week when no `names` are given."""

    def __init__(self, system: System, names: dict[str, str] | None = None) -> None:
        self.system = system
        self.names = dict(Scene(system).play().numbers if names is None else names)

    def link(self, who: str) -> str:
        """A link for root, Mia or Alice."""
        people = {ADMINISTRATOR: "root@example.com", MANAGER: "mia@example.com", ENGINEER: "alice@example.com"}
        return self.system.manage("signin", people[who])

    def page(self, engineer: Visitor) -> str:
        """Of the incident that nobody has. Raises LookupError when there is none."""
        if "open" not in self.names:
            raise LookupError("nobody is paged here")
        return link_for(self.system, "alice@example.com", self.names["open"])


class Company:
    """The people who look, each with a browser of their own, signed in when they are first asked for."""

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self.browser, self.stage = browser, stage
        self.visitors: dict[str, Visitor] = {}

    def visitor(self, who: str) -> Visitor:
        """The browser of `who`."""
        if who not in self.visitors:
            self.visitors[who] = visitor = Visitor(self.browser, self.stage.system)
            if who != STRANGER:
                visitor.page.goto(self.stage.link(who).strip())
                visitor.page.get_by_role("button", name=re.compile("Sign in as")).click()
                visitor.page.wait_for_url(re.compile(f"{re.escape(self.stage.system.url)}/(start/)?$"))
        return self.visitors[who]

    def address(self, path: str) -> str:
        """`path` with its names filled in. Raises LookupError when one of them is nowhere."""
        for name in re.findall(r"{(\w+)}", path):
            if name not in self.stage.names:
                self.stage.names[name] = self._find(name)
        return path.format(**self.stage.names)

    def _find(self, name: str) -> str:
        if name == "link":
            return self.stage.page(self.visitor(ENGINEER))
        if name == "signin":
            return self.stage.link(MANAGER).strip()
        if name not in FINDS:
            raise LookupError(f"nothing is called {name} here")
        asked = FINDS[name]
        answer = self.visitor(ADMINISTRATOR).context.request.get(self.address(asked.path))
        found = re.search(asked.pattern, f"{answer.text()}\n{answer.url}/")
        if not found:
            raise LookupError(f"no {name} in {asked.path}")
        return found.group(1)

    def close(self) -> None:
        """Shut all browsers; what they complained about has been told."""
        for visitor in self.visitors.values():
            visitor.context.close()


def text_of(file: Path) -> str:
    """The plain text of a mail."""
    part = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
    return str(part.get_content()) if part else ""
