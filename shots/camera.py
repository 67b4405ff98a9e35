"""Taking one page in every size and light, and hearing what it complains about."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Error, Page

from shots.judge import Scheme, call, settle
from shots.moments import MOMENTS
from shots.pages import Shot
from shots.stage import Company

TALLEST = 2600
"""Pixels of a page that a picture shows: what comes below is more of the same."""
PATIENCE = 60_000  # milliseconds
UNCHECKED = """() => {
  for (const form of document.forms) form.noValidate = true;
  for (const fold of document.querySelectorAll('main details')) fold.open = true;
}"""
SAID = "main [aria-invalid=true], main .errorlist, main [role=alert], main .callout[data-tone=bad]"
"""What tells a person that a form was not taken."""


@dataclass
class Taken:
    """One page: its pictures by width and light, and its complaints."""

    shot: Shot
    files: dict[tuple[int, str], Path] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def height_of(width: int) -> int:
    """How high the window is at this width, in pixels."""
    return 740 if width < 600 else 1024 if width < 1000 else 800


def take(company: Company, shot: Shot, page: Page, sizes: list[int], schemes: list[Scheme], out: Path) -> Taken:
    """Every picture of one page, in a tab of its visitor. Raises LookupError when its address names nothing."""
    taken, heard = Taken(shot), company.visitor(shot.who).complaints
    address = company.address(shot.path)
    heard.clear()
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": sizes[0], "height": height_of(sizes[0])})
    page.emulate_media(media="screen", color_scheme=schemes[0])
    try:
        taken.complaints += reach(company, shot, page, address)
    except Error as error:
        taken.complaints.append(error.message.splitlines()[0])
        return taken
    for width in sizes:
        page.set_viewport_size({"width": width, "height": height_of(width)})
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            settle(page)
            taken.files[width, scheme] = file = out / f"{shot.name}-{width}-{scheme}.png"
            _picture(page, file, width)
        taken.complaints += [f"scrolls sideways at {width} px: {part}" for part in call(page, "tooWide")]
    taken.complaints += [] if shot.staged else heard  # what was made to go wrong may be heard
    heard.clear()
    return taken


def reach(company: Company, shot: Shot, page: Page, address: str) -> list[str]:
    """Go there, let its moment come, send its form; what was not as expected. Raises `Error` when nothing answers."""
    moment = MOMENTS.get(shot.moment)
    if moment and moment.before:
        moment.before(company, page)
    answer = page.goto(address)
    if moment and moment.after:
        moment.after(company, page)
    if not shot.press:
        status = answer.status if answer else 0
        return [] if status == shot.status else [f"answered {status or 'nothing'}, not {shot.status}"]
    page.evaluate(UNCHECKED)
    for name, value in shot.fill:
        page.locator(f"main [name={name}]").first.fill(value)
    page.get_by_role("button", name=shot.press, exact=True).first.click()
    page.wait_for_load_state("networkidle")
    return [] if page.locator(SAID).count() else [f"nothing says what is wrong after {shot.press}"]


def _picture(page: Page, file: Path, width: int) -> None:
    """The page from its top, as far as `TALLEST`; what sticks to the window's edges stands where the page ends."""
    height = min(TALLEST, int(page.evaluate("() => document.documentElement.scrollHeight")))
    page.set_viewport_size({"width": width, "height": max(height, height_of(width))})
    try:
        page.screenshot(path=file, animations="disabled")
    except Error as error:
        raise RuntimeError(f"no picture of {page.url}") from error
    finally:
        page.set_viewport_size({"width": width, "height": height_of(width)})
