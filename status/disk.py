"""A tree of files: each appears whole, by a rename, and only files whose facts changed are written.

What was written last is remembered beside it: the page of an incident in its own folder, so that the cost does not grow with
the number of incidents; everything else in one manifest. Killed at any instant a writer leaves whole files, old or new; what
it had begun is forgotten by then, and whoever comes next writes it anew.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings

SPARE, MANIFEST, RECORD = ".new", ".manifest.json", ".record"
Record = list[str | int]


@dataclass(frozen=True)
class Leaf:
    """A file of the tree; the same `facts` always render to the same bytes. One that is `alone` keeps its own record."""

    path: str
    facts: object
    render: Callable[[], bytes]
    alone: bool = False

    @cached_property
    def digest(self) -> str:
        """Changes when the facts do, or the program that renders them."""
        return sha256(f"{version()}{self.facts!r}".encode()).hexdigest()


@cache
def version() -> str:
    """Of what renders: a new version of the program writes every file anew."""
    base = Path(settings.BASE_DIR)
    sources = [
        *base.glob("status/**/*.py"),
        *base.glob("templates/status/*"),
        base / "foundation" / "ui" / "markdown.py",
    ]
    return sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()


class Disk:
    """The tree below `root`, for the only one who writes there now. `notes` are kept with it, for the next one.

    `afresh` writes every file, whatever is remembered; `bare` leaves nothing but the public files.
    """

    def __init__(self, root: Path, *, afresh: bool = False, bare: bool = False) -> None:
        self.root, self.afresh, self.bare = root, afresh, bare
        shutil.rmtree(root / SPARE, ignore_errors=True)  # what one that was killed has left
        (root / SPARE).mkdir(parents=True, mode=0o755)
        kept = {} if bare else self._manifest()
        self.files: dict[str, Record] = kept.get("files", {})
        self.notes: dict[str, Any] = kept.get("notes", {})

    def close(self) -> None:
        """Remember everything."""
        self._remember()
        (self.root / SPARE).rmdir()
        if self.bare:
            (self.root / MANIFEST).unlink()

    def write(self, leaves: Iterable[Leaf]) -> list[str]:
        """Bring the files of `leaves` to what they should be, in this order; returns the paths that were written."""
        stale = [leaf for leaf in leaves if not self._stands(leaf)]
        # Forgotten before they are touched: whoever comes after one that was killed writes them anew.
        begun = {leaf.path for leaf in stale} & self.files.keys()
        if begun:
            self.files = {path: record for path, record in self.files.items() if path not in begun}
            self._remember()
        for leaf in stale:
            self._put(leaf)
        return [leaf.path for leaf in stale]

    def remove(self, folder: str) -> None:
        """Take a folder with its page away, whoever wrote it."""
        self.files.pop(f"{folder}/index.html", None)
        shutil.rmtree(self.root / folder, ignore_errors=True)

    def folders(self, below: str) -> Iterator[str]:
        """The names of folders in `below`."""
        with suppress(FileNotFoundError):
            yield from (entry.name for entry in os.scandir(self.root / below) if entry.is_dir(follow_symlinks=False))

    def _manifest(self) -> dict[str, Any]:
        """Nothing when there is none that can be read."""
        try:
            found = json.loads((self.root / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and {"files", "notes"} == found.keys() else {}

    def _remember(self) -> None:
        self._place(MANIFEST, json.dumps({"files": self.files, "notes": self.notes}).encode())

    def _record(self, leaf: Leaf) -> Record | None:
        """What was written last: digest and sizes."""
        if not leaf.alone:
            return self.files.get(leaf.path)
        try:
            found = json.loads((self.root / leaf.path).with_name(RECORD).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, list) else None

    def _stands(self, leaf: Leaf) -> bool:
        """Whether both files of the leaf stand as they were written from the same facts."""
        record = None if self.afresh or self.bare else self._record(leaf)
        if not record or record[0] != leaf.digest:
            return False
        try:
            sizes = [os.stat(self.root / f"{leaf.path}{end}").st_size for end in ("", ".gz")]
        except OSError:
            return False
        return sizes == record[1:]

    def _put(self, leaf: Leaf) -> None:
        beside = (self.root / leaf.path).with_name(RECORD)
        if leaf.alone:
            beside.unlink(missing_ok=True)
        body = leaf.render()
        packed = gzip.compress(body, 9, mtime=0)
        self._place(leaf.path, body)
        self._place(f"{leaf.path}.gz", packed)
        record: Record = [leaf.digest, len(body), len(packed)]
        if not leaf.alone:
            self.files[leaf.path] = record
        elif not self.bare:
            self._place(beside.relative_to(self.root).as_posix(), json.dumps(record).encode())

    def _place(self, path: str, body: bytes) -> None:
        """The file appears whole. Its time of change always grows by a second: nginx makes its ETag of that and the size."""
        target, spare = self.root / path, self.root / SPARE / "file"
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
