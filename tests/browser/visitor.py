"""A person with a browser of their own, and everything that the browser complained about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect, sync_playwright

from tests.peers import peer
from tests.system import System

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 1000
"""Playwright counts in milliseconds."""

PATIENCE = 20 * SECONDS
"""For an element and for what is said of it alike: two cores may be busy with other people's tests."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """One Chromium. Ends within a module: while its loop runs, Django refuses the database in this thread."""
    program = peer("chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One person's browser: own cookies, a width, scripts on or off, light or dark."""

    def __init__(
        self, browser: Browser, system: System, *, width: int = 1280, scripts: bool = True, scheme: str = "light"
    ) -> None:
        self.system, self.width, self.scripts = system, width, scripts
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=system.url,
            viewport={"width": width, "height": 740 if width < 600 else 800},
            java_script_enabled=scripts,
            color_scheme="dark" if scheme == "dark" else "light",
            has_touch=width < 600,
            locale="en-GB",
            timezone_id="Europe/London",
        )
        self.context.set_default_timeout(PATIENCE)
        self.page = self.tab()

    def tab(self) -> Page:
        """Another tab of the same browser; whatever its console or its scripts complain about is written down."""
        page = self.context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("response", self._answered)
        return page

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"{message.location.get('url', '')}: {message.text}")

    def _answered(self, response: Response) -> None:
        worst = 500 if response.request.is_navigation_request() else 400  # a page may say that it is not there
        if response.status >= worst:
            self.complaints.append(f"{response.url}: {response.status}")

    def open(self, path: str) -> Page:
        """Go there in the first tab."""
        self.page.goto(path)
        return self.page

    def sign_in(self, email: str) -> Visitor:
        """By a one-time link: opening it changes nothing, its button signs in."""
        self.page.goto(self.system.manage("signin", email).strip())
        assert not [cookie for cookie in self.context.cookies() if cookie.get("name") == "sharpend_session"]
        self.page.get_by_role("button", name=re.compile("Sign in as")).click()
        self.page.wait_for_url(f"{self.system.url}/")
        return self

    @property
    def cookies(self) -> Any:
        """What signs this browser in, to be given to another one."""
        return self.context.cookies()

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Shut the browser. Raises AssertionError with everything that it complained about."""
        self.context.close()
        assert self.complaints == [], self.complaints  # said here too: only the files of tests are rewritten to tell
