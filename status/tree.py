"""The public tree on disk: what is written of it, and when. A publisher works in turns, each of them short (`status.turn`).

A word to the public writes at once what it changes: the page of its incident, the month that lists it, the newest, the feed,
the documents, and the front page last. The round of each minute does the same for what only time changes or somebody changed
inside, and looks through the history bit by bit, so that neither costs more with every year. A new version of the program,
another name of the page or a lost manifest make it look through all of it, as far as it gets in a minute.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from status import atom, changed, html, near, serializer, statuspage
from status.disk import Disk, Leaf, version
from status.models import PublicIncident
from status.public import Page, ShownIncident
from status.turn import turn

PAGE = "default"
BUDGET = 20.0
"""Seconds that a round spends on the history."""
ROTATION = 2
"""Months of the history that each round looks at although nobody changed anything there."""
FULL = 100
"""Incidents on one page of a month; the first hundred stay on its first page for ever."""
Say = Callable[[str], None]


def folder() -> Path:
    """Where the tree of this installation's page stands."""
    return Path(settings.STATUS_ROOT) / PAGE


def publish(at: datetime) -> None:
    """The round: write what the public may read as it stands, generated at `at`, and some of its history.

    Raises OSError when the disk does not let us, django.db.Error when the database does not.
    """
    end = time.monotonic() + BUDGET
    with _open() as disk:
        listed = _months_of(disk)
        _plan(disk, at)
        _turn(disk, at)
    while disk.notes["todo"] and time.monotonic() < end:
        with _open() as disk:
            for month in disk.notes["todo"][:1]:  # another round may have done it since
                _month(disk, month, at)
                disk.notes["todo"].remove(month)
    if _months_of(disk) != listed:
        with _open() as disk:
            _turn(disk, at)


def publish_told(at: datetime, incidents: Collection[int]) -> None:
    """Write at once what a word about these `incidents` (their keys) changes, in one turn. Raises as `publish` does."""
    with _open() as disk:
        _turn(disk, at, incidents)


def publish_all(at: datetime, say: Say, *, afresh: bool = False) -> int:
    """Write the whole tree, a turn for each month, so that words to the public get in between; returns how many files were
    written. `afresh`: also those that stand as they should.
    """
    count = 0
    for month in near.months():
        with _open(afresh=afresh) as disk:
            written = _month(disk, month, at)
        count += written
        say(f"{month}: {written} files")
    with _open(afresh=afresh) as disk:
        _sweep(disk)
        count += _turn(disk, at)
        disk.notes.update(edition=_edition(serializer.read(at)), todo=[])
    return count


def export(out: Path, at: datetime) -> int:
    """Write the whole tree into `out`, for a second home; returns the number of files."""
    disk = Disk(out, bare=True)
    count = sum(_month(disk, month, at) for month in near.months())
    count += len(disk.write(_front(disk, serializer.read(at))))
    disk.close()
    return count


@contextmanager
def _open(*, afresh: bool = False) -> Iterator[Disk]:
    """A turn with the tree; what is noted is kept when the block ends well."""
    with turn(folder()):
        disk = Disk(folder(), afresh=afresh)
        yield disk
        disk.close()


def _edition(page: Page) -> str:
    """What stands on every page."""
    return sha256(f"{version()}{page.name}{page.url}".encode()).hexdigest()


def _plan(disk: Disk, at: datetime) -> None:
    """Note which months are to be looked at: all, or those of what was changed, and the next of the rotation."""
    notes = disk.notes
    todo = notes.setdefault("todo", [])
    marks = notes.get("marks", [])
    edition = _edition(serializer.bare(at))
    touched: Iterable[str] = changed.months(marks)
    if notes.get("edition") != edition or not marks:
        touched = near.months()
        notes["edition"] = edition
    notes["marks"] = changed.marked(marks, at)
    rotation = notes.get("rotation")
    for _step in range(ROTATION):
        rotation = near.month_before(rotation)
        if rotation is None:
            _sweep(disk)
            break
        touched = [*touched, rotation]
    notes["rotation"] = rotation
    todo += [month for month in dict.fromkeys(touched) if month not in todo]
    todo.sort(reverse=True)


