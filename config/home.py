"""`SHARPEND_HOME`: the lock, the secrets made at first start, the pointer to the running engines (stdlib only)."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from config.privileges import Account, Refused

ROOT = Path(__file__).resolve().parent.parent
LONGEST_SOCKET_PATH = 103  # characters: macOS; Linux takes 107
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def secret_key() -> str:
    """A new key for signatures."""
    return secrets.token_urlsafe(64)


def vapid_private_key() -> str:
    """A new P-256 private key: 32 bytes in base64url without padding, as Web Push libraries read it (RFC 8292)."""
    number = secrets.randbelow(P256_ORDER - 1) + 1
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


class Home:
    """The state folder. Others can walk through it (the status page is served from it) and read no secret in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = path / "run"
        self.pointer = self.run / "engines.json"
        self.migrated = self.run / "migrated"  # this home's database has tables
        self._lock: int | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Home:
        """The home that the environment names (a relative one from the current folder), else `var` beside the code."""
        named = environ.get("SHARPEND_HOME")
        return cls(Path(named).expanduser().resolve() if named else ROOT / "var")

    def make(self) -> None:
        """Create the folders. Raises `Refused` when that is not allowed."""
        try:
            for folder, mode in ((self.path, 0o711), (self.run, 0o700), (self.path / "secrets", 0o700)):
                if not folder.is_dir():
                    folder.mkdir(parents=True)
                    folder.chmod(mode)
        except OSError as error:
            raise Refused(
                f"{error.filename} cannot be made ({error.strerror}): set SHARPEND_HOME to a folder of yours."
            ) from error

    def secret(self, name: str, make: Callable[[], str]) -> str:
        """The secret called `name`; made and stored with mode 0600 when there is none."""
        path = self.path / "secrets" / name
        with contextlib.suppress(FileNotFoundError):
            if kept := path.read_text(encoding="utf-8").strip():
                return kept
        value = make()
        write_private(path, value + "\n")
        return value

    def claim(self, purpose: str) -> bool:
        """Take the home for `purpose`; False when another has it (`holder`). The lock dies with the process."""
        fd = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._lock = fd
        os.truncate(fd, 0)
        os.pwrite(fd, json.dumps({"pid": os.getpid(), "for": purpose}).encode(), 0)
        return True

    def holder(self) -> dict[str, str]:
        """Who has the home: `pid` and `for`, empty when that is just being written."""
        try:
            found = json.loads((self.run / "lock").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(name): str(value) for name, value in found.items()}

    def point(self, environ: Mapping[str, str]) -> None:
        """Tell other commands where the running engines are."""
        write_private(self.pointer, json.dumps(dict(environ), indent=1) + "\n")

    def pointed(self, seconds: float = 0) -> dict[str, str]:
        """What `point` said, waiting for it up to `seconds`; empty when nobody said anything."""
        until = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError, ValueError):
                return dict(json.loads(self.pointer.read_text(encoding="utf-8")))
            if time.monotonic() > until:
                return {}
            time.sleep(0.1)

    def socket_folder(self, account: Account) -> Path:
        """A new private folder, short enough for sockets; what a killed predecessor left is removed."""
        before = self.run / "sockets"
        with contextlib.suppress(OSError):
            left = Path(before.read_text(encoding="utf-8").strip())
            if left.name.startswith("sharpend-") and left.stat().st_uid in (account.uid, os.geteuid()):
                shutil.rmtree(left, ignore_errors=True)
        candidates = [
            os.environ.get("XDG_RUNTIME_DIR", "") if not account.drops else "",
            tempfile.gettempdir(),
            "/tmp",
            "/run",
        ]
        for parent in (Path(name) for name in candidates if name):
            fits = len(str(parent / "sharpend-12345678" / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH
            if fits and os.access(parent, os.W_OK | os.X_OK) and account.may(parent, os.X_OK):
                folder = Path(tempfile.mkdtemp(prefix="sharpend-", dir=parent))
                account.own(folder)
                write_private(before, str(folder))
                return folder
        raise Refused("There is no short, writable folder for sockets: set TMPDIR to one, for example /tmp.")

    def leave(self) -> None:
        """Withdraw the pointer and let the lock go."""
        self.pointer.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` with mode 0600: complete and on disk, or not at all."""
    half = path.with_name(path.name + ".new")
    half.unlink(missing_ok=True)
    fd = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)
