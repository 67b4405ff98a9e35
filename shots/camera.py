"""Taking one page in every size and light, and hearing what it complains about."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Error, Page

from shots.pages import Shot
from shots.stage import Company

Scheme = Literal["light", "dark"]
TALLEST = 2600
"""Pixels of a page that a picture shows: what comes below is more of the same."""
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const wide = [...document.querySelectorAll('body *')].filter((item) => item.getBoundingClientRect().right > room + 1);
  return wide.filter((item) => !item.closest('.scroll, pre')).slice(0, 3).map((item) => item.outerHTML.slice(0, 120));
}"""
PATIENCE = 60_000  # milliseconds
DRAWN = """() => document.fonts.ready.then(
  () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))),
)"""


@dataclass
class Taken:
    """One page: its pictures by width and light, and its complaints."""

    shot: Shot
    files: dict[tuple[int, str], Path] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def height_of(width: int) -> int:
    """How high the window is at this width, in pixels."""
    return 740 if width < 600 else 1024 if width < 1000 else 800


def settle(page: Page) -> None:
    """Wait until the page is drawn: its fonts are there, and two frames have passed."""
    page.evaluate(DRAWN)


def take(company: Company, shot: Shot, sizes: list[int], schemes: list[Scheme], out: Path) -> Taken:
    """Every picture of one page. Raises LookupError when its address names something that is not there."""
    taken, visitor = Taken(shot), company.visitor(shot.who)
    page, heard = visitor.page, visitor.complaints
    address = company.address(shot.path)
    heard.clear()
    page.set_viewport_size({"width": sizes[0], "height": height_of(sizes[0])})
    page.set_default_timeout(PATIENCE)
    try:
        answer = page.goto(address)
    except Error as error:
        taken.complaints.append(error.message.splitlines()[0])
        return taken
    if answer is None or answer.status != shot.status:
        taken.complaints.append(f"answered {answer.status if answer else 'nothing'}, not {shot.status}")
    for width in sizes:
        page.set_viewport_size({"width": width, "height": height_of(width)})
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            settle(page)
            taken.files[width, scheme] = file = out / f"{shot.name}-{width}-{scheme}.png"
            _picture(page, file, width)
        if wide := page.evaluate(TOO_WIDE):
            taken.complaints += [f"scrolls sideways at {width} px: {part}" for part in wide]
    taken.complaints += heard
    heard.clear()
    return taken


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
