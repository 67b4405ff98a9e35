"""The contact sheet: all pictures of a group of pages side by side, as a page and as one picture."""

from __future__ import annotations

from html import escape
from pathlib import Path

from playwright.sync_api import Browser

from shots.camera import Taken

SHOWN = {360: 190, 768: 330, 1280: 520}
"""Width of the window -> width of its picture on the sheet, both in pixels."""
WIDEST = 2200  # pixels: as many pages beside each other as fit
LARGEST = 16_000  # pixels: Chromium draws no higher picture
STYLE = """\
body { margin: 24px; background: #8a8f98; color: #14181d; font: 14px/1.4 system-ui, sans-serif; }
h1 { font-size: 24px; } h2 { margin: 0 0 8px; font-size: 16px; } h2 small { font-weight: 400; }
main { display: flex; flex-wrap: wrap; gap: 24px 40px; align-items: flex-start; } section { flex: none; }
.page { display: flex; gap: 12px; align-items: flex-start; } figure { margin: 0; }
img { display: block; max-height: 760px; object-fit: cover; object-position: top; } figcaption { font-size: 12px; }
.bad { color: #7a0018; font-weight: 600; }
"""


def write(browser: Browser, group: str, pages: list[Taken], out: Path) -> Path:
    """`GROUP.html` and `GROUP.png` in `out`; the path of the page."""
    file = out / f"{group}.html"
    file.write_text(_page(group, pages), encoding="utf-8")
    width = 48 + max(WIDEST, *(sum(_shown(size) + 12 for size, _scheme in taken.files) for taken in pages))
    page = browser.new_page(viewport={"width": width, "height": 800})
    try:
        page.goto(file.as_uri())
        height = min(LARGEST, int(page.evaluate("() => document.documentElement.scrollHeight")))
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=out / f"{group}.png")
    finally:
        page.close()
    return file


def _shown(width: int) -> int:
    return SHOWN.get(width, width * 2 // 5)


def _page(group: str, pages: list[Taken]) -> str:
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(group)}</title><style>{STYLE}</style>",
        f"<h1>{escape(group)}</h1><main>",
    ]
    for taken in pages:
        shot = taken.shot
        parts.append(f"<section><h2>{escape(shot.name)} <small>{escape(shot.path)} as {escape(shot.who)}</small></h2>")
        parts += [f"<p class=bad>{escape(said)}</p>" for said in taken.complaints]
        figures = [
            f'<figure><a href="{file.name}"><img src="{file.name}" width="{_shown(width)}" alt=""></a>'
            f"<figcaption>{width} {scheme}</figcaption></figure>"
            for (width, scheme), file in taken.files.items()
        ]
        parts.append(f"<div class=page>{''.join(figures)}</div></section>")
    return "\n".join([*parts, "</main>"])
