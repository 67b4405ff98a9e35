"""What one page is judged by: axe-core, and rules of our own that run in the page (`judge.js`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

from tests.peers import peer

Scheme = Literal["light", "dark"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (tags) => (await axe.run(document, {
  runOnly: {type: 'tag', values: tags}, rules: {'target-size': {enabled: true}}, resultTypes: ['violations'],
})).violations"""
OURS = Path(__file__).with_name("judge.js")
NARROWEST, LEAST, THUMB = 320, 24, 48
"""Pixels: the narrowest phone; the smallest target (WCAG 2.2, 2.5.8); what a thumb presses first."""
FOR_THUMBS = (
    ".bottom a, .bottom button, main .btn[data-kind=primary], main .btn[data-kind=red], main .btn[data-size=big]"
)
PAPER = 718
"""Pixels of an A4 page between its margins."""
DRAWN = """() => document.fonts.ready.then(
  () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))),
)"""


def settle(page: Page) -> None:
    """Wait until the page is drawn: its fonts are there, and two frames have passed."""
    page.evaluate(DRAWN)


def resize(page: Page, width: int, height: int) -> None:
    """Another window, in pixels, with the styles that are made for it: under load they come some frames later."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("(width) => matchMedia(`(width: ${width}px)`).matches", arg=width)
    settle(page)
    settle(page)


def call(page: Page, name: str, *arguments: object) -> list[str]:
    """Ask one of our own rules. They are brought into the page when they are not there yet."""
    if not page.evaluate("() => 'judge' in window"):
        page.evaluate(OURS.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate("([name, words]) => judge[name](...words) || []", [name, list(arguments)])
    return found


def axe(page: Page) -> list[str]:
    """What axe-core says about the page as it is now, one line for each place."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(Path(peer("axe.min.js")).read_text(encoding="utf-8"))
    violations: list[dict[str, Any]] = page.evaluate(RUN, TAGS)
    return [
        f"{found['id']}: {found['help']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
        for found in violations
        for node in found["nodes"]
    ]


def accessible(page: Page, sizes: list[tuple[int, int]], schemes: list[Scheme]) -> list[str]:
    """axe-core in each size (width, height) and light with everything unfolded; where it was said stands at the end."""
    call(page, "unfold")
    said: dict[str, list[str]] = {}
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            settle(page)
            for found in axe(page):
                said.setdefault(found, []).append(f"{width} {scheme}")
    return [f"axe: {found} (at {', '.join(places)})" for found, places in said.items()]


def shaped(page: Page, *, samples: bool = False) -> list[str]:
    """Its headings, what is in the way of the first paint, its narrowest form, the size of what is pressed, the focus.

    A page of `samples` shows bars and toasts that stick to it, so what has the focus may lie under one of them.
    """
    wrong = call(page, "headings") + call(page, "blocking")
    resize(page, NARROWEST, 640)
    wrong += [f"scrolls sideways at {NARROWEST} px: {part}" for part in call(page, "tooWide")]
    for width, height in ((360, 740), (1280, 800)):
        resize(page, width, height)
        wrong += [f"smaller than {LEAST} px at {width}: {part}" for part in call(page, "tooSmall", LEAST)]
        page.keyboard.press("Tab")
        wrong += [] if samples else [f"{part} (at {width})" for part in call(page, "focus")]
        if width < 600:  # a phone
            wrong += [f"smaller than a thumb at {width}: {part}" for part in call(page, "tooSmall", THUMB, FOR_THUMBS)]
    return list(dict.fromkeys(wrong))


def printed(page: Page) -> list[str]:
    """What a printer would lose, or print in vain."""
    page.set_viewport_size({"width": PAPER, "height": 1000})
    page.emulate_media(media="print", color_scheme="light")
    try:
        settle(page)
        return call(page, "printed")
    finally:
        page.emulate_media(media="screen")
