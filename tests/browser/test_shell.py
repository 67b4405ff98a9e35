"""Without a connection: the page that says so, and not one word of the desk in what the browser keeps."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import ARGUMENTS, Visitor, chromium
from tests.peers import peer
from tests.system import ORG, ROOT, System

pytestmark = pytest.mark.peer

MARK = "Flugelhorn"
READY = "() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
CONTROLLED = "() => navigator.serviceWorker.controller !== null"
REPLACED = """async () => {
  while ((await caches.keys()).join() !== "sharp-end-2") await new Promise((done) => setTimeout(done, 50));
}"""
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const text = await (await cache.match(request)).text();
      found.push([new URL(request.url).pathname, text]);
    }
  }
  return found;
}"""


def test_offline() -> None:
    with chromium() as browser, System(ORG) as system:
        alert = {"title": f"The {MARK} is out of tune", "dedup_key": "horn", "severity": "critical"}
        (number,) = system.post("/api/in/generic/use-a-long-random-key-0002", alert).json()["incidents"]
        with Visitor(browser, system) as visitor:
            visitor.sign_in("alice@example.com")
            page = visitor.page
            page.evaluate(READY)
            page.wait_for_function(CONTROLLED)
            for path in ("/", f"/incidents/{number}/", "/incidents/"):
                assert MARK in visitor.open(path).content()

            kept = dict(page.evaluate(KEPT))
            assert [path for path in kept if not path.startswith("/static/")] == ["/offline/"]
            assert [path for path, text in kept.items() if MARK in text] == []
            assert number not in kept["/offline/"]

            assert visitor.complaints == []
            assert system.stop() == 0
            visitor.open(f"/incidents/{number}/")
            assert page.get_by_text("You are offline. Pages still reach you by mail and phone.").is_visible()
            assert page.get_by_role("link", name="Try again").is_visible()
            assert MARK not in page.content()
            assert page.locator("link[rel=stylesheet]").evaluate("(link) => link.sheet.cssRules.length > 0")
            assert page.evaluate(KEPT) == [[path, text] for path, text in kept.items()]

            system.start()
            page.get_by_role("link", name="Try again").click()
            page.locator("h1", has_text=MARK).wait_for()
            visitor.complaints.clear()  # a browser says so itself when nobody answers


def test_a_browser_finds_nothing_in_the_way_of_installing_it(tmp_path: Path) -> None:
    """By Chromium's own judgement, in a profile of its own (a private window may install nothing)."""
    with chromium() as browser, System() as system:
        options = {"executable_path": peer("chromium"), "args": ARGUMENTS}
        context = browser.browser_type.launch_persistent_context(tmp_path, **options)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{system.url}/account/login/")
        judge = context.new_cdp_session(page)
        assert judge.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
        found = judge.send("Page.getAppManifest")
        assert found["errors"] == []
        told = found["manifest"]
        assert (told["id"], told["scope"], told["startUrl"]) == (f"{system.url}/",) * 3
        assert (told["display"], told["name"]) == ("kStandalone", "Sharp End")
        assert [shortcut["url"].removeprefix(system.url) for shortcut in told["shortcuts"]] == ["/declare/", "/oncall/"]
        touch = page.locator("link[rel=apple-touch-icon]").get_attribute("href")
        for address in (touch, *(icon["url"].removeprefix(system.url) for icon in told["icons"])):
            assert context.request.get(f"{system.url}{address}").ok
        themes = page.locator("meta[name=theme-color]")
        assert [themes.nth(n).get_attribute("media") for n in range(themes.count())] == [
            "(prefers-color-scheme: light)",
            "(prefers-color-scheme: dark)",
        ]
        context.close()


class Release(BaseHTTPRequestHandler):
    """A site of one page with our worker, whose look has the name of its release, as ours has."""

    number: ClassVar[int] = 1
    colours: ClassVar[dict[int, str]] = {1: "rgb(1, 1, 1)", 2: "rgb(2, 2, 2)"}
    source: ClassVar[str] = (ROOT / "templates" / "shell" / "sw.js").read_text()

    def do_GET(self) -> None:  # noqa: N802 - the base class asks for this name
        """What the release in use has at this address; the look of older ones is gone."""
        number, look = self.number, f"/static/look.{self.number}.css"
        page = f'<!doctype html><link rel="icon" href="data:,"><link rel="stylesheet" href="{look}"><p>Release {number}</p>'
        shell = json.dumps({"version": str(number), "offline": "/offline/", "files": [look]})
        known = {
            "/": ("text/html", page),
            "/offline/": ("text/html", page),
            "/sw.js": ("text/javascript", f"const SHELL = {shell};\n{self.source}"),
            look: ("text/css", f"p {{ color: {self.colours[number]} }}"),
        }
        kind, text = known.get(self.path, ("", ""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def released() -> Iterator[str]:
    """The site's address, while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Release)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_new_version_brings_its_own_look_at_once() -> None:
    with chromium() as browser, released() as url:
        context = browser.new_context(base_url=url)
        page = context.new_page()
        names = "async () => (await caches.keys()).sort()"

        def look() -> str:
            return str(page.locator("p").evaluate("(item) => getComputedStyle(item).color"))

        page.goto("/")
        page.evaluate("() => navigator.serviceWorker.register('/sw.js', { scope: '/' })")
        page.evaluate(READY)
        page.wait_for_function(CONTROLLED)
        page.reload()
        assert (look(), page.evaluate(names)) == (Release.colours[1], ["sharp-end-1"])

        Release.number = 2
        page.reload()  # the old worker is still in charge, and keeps nothing of the new look from the page
        assert look() == Release.colours[2]
        page.evaluate("() => navigator.serviceWorker.getRegistration().then((found) => found.update())")
        page.evaluate(REPLACED)
        context.set_offline(True)
        page.reload()
        expect(page.locator("p")).to_have_text("Release 2")
        assert look() == Release.colours[2]
        context.close()
