"""The first view of a page: what travels to a browser that has nothing of ours yet, and what moves while it is drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, StorageState

MOST = 60_000
"""Bytes of a first view."""
TITLE = re.compile("<title>(.*?)</title>", re.DOTALL)
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput || entry.value < 0.005) continue;  // less: the words of a time that became longer
    const moved = entry.sources.map((one) => one.node?.outerHTML || one.node?.textContent || "something");
    shifts.push(`${entry.value.toFixed(4)}: ${(moved[0] || "something").replace(/\\s+/g, " ").slice(0, 110)}`);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
LATER = 9_000
"""Milliseconds of the page's own clock: every part that is polled was asked for once, and no time has been counted on yet."""


@dataclass(frozen=True)
class FirstView:
    """`size` is in bytes as they travelled, headers and redirects included; `files` are the largest; `shifts` what moved."""

    size: int
    requests: int
    files: tuple[str, ...]
    shifts: tuple[str, ...]
    title: str

    def complaints(self) -> list[str]:
        """One line for each figure that is not met."""
        heavy = self.size > MOST
        wrong = [f"first view {self.size / 1000:.1f} KB, more than 60: {', '.join(self.files)}"] if heavy else []
        return wrong + [f"moved after it was drawn, by {shift}" for shift in self.shifts]


class Scale:
    """Counts what arrives at a page, but for what its scripts ask for later."""

    def __init__(self, page: Page) -> None:
        self.sizes: dict[str, int] = {}
        self.names: dict[str, str] = {}
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._arrived)

    def _asked(self, event: dict[str, Any]) -> None:
        if event.get("type") in {"Fetch", "XHR"}:
            return
        before = event.get("redirectResponse")
        if before:
            self.sizes[event["requestId"] + before["url"]] = int(before["encodedDataLength"])
        self.names[event["requestId"]] = event["request"]["url"]

    def _arrived(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self.names:
            self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    def largest(self) -> tuple[str, ...]:
        """The three largest."""
        order = sorted(self.sizes.items(), key=lambda one: -one[1])[:3]
        return tuple(f"{self.names.get(key, '').rpartition('/')[2] or 'the page'} {size}" for key, size in order)


def first_view(
    browser: Browser, address: str, *, base: str, state: StorageState | None = None, width: int = 360, height: int = 740
) -> FirstView:
    """Open `address` with an empty cache, as whoever `state` is signed in as; wait, by the page's clock, for its polls."""
    context = browser.new_context(
        base_url=base,
        storage_state=state,
        viewport={"width": width, "height": height},
        service_workers="block",
        locale="en-GB",
        timezone_id="Europe/London",
    )
    try:
        return _seen(context, address)
    finally:
        context.close()


def _seen(context: BrowserContext, address: str) -> FirstView:
    context.add_init_script(WATCH)
    page = context.new_page()
    page.clock.install()
    scale = Scale(page)
    answer = page.goto(address)
    title = TITLE.search(answer.text() if answer else "")  # scripts change it while somebody is paged
    page.clock.run_for(LATER)
    page.wait_for_load_state("networkidle")
    shifts: list[str] = page.evaluate("() => shifts")
    return FirstView(
        sum(scale.sizes.values()), len(scale.sizes), scale.largest(), tuple(shifts), unescape(title[1]) if title else ""
    )
