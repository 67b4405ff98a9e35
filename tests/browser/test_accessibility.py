"""Every page of the matrix is usable by everybody: no finding of axe-core, nothing sideways, nothing too small, no lost focus.

The main pages are light, stand still while they are drawn, and wait for no script.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from shots import judge
from shots.checks import views
from shots.pages import SAMPLES, SHOTS, Shot
from shots.stage import Company
from shots.states import small
from tests.peers import peer

pytestmark = pytest.mark.peer

ONLY_IN_THE_DEMO = {
    "postmortem-filed",
    "postmortem-review",
    "incident-closed",
    "item",
    "setup-area-there",
    "setup-team-there",
    "setup-policy-there",
    "setup-source-there",
    "setup-source-versions",
    "source-mapping",
    "source-watching",
    "watchdog",
    "setup-route-there",
    "status-incident",
    "pay-month",
    "pay-slip",
}
"""What the small organisation has none of."""
PAGES = {shot.name: shot for shot in SHOTS if shot.name not in ONLY_IN_THE_DEMO}
MAIN = (
    "now",
    "incidents-all",
    "incident-held",
    "declare",
    "oncall",
    "schedule",
    "postmortem",
    "review",
    "people",
    "sign-in",
    "page-by-link",
    "status",
)


@pytest.fixture(scope="module")
def company(browser: Browser) -> Iterator[Company]:
    """The people who look at the organisation at work."""
    peer("axe.min.js")
    with small() as stage:
        gathered = Company(browser, stage)
        yield gathered
        gathered.close()


def found(company: Company, shot: Shot) -> list[str]:
    """What is wrong with a page, on a desktop by day and on a phone by night."""
    visitor = company.visitor(shot.who)
    visitor.complaints.clear()
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 800})
    answer = page.goto(company.address(shot.path))
    assert answer is not None
    assert answer.status == shot.status
    wrong = judge.shaped(page, samples=shot.name in SAMPLES)
    wrong += judge.accessible(page, [(1280, 800)], ["light"])
    wrong += judge.accessible(page, [(360, 740)], ["dark"])
    return wrong + visitor.complaints


def test_the_judge_sees_what_is_wrong(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": judge.NARROWEST, "height": 640})
    page.set_content(
        "<style>button { outline: none !important; height: 10px }</style><h2>A</h2><h4>B</h4><button>x</button>"
        "<div style='width: 900px'><img src='data:,'></div><script src='data:,'></script>"
    )
    assert {line.partition(":")[0] for line in judge.axe(page)} == {"document-title", "html-has-lang", "image-alt"}
    said = "\n".join(judge.shaped(page))
    for part in (
        "0 headings",
        "level 4 after",
        "a script in the way",
        "sideways at 320",
        "smaller than 24",
        "no outline",
    ):
        assert part in said
    assert any("nobody can press it" in line for line in judge.printed(page))
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_usable_by_everybody(company: Company, name: str) -> None:
    assert found(company, PAGES[name]) == []


@pytest.mark.parametrize("name", MAIN)
def test_a_main_page_is_light_and_stands_still(company: Company, name: str) -> None:
    assert [said for view in views(company, PAGES[name]) for said in view.complaints()] == []


@pytest.mark.parametrize("name", ["schedule", "incident-over", "review"])
def test_a_page_can_be_printed(company: Company, name: str) -> None:
    page = company.visitor(PAGES[name].who).page
    page.goto(company.address(PAGES[name].path))
    assert judge.printed(page) == []


def test_only_the_demo_has_the_rest(company: Company) -> None:
    shots = {shot.name: shot for shot in SHOTS}
    for name in ONLY_IN_THE_DEMO:
        with pytest.raises(LookupError):
            company.address(shots[name].path)
