"""When the static files have to be collected, and that only one start of this checkout does it at a time (stdlib only)."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path


class Collected:
    """The collected files of a checkout: a stamp says what they were made of, a lock that somebody makes them now."""

    def __init__(self, root: Path) -> None:
        self.root, self.stamp = root, root / "build" / "staticfiles.stamp"
        self._lock: int | None = None
        self._sources = ""

    @property
    def current(self) -> bool:
        """Whether nothing that they are made of changed since the last time. Needs no lock and writes nothing."""
        return self.stamp.exists() and self.stamp.read_text(encoding="utf-8") == self._digest()

    def claim(self) -> bool:
        """Take the making of them; False when another start is at it. The lock dies with the process."""
        self.stamp.parent.mkdir(exist_ok=True)
        fd = os.open(self.stamp.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._lock, self._sources = fd, self._digest()
        return True

    def done(self) -> None:
        """They are made of what was there when they were claimed; others may make them again."""
        self.stamp.write_text(self._sources, encoding="utf-8")
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _digest(self) -> str:
        """A digest of every file of ours, and of the packages that bring some."""
        digest = hashlib.sha256((self.root / "requirements" / "runtime.txt").read_bytes())
        for path in sorted(path for top in ("static", "*/static") for path in self.root.glob(f"{top}/**/*")):
            seen = path.stat()
            digest.update(f"{path.relative_to(self.root)} {seen.st_size} {seen.st_mtime_ns}\n".encode())
        return digest.hexdigest()
