"""Without a connection: the page that says so, and not one word of the desk in what the browser keeps."""

from __future__ import annotations

import pytest

from tests.browser.visitor import Visitor, chromium
from tests.system import ORG, System

pytestmark = pytest.mark.peer

MARK = "Flugelhorn"
READY = "() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
CONTROLLED = "() => navigator.serviceWorker.controller !== null"
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
