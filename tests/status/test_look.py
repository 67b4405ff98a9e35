"""The public pages in a browser: usable by everybody in each light and width, within their own policy, without a script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from incidents import lifecycle
from postmortems.models import Remediation
from shots.judge import NARROWEST, Scheme, axe, call
from status import tree
from tests.browser.visitor import chromium
from tests.factories import AT, make_incident, make_user
from tests.peers import peer
from tests.status.publicity import HOUR, MINUTE, make_component, make_report, owe, say

pytestmark = [pytest.mark.peer, pytest.mark.django_db]
TEXT = "# What happened\n\nIt failed. `code`\n\n| Time | What |\n|---|---|\n| 02:04 | Stopped |\n\n> Quoted\n\nWe are sorry."


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing."""

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def pages(root: Path) -> list[str]:
    """Published: something of everything."""
    ana = make_user("Ana")
    names = ("checkout", "search", "accounts-and-sign-in-with-a-long-name", "api", "reports", "mail")
    for place, slug in enumerate(names):
        make_component(slug, group="Shop" if place < 3 else "", created_at=AT - 20 * place * 24 * HOUR)
    over = make_incident(at=AT - 48 * HOUR)
    say(over, at=AT - 48 * HOUR, by=ana, api="partial_outage", mail="under_maintenance", title="A" * 190)
    lifecycle.resolve(over, by=ana, at=AT - 46 * HOUR)
    say(over, "resolved", at=AT - 46 * HOUR, by=ana)
    report = make_report(over, TEXT)
    Remediation.objects.create(postmortem=report, title="Add a second broker", public=True, created_at=AT)
    owing = make_incident(at=AT - 30 * HOUR)
    say(owing, "resolved", at=AT - 30 * HOUR, by=ana, title="Search was slow")
    owe(owing)
    say(
        by=ana,
        checkout="major_outage",
        search="degraded_performance",
        next_by=AT + HOUR,
        body="See [us](https://e.example).",
    )
    tree.publish(AT + MINUTE)
    return ["", "incidents/", f"incidents/{over.public.code}/", f"incidents/{owing.public.code}/", "404.html"]


@pytest.fixture
def site(pages: list[str], root: Path) -> Iterator[str]:
    """The tree on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_everybody_can_use_it(site: str, pages: list[str]) -> None:
    said = {}
    peer("axe.min.js")
    schemes: list[Scheme] = ["light", "dark"]
    with chromium() as browser:
        page = browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for path in pages:
            page.goto(f"{site}{path}")
            page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            for width in (1280, NARROWEST):
                page.set_viewport_size({"width": width, "height": 800})
                for scheme in schemes:
                    page.emulate_media(color_scheme=scheme)
                    said[f"{path} {width} {scheme}"] = axe(page)
                    said[f"{path} {width} {scheme} too wide"] = call(page, "tooWide")
        page.close()
    assert {name: found for name, found in said.items() if found} == {}
    assert complaints == []
    assert asked == [f"{site}{path}" for path in pages]  # nothing but the page itself was fetched
