"""What a laboratory is made of: dispatchers by the fork, a broker, a database."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from config.embedded import Valkey
from config.engines import find_valkey

THREADS, MANY = 8, 4
"""A dispatcher's own threads, each with a connection; many dispatchers have one each, or the engine's 80 are used up."""


class Dispatchers:
    """Forked from one process that has all code loaded."""

    def __init__(self, zygote: subprocess.Popen[str]) -> None:
        self.zygote, self.pids = zygote, list[int]()

    @classmethod
    @contextlib.contextmanager
    def running(cls, environment: dict[str, str], count: int) -> Iterator[Dispatchers]:
        """Start them; they end with the block."""
        argv = [sys.executable, "-m", "tests.chaos.zygote", str(THREADS if count < MANY else 1)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(argv, env=environment, text=True, cwd=Path.cwd(), **pipes) as zygote:  # type: ignore[call-overload]
            try:
                assert zygote.stdout.readline() == "ready\n"
                ours = cls(zygote)
                for _one in range(count):
                    ours.fork()
                yield ours
            finally:
                zygote.kill()

    def fork(self) -> int:
        """One more."""
        assert self.zygote.stdin is not None
        assert self.zygote.stdout is not None
        self.zygote.stdin.write("fork\n")
        self.zygote.stdin.flush()
        self.pids.append(int(self.zygote.stdout.readline()))
        return self.pids[-1]

    def kill(self) -> None:
        """kill -9 of all of them."""
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.pids.clear()


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[Path]:
    """A Valkey of ours; its socket."""
    server = Valkey(find_valkey(os.environ), folder / "valkey", folder)
    server.prepare()
    with subprocess.Popen(server.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/") as process:
        try:
            until = time.monotonic() + 20
            while not server.ready():
                assert time.monotonic() < until, "Valkey does not start"
                time.sleep(0.02)
            yield server.path
        finally:
            process.kill()


@contextlib.contextmanager
def database(name: str) -> Iterator[str]:
    """A database of its own on the tests' server; its address."""
    url = urlsplit(os.environ["DATABASE_URL"])
    with contextlib.closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
            try:
                yield urlunsplit(url._replace(path=f"/{name}"))
            finally:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
