"""The public tree on disk: each file appears whole, by a rename, and only files whose content changed are written.

A publisher works under an advisory lock of the database and reads after it has it, so the last one always shows the newest
words. Killed at any instant it leaves whole files, old or new, and the next one completes the tree.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from status import atom, html, serializer, statuspage
from status.public import Page

PAGE = "default"
LOCK = 7_201_511
"""The advisory lock of publishers."""
SPARE, MANIFEST = ".new", ".manifest.json"
Record = list[str | int]


@dataclass(frozen=True)
class Leaf:
    """A file of the tree; the same `facts` always render to the same bytes."""

    path: str
    facts: object
    render: Callable[[], bytes]

    @property
    def digest(self) -> str:
        """Changes when the facts do, or the program that renders them."""
        return sha256(f"{_version()}{self.facts!r}".encode()).hexdigest()


@cache
def _version() -> str:
    """Of what renders: a new version of the program writes every file anew."""
    base = Path(settings.BASE_DIR)
    sources = [
        *base.glob("status/**/*.py"),
        *base.glob("templates/status/*"),
        base / "foundation" / "ui" / "markdown.py",
    ]
    return sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()


def folder() -> Path:
    """Where the tree of this installation's page stands."""
    return Path(settings.STATUS_ROOT) / PAGE


def publish(at: datetime) -> None:
    """Write what the public may read as it stands, generated at `at`. Raises OSError when the disk does not let us."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        write(folder(), leaves(serializer.read(at)))


def export(out: Path, at: datetime) -> int:
    """Write the whole tree into `out`, for a second home; returns the number of files."""
    count = write(out, leaves(serializer.read(at)), afresh=True)
    (out / MANIFEST).unlink()
    return count


def leaves(page: Page) -> Iterator[Leaf]:
    """Every file: what others link to first, the front page last."""
    for one in page.incidents:
        broken = one.next_by is not None and one.next_by < page.at
        facts = (page.name, one, broken)
        yield Leaf(f"incidents/{one.code}/index.html", facts, lambda one=one: html.incident(page, one))  # type: ignore[misc]
    lines = [
        (one.code, one.title, one.status, one.created_at, one.updated_at, one.components) for one in page.incidents
    ]
    yield Leaf("incidents/index.html", (page.name, lines), lambda: html.incidents(page))
    yield Leaf("404.html", (page.name, page.url), lambda: html.not_found(page))
    for name, document in statuspage.documents(page).items():
        body = (json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
        yield Leaf(f"api/v2/{name}", body, lambda body=body: body)  # type: ignore[misc]
    feed = atom.feed(page)
    yield Leaf("history.atom", feed, lambda: feed)
    yield Leaf("index.html", page, lambda: html.index(page))


def write(root: Path, wanted: Iterator[Leaf], *, afresh: bool = False) -> int:
    """Bring `root` to what is `wanted`; returns how many files were written. The caller is the only one who writes there."""
    spare = root / SPARE
    shutil.rmtree(spare, ignore_errors=True)  # what one that was killed has left
    spare.mkdir(parents=True, mode=0o755)
    before = {} if afresh else _manifest(root)
    files = list(wanted)
    after = {leaf.path: before[leaf.path] for leaf in files if _is_there(root, leaf, before.get(leaf.path))}
    stale = [leaf for leaf in files if leaf.path not in after]
    # Forgotten before they are touched: whoever comes after one that was killed writes them anew.
    _remember(root, after)
    for leaf in stale:
        after[leaf.path] = _put(root, leaf)
    _sweep(root / "incidents", {Path(leaf.path).parts[1] for leaf in files if leaf.path.startswith("incidents/")})
    _remember(root, after)
    spare.rmdir()
    return len(stale)


def _manifest(root: Path) -> dict[str, Record]:
    """Path -> digest and sizes of what was written last; nothing when there is none that can be read."""
    try:
        found = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _remember(root: Path, records: dict[str, Record]) -> None:
    _place(root, MANIFEST, json.dumps(records).encode())


def _is_there(root: Path, leaf: Leaf, record: Record | None) -> bool:
    """Whether both files of the leaf stand as they were written from the same facts."""
    if record is None or record[0] != leaf.digest:
        return False
    try:
        return [(root / leaf.path).stat().st_size, (root / f"{leaf.path}.gz").stat().st_size] == record[1:]
    except OSError:
        return False


def _put(root: Path, leaf: Leaf) -> Record:
    body = leaf.render()
    packed = gzip.compress(body, 9, mtime=0)
    _place(root, leaf.path, body)
    _place(root, f"{leaf.path}.gz", packed)
    return [leaf.digest, len(body), len(packed)]


def _place(root: Path, path: str, body: bytes) -> None:
    """The file appears whole. Its time of change always grows by a second: nginx makes its ETag of that and the size."""
    target, spare = root / path, root / SPARE / "file"
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    spare.write_bytes(body)
    spare.chmod(0o644)
    new = spare.stat()
    try:
        old = int(target.stat().st_mtime)
    except OSError:
        old = 0
    if old >= int(new.st_mtime):
        os.utime(spare, (new.st_atime, old + 1))
    spare.replace(target)


def _sweep(incidents: Path, wanted: set[str]) -> None:
    """Pages of incidents that are no longer public go, whoever wrote them."""
    for path in incidents.iterdir():
        if path.is_dir() and path.name not in wanted:
            shutil.rmtree(path)
