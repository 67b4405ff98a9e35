"""Every page by every rule, in one table: `build/shots/checks.md` for people, `checks.json` for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from playwright.sync_api import Browser, Page

from shots.judge import Scheme, accessible, printed, shaped
from shots.pages import SAMPLES, STRANGER, Shot
from shots.stage import Company
from shots.weights import FirstView, first_view

PHONE, DESKTOP = (360, 740), (1280, 800)


@dataclass
class Judged:
    """One page: its first views on a phone and on a desktop, its title, and one line for each thing that is wrong."""

    shot: Shot
    views: list[FirstView] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of the larger first view; 0 where none was taken."""
        return max((view.size for view in self.views), default=0)

    @property
    def title(self) -> str:
        """As the browser's tab shows it."""
        return self.views[0].title if self.views else ""


def judged(company: Company, shot: Shot, page: Page, sizes: list[tuple[int, int]], schemes: list[Scheme]) -> Judged:
    """`page` shows the shot; its first view is taken in a browser of its own. The page is unfolded afterwards."""
    done = Judged(shot)
    if not shot.staged:
        done.views = views(company, shot)
        done.complaints += [f"{said} (at {PHONE[0]})" for said in done.views[0].complaints()]
        done.complaints += [f"{said} (at {DESKTOP[0]})" for said in done.views[1].complaints()]
    if shot.printed:
        done.complaints += printed(page)
    done.complaints += shaped(page, samples=shot.name in SAMPLES)
    done.complaints += accessible(page, sizes, schemes)
    return done


def views(company: Company, shot: Shot) -> list[FirstView]:
    """The first view of a page on a phone and on a desktop. Raises LookupError when its address names nothing.

    Where something moved the page is opened once more, and only what moved again counts: a browser that gets no CPU paints
    half a page, and then the other half.
    """
    address, visitor = company.address(shot.path), company.visitor(shot.who)
    base, state = company.stage.system.url, visitor.context.storage_state()

    def seen(size: tuple[int, int]) -> FirstView:
        return first_view(company.browser, address, base=base, state=state, width=size[0], height=size[1])

    found = [seen(size) for size in (PHONE, DESKTOP)]
    return [seen(size) if one.shifts else one for size, one in zip((PHONE, DESKTOP), found, strict=True)]


def weights(browser: Browser, company: Company, shots: Sequence[Shot]) -> dict[str, int]:
    """Name of each page -> bytes of its first view; pages whose address names nothing are left out."""
    found = {}
    for shot in shots:
        try:
            address = company.address(shot.path)
        except LookupError:
            continue
        state = company.visitor(shot.who).context.storage_state()
        found[shot.name] = first_view(browser, address, base=company.stage.system.url, state=state).size
    return found


def same_titles(pages: Sequence[Judged]) -> list[tuple[Judged, str]]:
    """Pages at different addresses that nobody could tell apart by their tabs, and what is said of them."""
    seen: dict[str, Shot] = {}
    found = []
    for one in pages:
        if not one.title or one.shot.status != HTTPStatus.OK or one.shot.who == STRANGER:
            continue
        other = seen.setdefault(one.title, one.shot)
        if other.path.partition("?")[0] != one.shot.path.partition("?")[0]:
            found.append((one, f"has the title of {other.name}: {one.title}"))
    return found


def write(pages: Sequence[Judged], out: Path) -> Path:
    """Both files in `out`; the path of the table."""
    rows = [
        {
            "page": one.shot.name,
            "path": one.shot.path,
            "who": one.shot.who,
            "bytes": one.size,
            "requests": max((view.requests for view in one.views), default=0),
            "moved": sum(len(view.shifts) for view in one.views),
            "complaints": one.complaints,
        }
        for one in pages
    ]
    (out / "checks.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    lines = [
        "# Checks of every page",
        "",
        "| Page | As | First view | Requests | Moved | Complaints |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for one, row in zip(pages, rows, strict=True):
        size = f"{one.size / 1000:.1f} KB" if one.size else "-"
        lines.append(
            f"| {one.shot.name} | {one.shot.who} | {size} | {row['requests'] or '-'} | {row['moved']} | {len(one.complaints)} |"
        )
    for one in pages:
        if one.complaints:
            lines += ["", f"## {one.shot.name} `{one.shot.path}`", "", *(f"- {said}" for said in one.complaints)]
    file = out / "checks.md"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return file
