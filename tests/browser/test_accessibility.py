"""Every main page is usable by everybody: no finding of axe-core in light and dark, wide and narrow; nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.mail import link_for
from tests.browser.scene import Scene, organisation
from tests.browser.visitor import Visitor
from tests.peers import peer
from tests.system import System

pytestmark = pytest.mark.peer

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS, NARROWEST = (1280, 360), 320
RUN = "async (tags) => (await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})).violations"
UNFOLD = "() => document.querySelectorAll('main details:not(.ask)').forEach((item) => { item.open = true; })"
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const wide = [...document.querySelectorAll('body *')].filter((item) => item.getBoundingClientRect().right > room + 1);
  return wide.filter((item) => !item.closest('.scroll, pre')).map((item) => item.outerHTML.slice(0, 100));
}"""
# Who looks at what. {open}, {held}, {over} are numbers of incidents of the scene; {link} is a page by mail.
RESPONDER = {
    "now": "/",
    "incidents": "/incidents/?state=all",
    "nothing fits": "/incidents/?q=nothing-like-this",
    "incident that nobody has": "/incidents/{open}/",
    "incident that I have": "/incidents/{held}/",
    "incident that is over": "/incidents/{over}/",
    "declare": "/declare/",
    "on-call": "/oncall/",
    "schedule": "/oncall/payments-primary/",
    "schedule with gaps": "/oncall/search-office-hours/",
    "override": "/oncall/payments-primary/override/",
    "profile": "/settings/",
    "methods": "/settings/methods/",
    "services": "/services/",
    "service": "/services/checkout/",
    "service without a policy": "/services/back-office/",
    "more": "/more/",
    "postmortems": "/postmortems/?state=all",
    "postmortem": "/postmortems/{over}/",
    "public version": "/postmortems/{over}/public/",
    "more time": "/postmortems/{over}/extend/",
    "hand over a postmortem": "/postmortems/{over}/hand-over/",
    "what is owed": "/postmortems/{over}/owed/",
    "no postmortem yet": "/postmortems/{open}/",
    "review": "/ops/review/2026-W47/",
    "figure of the review": "/ops/review/2026-W47/rows/incidents/",
}
ADMINISTRATOR = {
    "first run": "/start/",
    "everything that is set up": "/setup/",
    "the organisation": "/setup/organisation/",
    "a new team": "/setup/team/",
    "a new area": "/setup/area/",
    "a new schedule": "/setup/schedule/",
    "a new policy": "/setup/policy/",
    "a new service": "/setup/service/",
    "a new source": "/setup/source/",
    "what the file keeps": "/setup/schedule/payments-primary/",
    "sources": "/services/sources/",
    "source": "/services/sources/script/",
    "people": "/settings/people/",
    "invite": "/settings/people/invite/",
    "tokens": "/settings/tokens/",
    "history": "/settings/history/",
    "mail": "/settings/mail/",
}
STRANGER = {
    "sign in": "/account/login/",
    "password reset": "/account/password/reset/",
    "page by link": "{link}",
    "page by a link that is not ours": "/p/nothing/",
}


@pytest.fixture(scope="module")
def system(browser: Browser) -> Iterator[System]:
    """A whole system with an organisation."""
    peer("axe.min.js")
    with System(organisation()) as running:
        running.manage("createadmin", "root@example.com")
        yield running


@pytest.fixture(scope="module")
def addresses(system: System) -> dict[str, str]:
    """The organisation at work: what the names in the addresses stand for."""
    numbers = Scene(system).play().numbers
    return {**numbers, "link": link_for(system, "alice@example.com", numbers["open"])}


@pytest.fixture(scope="module")
def responder(browser: Browser, system: System, addresses: dict[str, str]) -> Iterator[Visitor]:
    """Alice, who is paged."""
    with Visitor(browser, system) as visitor:
        yield visitor.sign_in("alice@example.com")


@pytest.fixture(scope="module")
def administrator(browser: Browser, system: System, addresses: dict[str, str]) -> Iterator[Visitor]:
    """Who sees the settings of others."""
    with Visitor(browser, system) as visitor:
        yield visitor.sign_in("root@example.com")


@pytest.fixture(scope="module")
def stranger(browser: Browser, system: System) -> Iterator[Visitor]:
    """Nobody in particular."""
    with Visitor(browser, system) as visitor:
        yield visitor


def findings(page: Page) -> list[str]:
    """What axe-core says about the page as it is now, one line for each place."""
    violations: list[dict[str, Any]] = page.evaluate(RUN, TAGS)
    return [
        f"{found['id']}: {found['help']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
        for found in violations
        for node in found["nodes"]
    ]


def look(visitor: Visitor, path: str) -> None:
    """Judge one page in every light and width."""
    page = visitor.open(path)
    page.evaluate(Path(peer("axe.min.js")).read_text())
    page.evaluate(UNFOLD)
    said = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            said[f"{width} {scheme}"] = findings(page)
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    said["wider than the narrowest phone"] = page.evaluate(TOO_WIDE)
    assert {name: found for name, found in said.items() if found} == {}
    assert visitor.complaints == []


def test_the_judge_sees_what_is_wrong(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": NARROWEST, "height": 640})
    page.set_content("<div style='width: 900px'><img src='data:,'></div>")
    page.evaluate(Path(peer("axe.min.js")).read_text())
    assert {line.partition(":")[0] for line in findings(page)} == {"document-title", "html-has-lang", "image-alt"}
    assert page.evaluate(TOO_WIDE)
    page.close()


@pytest.mark.parametrize("name", RESPONDER)
def test_pages_of_a_responder(responder: Visitor, addresses: dict[str, str], name: str) -> None:
    look(responder, RESPONDER[name].format(**addresses))


@pytest.mark.parametrize("name", ADMINISTRATOR)
def test_pages_of_an_administrator(administrator: Visitor, addresses: dict[str, str], name: str) -> None:
    look(administrator, ADMINISTRATOR[name].format(**addresses))


@pytest.mark.parametrize("name", STRANGER)
def test_pages_for_anybody(stranger: Visitor, addresses: dict[str, str], name: str) -> None:
    look(stranger, STRANGER[name].format(**addresses))


def test_the_page_of_a_sign_in_link(stranger: Visitor, system: System) -> None:
    look(stranger, system.manage("signin", "bob@example.com").strip())
