"""The running system that is measured, and a way into its environment for what is measured in processes of ours."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bench import load
from bench.places import RATE_PLACE, address_of
from tests.system import ROOT, System

WEB, WORKER, DISPATCH = "manage.py web", "manage.py worker", "manage.py dispatch"


class House:
    """One running system: its engines' addresses, its processes, and parts of ours run beside it."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.home = system.folder / "home"
        self.numbers = itertools.count(10**9)  # no alert is ever sent twice
        self.scratched = itertools.count(1)

    @property
    def environment(self) -> dict[str, str]:
        """What a role of this system sees."""
        pointed = json.loads((self.home / "run" / "engines.json").read_text(encoding="utf-8"))
        key = (self.home / "secrets" / "SECRET_KEY").read_text(encoding="utf-8").strip()
        return {**self.system.environment, **pointed, "SECRET_KEY": key}

    def inside(self, part: str, *words: str, database: str = "") -> Any:
        """Run a part of `bench.inside` against the system's database, or another one on its server; its answer."""
        environment = self.environment | ({"DATABASE_URL": database} if database else {})
        argv = [sys.executable, "-m", "bench.inside", part, *words]
        done = subprocess.run(argv, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def scratch(self, template: str = "") -> Iterator[str]:
        """The address of a fresh, migrated database on the system's server, gone when the block ends.

        With the address of another one as `template`, a copy of that.
        """
        name = f"scratch{next(self.scratched)}"
        url = urlunsplit(urlsplit(self.environment["DATABASE_URL"])._replace(path=f"/{name}"))
        self.inside("create_database", name, urlsplit(template).path.lstrip("/"))
        try:
            if not template:
                argv = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"]
                subprocess.run(argv, env=self.environment | {"DATABASE_URL": url}, cwd=ROOT, check=True)
            yield url
        finally:
            self.inside("drop_database", name)

    @contextlib.contextmanager
    def still(self, *parts: str) -> Iterator[None]:
        """Roles stopped in their tracks (SIGSTOP) for the length of the block; what became due meanwhile is dropped.

        They are stopped between two pieces of work: one stopped in a transaction would keep its locks.
        """
        self.inside("quiet")
        pids = [pid for part in parts for pid in self.system.children(part)]
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            yield
            self.inside("quiet")
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def take(self, count: int) -> range:
        """So many numbers for new alerts."""
        first = next(self.numbers)
        self.numbers = itertools.count(first + count)
        return range(first, first + count)

    def post(self, requests: list[bytes], *, clients: int = 8) -> load.Seen:
        """Send them; everything must be accepted. Raises RuntimeError with the end of the log."""
        seen = load.post(self.system.port, requests, clients=clients)
        if seen.refused:
            raise RuntimeError(f"{seen.refused} of {len(requests)} were refused\n{self.system.log[-3000:]}")
        return seen

    def singles(self, count: int) -> list[bytes]:
        """Requests with one new alert each."""
        return self.singles_of(self.take(count))

    @staticmethod
    def singles_of(numbers: range) -> list[bytes]:
        """The same with these numbers."""
        return load.bodies(address_of(RATE_PLACE), load.generic, numbers)

    def warm(self) -> None:
        """Every web thread has its connection and its code in memory; nothing stays due."""
        with self.still(DISPATCH, WORKER):
            self.post(self.singles(160))

    def memory(self) -> int:
        """Bytes of all processes, shared pages counted once (PSS)."""
        assert self.system.process is not None
        return sum(proportional(pid) for pid in [self.system.process.pid, *self.system.children("")])


def proportional(pid: int) -> int:
    """Proportional set size of a process in bytes; 0 when it has just ended."""
    try:
        return _bytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
    except OSError:
        return 0


def resident(pid: int) -> int:
    """Resident set of a process now, in bytes; its peak is counted anew from here."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    return _bytes(Path(f"/proc/{pid}/status"), "VmRSS:")


def peak(pid: int) -> int:
    """Highest resident set of a process since `resident`, in bytes."""
    return _bytes(Path(f"/proc/{pid}/status"), "VmHWM:")


def _bytes(path: Path, name: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024


@contextlib.contextmanager
def progress(what: str) -> Iterator[None]:
    """Say on stderr what goes on and how long it took."""
    sys.stderr.write(f"bench: {what} ...")
    sys.stderr.flush()
    begun = time.perf_counter()
    try:
        yield
    finally:
        sys.stderr.write(f" {time.perf_counter() - begun:.1f} s\n")
        sys.stderr.flush()
