"""`./run shots [--state NAME] [--only NAME] [--sizes ...] [--schemes ...] [--no-checks] [--docs]`: pictures of every page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from django.conf import settings
from playwright.sync_api import Browser

from shots import checks, sheet
from shots.camera import Taken, height_of, take
from shots.judge import Scheme, settle
from shots.moments import MOMENTS
from shots.pages import DOCS, SHOTS, Shot
from shots.stage import Company, Stage
from shots.states import STATES, State, demo
from tests.browser.visitor import chromium
from tests.system import ROOT

SIZES, SCHEMES = [360, 768, 1280], list(get_args(Scheme))


@dataclass(frozen=True)
class Wanted:
    """In which sizes and lights pages are taken, where the pictures go, and whether the pages are judged."""

    out: Path
    sizes: list[int]
    schemes: list[Scheme]
    judge: bool = True


def photograph(browser: Browser, stage: Stage, shots: Sequence[Shot], wanted: Wanted) -> list[Taken]:
    """Take `shots`, write a contact sheet for each group and the table of checks; says what was taken and complained."""
    company, taken, judged = Company(browser, stage), [], []
    try:
        for shot in shots:
            try:
                one, done = look(company, shot, wanted)
            except LookupError as missing:
                print(f"left out {shot.name}: {missing}")
                continue
            taken.append(one)
            judged += [done] if done else []
            print(f"{shot.name}: {len(one.files)} pictures", *one.complaints, sep="\n  ", flush=True)
    finally:
        company.close()
    if judged:
        for same, said in checks.same_titles(judged):
            same.complaints.append(said)
        print(checks.write(judged, wanted.out))
    for group in dict.fromkeys(one.shot.group for one in taken):
        print(sheet.write(browser, group, [one for one in taken if one.shot.group == group], wanted.out))
    return taken


def look(company: Company, shot: Shot, wanted: Wanted) -> tuple[Taken, checks.Judged | None]:
    """One page: its pictures, then what is wrong with it. Raises LookupError when its address names nothing."""
    visitor, done = company.visitor(shot.who), None
    page = visitor.tab() if shot.staged else visitor.page
    try:
        one = take(company, shot, page, wanted.sizes, wanted.schemes, wanted.out)
        if wanted.judge and one.files:
            sizes = [(width, height_of(width)) for width in wanted.sizes]
            done = checks.judged(company, shot, page, sizes, wanted.schemes)
            done.complaints[:0] = one.complaints
            one.complaints = done.complaints
    finally:
        moment = MOMENTS.get(shot.moment)
        if moment and moment.undo:
            moment.undo(company, page)
        if shot.staged:
            page.close()
            visitor.complaints.clear()
    return one, done


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
    if not settings.configured:
        settings.configure(USE_TZ=True)  # no application here, only its clock
    options = _options(words)
    states = list(STATES.values()) if options.state == "all" else [STATES[options.state]]
    states = [one for one in states if options.state != "all" or one.name != "small"]
    folder = emptied(options.out or ROOT / ("docs/images" if options.docs else "build/shots"))
    complained: list[str] = []
    with chromium() as browser:
        if options.docs:
            with demo() as stage:
                illustrate(browser, stage, folder)
            return 0
        for state in states:
            complained += _one_state(browser, state, options, folder)
    print(f"complained: {', '.join(complained) or 'none'}")
    return 1 if complained else 0


def _one_state(browser: Browser, state: State, options: argparse.Namespace, folder: Path) -> list[str]:
    shots = [one for one in state.shots if not options.only or {one.name, one.group} & set(options.only)]
    if not shots:
        return []
    out = folder if state.name in {"demo", "small"} else emptied(folder / state.name)
    schemes = [scheme for scheme in SCHEMES if scheme in options.schemes.split(",")]
    wanted = Wanted(out, [int(size) for size in options.sizes.split(",")], schemes, judge=not options.no_checks)
    with state.staging() as stage:
        taken = photograph(browser, stage, shots, wanted)
    print(f"{state.name}: {len(taken)} pages")
    return [f"{state.name}/{one.shot.name}" for one in taken if one.complaints]


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run shots", description="Pictures of every page, contact sheets, checks.")
    parser.add_argument("--state", default="demo", choices=[*STATES, "all"], help="which data (default %(default)s)")
    parser.add_argument("--out", type=Path, help="folder for them (default build/shots)")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this page or group; may be repeated")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="widths in pixels (default %(default)s)")
    parser.add_argument("--schemes", default=",".join(SCHEMES), help="default %(default)s")
    parser.add_argument("--no-checks", action="store_true", help="only the pictures")
    parser.add_argument("--docs", action="store_true", help="the pictures in docs/images instead")
    options = parser.parse_args(words)
    known = {name for state in STATES.values() for shot in state.shots for name in (shot.name, shot.group)}
    if unknown := set(options.only or ()) - known:
        parser.error(f"no page is called {', '.join(sorted(unknown))}: choose from {', '.join(sorted(known))}")
    return options


def emptied(folder: Path) -> Path:
    """`folder`, there."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