def _turn(disk: Disk, at: datetime, told: Collection[int] | None = None) -> int:
    """Everything that one word may change, the front page last; returns how many files were written.

    `told`: the incidents that it was about. Other pages that are to be written anew are left to the next round then.
    """
    page = serializer.read(at, also=told or ())
    rows = dict(PublicIncident.objects.filter(incident__in=told or ()).values_list("code", "created_at"))
    written = disk.write(_pages(page, [one for one in page.incidents if told is None or one.code in rows]))
    codes = {path.split("/")[1] for path in written}
    months = {near.month_of(one.created_at) for one in page.incidents if one.code in codes}
    for month in sorted(months | {near.month_of(created_at) for created_at in rows.values()}):
        _month(disk, month, at, pages=told is None)
    return len(written) + len(disk.write(_front(disk, page)))


def _month(disk: Disk, month: str, at: datetime, *, pages: bool = True) -> int:
    """The lists of a month and the pages of its incidents; what is no longer public goes."""
    page = serializer.bare(at)
    shown = serializer.month(month, at)
    codes = {one.code for one in shown}
    for code in near.codes(month):
        if code not in codes:
            disk.remove(f"incidents/{code}")
    lists = dict(_parts(month, shown))
    count = len(disk.write([*_pages(page, shown if pages else ()), *_lists(page, lists)]))
    for name in _months_of(disk):
        if name.startswith(month) and name not in lists:
            disk.remove(f"incidents/{name}")
    return count


def _parts(month: str, shown: tuple[ShownIncident, ...]) -> Iterator[tuple[str, tuple[ShownIncident, ...]]]:
    """Name -> its incidents, newest first; counted from the oldest, so that an incident stays where it is."""
    for part, first in enumerate(range(0, len(shown), FULL), start=1):
        end = len(shown) - first
        yield month if part == 1 else f"{month}-{part}", shown[max(end - FULL, 0) : end]


def _months_of(disk: Disk) -> list[str]:
    """The months that stand in the tree, in the order of their names."""
    names = (path.split("/") for path in disk.files)
    return sorted(parts[1] for parts in names if parts[0] == "incidents" and len(parts) == 3)  # noqa: PLR2004


def _sweep(disk: Disk) -> None:
    """Folders of what the database does not know (any more) go."""
    for name in _months_of(disk):
        if not near.codes(name[:7]):
            disk.remove(f"incidents/{name}")
    known = {*_months_of(disk)}
    names = [name for name in disk.folders("incidents") if name not in known]
    for first in range(0, len(names), 500):
        some = names[first : first + 500]
        there = set(PublicIncident.objects.filter(code__in=some).values_list("code", flat=True))
        for name in some:
            if name not in there:
                disk.remove(f"incidents/{name}")


def _pages(page: Page, shown: Iterable[ShownIncident]) -> Iterator[Leaf]:
    for one in shown:
        broken = one.next_by is not None and one.next_by < page.at
        render = partial(html.incident, page, one)
        yield Leaf(f"incidents/{one.code}/index.html", (page.name, one, broken), render, alone=True)


def _line(one: ShownIncident) -> tuple[object, ...]:
    """What a list tells of an incident."""
    return (one.code, one.title, one.status, one.started_at, one.ended_at, one.components, one.report is None)


def _lists(page: Page, lists: dict[str, tuple[ShownIncident, ...]]) -> Iterator[Leaf]:
    for name, shown in lists.items():
        facts = (page.name, [_line(one) for one in shown])
        yield Leaf(f"incidents/{name}/index.html", facts, partial(html.month, page, name, shown))


def _front(disk: Disk, page: Page) -> Iterator[Leaf]:
    """What others link to first, the front page last."""
    months, newest = _months_of(disk), page.incidents[: html.NEWEST]
    facts = (page.name, [_line(one) for one in newest], months)
    yield Leaf("incidents/index.html", facts, lambda: html.incidents(page, newest, months))
    yield Leaf("404.html", (page.name, page.url), lambda: html.not_found(page))
    for name, document in statuspage.documents(page).items():
        body = (json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
        yield Leaf(f"api/v2/{name}", body, lambda body=body: body)  # type: ignore[misc]
    told = (page.name, page.url, page.updated_at, page.incidents[: statuspage.NEWEST])
    yield Leaf("history.atom", told, lambda: atom.feed(page))
    yield Leaf("index.html", page, lambda: html.index(page))
