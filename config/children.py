"""Child processes that speak with a prefix, come back after a crash and never outlive their parent (stdlib only)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any, cast

PR_SET_PDEATHSIG = 1
FIRST_PAUSE = 0.25  # seconds before the first restart; each crash in a row makes it four times as long
LONGEST_PAUSE = 30.0  # seconds between restarts of something that keeps failing
CHUNK = 65536  # bytes read at once; also the longest line
STEADY = 60.0  # seconds after which a crash counts as the first again

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send us signal `number` when the parent dies, however it dies (Linux; elsewhere nothing)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def _bound_to(parent: int, number: int) -> Callable[[], None]:
    def bind() -> None:
        die_with_parent(number)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return bind


def spawn(argv: Sequence[str], *, orphan_signal: int = signal.SIGKILL, **popen: Any) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own: Ctrl-C reaches only the supervisor, which stops children in their order."""
    bind = _bound_to(os.getpid(), orphan_signal)
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=bind, **popen)  # noqa: PLW1509 - no threads


@dataclass(eq=False)
class Child:
    """One program to keep running. `stop` asks it to end, `orphan` is what the kernel sends when we are gone."""

    name: str
    argv: Sequence[str]
    popen: dict[str, Any] = field(default_factory=dict)
    stop: int = signal.SIGTERM
    orphan: int = signal.SIGKILL
    restart: bool = True
    hush: str = ""  # lines with these words stay unsaid
    process: subprocess.Popen[bytes] | None = None
    crashes: int = 0
    started: float = 0.0
    again_at: float | None = None
    _rest: bytes = b""

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.poll() is None

    def send(self, number: int, *, group: bool = False) -> None:
        """Signal it, or its whole session."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self.process.pid, number)


class Nursery:
    """Runs children in one thread: their lines, their ends, their restarts, and the signals that we get."""

    def __init__(self, log: Callable[[str, str], None]) -> None:
        self.log = log
        self.children: list[Child] = []
        self.stop_asked = 0
        self._selector = selectors.DefaultSelector()
        self._wake_out, self._wake_in = os.pipe()
        for fd in (self._wake_out, self._wake_in):
            os.set_blocking(fd, False)
        self._selector.register(self._wake_out, selectors.EVENT_READ)

    def listen(self) -> None:
        """Take SIGTERM, SIGINT and SIGHUP (unless ignored, as under nohup) as a wish to stop; wake up for SIGCHLD."""
        signal.set_wakeup_fd(self._wake_in, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._asked)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_asked += 1

    def start(self, child: Child) -> None:
        """Start `child` and keep it."""
        popen: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **child.popen}
        child.process = spawn(child.argv, orphan_signal=child.orphan, **popen)
        child.started, child.again_at = time.monotonic(), None
        pipe = child.process.stdout or child.process.stderr
        assert pipe is not None
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, selectors.EVENT_READ, child)
        if child not in self.children:
            self.children.append(child)

    def pump(self, seconds: float) -> None:
        """Pass lines on for up to `seconds`, note who ended, restart whoever is due."""
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_out, 4096)
            else:
                self._read(cast("IO[bytes]", key.fileobj), key.data)
        for child in self.children:
            if child.process is not None and child.process.poll() is not None and child.again_at is None:
                self._ended(child)
            elif (
                child.again_at is not None
                and child.restart
                and time.monotonic() >= child.again_at
                and not self.stop_asked
            ):
                self.start(child)

    def _read(self, pipe: IO[bytes], child: Child) -> None:
        try:
            data = os.read(pipe.fileno(), CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._selector.unregister(pipe)
            pipe.close()
        *lines, child._rest = (child._rest + data).split(b"\n")
        if child._rest and (not data or len(child._rest) > CHUNK):
            lines, child._rest = [*lines, child._rest], b""
        for line in lines:
            if not child.hush or child.hush.encode() not in line:
                self.log(child.name, line.decode("utf-8", "replace").rstrip())

    def _ended(self, child: Child) -> None:
        """Note the end and when to start again."""
        assert child.process is not None
        now = time.monotonic()
        child.crashes = 1 if now - child.started > STEADY else child.crashes + 1
        pause = min(FIRST_PAUSE * 4.0 ** (child.crashes - 1), LONGEST_PAUSE)
        child.again_at = now + pause
        if child.restart and not self.stop_asked:
            self.log(child.name, f"ended ({describe(child.process.returncode)}); starts again in {pause:g} s")

    def until(self, done: Callable[[], bool], seconds: float, *, despite_stop: bool = False) -> bool:
        """Pump until `done()`; False after `seconds` or when somebody wants us to stop."""
        limit = time.monotonic() + seconds
        while not done():
            if time.monotonic() > limit or (self.stop_asked and not despite_stop):
                return False
            self.pump(0.05)
        return True

    def end(self, children: Sequence[Child], seconds: float) -> None:
        """Stop `children` together: asked first, after `seconds` (or when asked twice) killed with all they started."""
        for child in children:
            child.restart = False
            child.send(child.stop)
        asked = self.stop_asked

        def gone() -> bool:
            return not any(child.alive for child in children) or self.stop_asked > max(asked, 1)

        if not self.until(gone, seconds, despite_stop=True) or any(child.alive for child in children):
            for child in children:
                if child.alive:
                    self.log(child.name, "does not end by itself: killed")
                child.send(signal.SIGKILL, group=True)
            self.until(lambda: not any(child.alive for child in children), 5, despite_stop=True)

    def close(self) -> None:
        """Let the descriptors go (in a program that goes on afterwards)."""
        for child in self.children:
            if child.process is not None and child.process.stdout is not None:
                child.process.stdout.close()
        self._selector.close()
        os.close(self._wake_out)
        os.close(self._wake_in)


def describe(code: int) -> str:
    """An exit code in words."""
    return f"exit {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def python(root: Path, *words: str) -> list[str]:
    """The command line that runs `manage.py` with `words` under this Python."""
    return [sys.executable, str(root / "manage.py"), *words]
