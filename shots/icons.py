"""`python -m shots.icons`: the icons of the installed application, drawn from the mark."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser.visitor import chromium
from tests.system import ROOT

STATIC = ROOT / "static"
ICONS = {"icon-192": ("mark.svg", 192), "icon-512": ("mark.svg", 512), "maskable-512": ("icons/maskable.svg", 512)}
TOUCH = {"touch-180": ("icons/maskable.svg", 180)}


def draw(browser: Browser, source: str, size: int) -> bytes:
    """`source` below static/ as a PNG of `size` x `size` pixels; what it does not fill is transparent."""
    page = browser.new_page(viewport={"width": size, "height": size})
    try:
        svg = (STATIC / source).read_text(encoding="utf-8")
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block; width: {size}px }}</style>{svg}")
        return page.screenshot(omit_background=True)
    finally:
        page.close()


def main() -> None:
    """Write them all."""
    with chromium() as browser:
        for name, (source, size) in (ICONS | TOUCH).items():
            (STATIC / "icons" / f"{name}.png").write_bytes(draw(browser, source, size))


if __name__ == "__main__":
    main()
