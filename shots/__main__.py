"""`./run shots [--out DIR] [--only NAME] [--sizes 360,768,1280] [--schemes light,dark] [--docs]`: pictures of every page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from playwright.sync_api import Browser

from shots import sheet
from shots.camera import Scheme, Taken, settle, take
from shots.pages import DOCS, SHOTS, Shot
from shots.stage import Company, Stage, emptied, staged
from tests.browser.visitor import chromium
from tests.system import ROOT

SIZES, SCHEMES = [360, 768, 1280], list(get_args(Scheme))


def photograph(
    browser: Browser, stage: Stage, shots: Sequence[Shot], sizes: list[int], schemes: list[Scheme], out: Path
) -> list[Taken]:
    """Take `shots` and write one contact sheet for each group; says on stdout what was taken and what complained."""
    company, taken = Company(browser, stage), []
    try:
        for shot in shots:
            try:
                taken.append(take(company, shot, sizes, schemes, out))
            except LookupError as missing:
                print(f"left out {shot.name}: {missing}")
                continue
            print(f"{shot.name}: {len(taken[-1].files)} pictures", *taken[-1].complaints, sep="\n  ", flush=True)
    finally:
        company.close()
    for group in dict.fromkeys(one.shot.group for one in taken):
        print(sheet.write(browser, group, [one for one in taken if one.shot.group == group], out))
    return taken


def illustrate(browser: Browser, stage: Stage, out: Path) -> None:
    """The pictures of the documentation, as large as a window."""
    company, shots = Company(browser, stage), {shot.name: shot for shot in SHOTS}
    try:
        for name, picture in DOCS.items():
            shot = shots[picture.shot]
            page = company.visitor(shot.who).page
            try:
                address = company.address(shot.path)
            except LookupError as missing:
                print(f"left out {name}: {missing}")
                continue
            page.set_viewport_size({"width": picture.width, "height": picture.height})
            page.emulate_media(color_scheme="dark" if picture.scheme == "dark" else "light")
            page.goto(address)
            settle(page)
            page.screenshot(path=out / f"{name}.png", animations="disabled")
            print(out / f"{name}.png")
    finally:
        company.close()


def main(words: Sequence[str]) -> int:
    """Take them; 1 when a page complained."""
    parser = argparse.ArgumentParser(prog="./run shots", description="Pictures of every page, and a contact sheet.")
    parser.add_argument("--out", type=Path, help="folder for them (default build/shots)")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this page or group; may be repeated")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="widths in pixels (default %(default)s)")
    parser.add_argument("--schemes", default=",".join(SCHEMES), help="default %(default)s")
    parser.add_argument("--docs", action="store_true", help="the pictures in docs/images instead")
    parser.add_argument("--small", action="store_true", help="of a small organisation instead of the demo")
    options = parser.parse_args(words)
    schemes = [scheme for scheme in SCHEMES if scheme in options.schemes.split(",")]
    shots = [one for one in SHOTS if not options.only or {one.name, one.group} & set(options.only)]
    if not shots:
        parser.error(f"no page is called so: choose from {', '.join(one.name for one in SHOTS)}")
    out = emptied(options.out or ROOT / ("docs/images" if options.docs else "build/shots"))
    with staged(demo=not options.small) as stage, chromium() as browser:
        if options.docs:
            illustrate(browser, stage, out)
            return 0
        taken = photograph(browser, stage, shots, [int(size) for size in options.sizes.split(",")], schemes, out)
    complained = [one.shot.name for one in taken if one.complaints]
    print(f"{len(taken)} pages; complained: {', '.join(complained) or 'none'}")
    return 1 if complained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
