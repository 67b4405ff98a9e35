"""PostgreSQL and Valkey for one home, started and stopped in their order (stdlib only)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from config import environment
from config.children import Child, Nursery
from config.embedded import Postgres, Valkey
from config.engines import find_postgres, find_valkey, reachable_copy
from config.home import Home
from config.privileges import Account, Refused, account_for

RECOVERY = 600.0  # seconds that PostgreSQL may take to replay its log after a crash
TRIES = 6  # ends of PostgreSQL before its first "ready" that make us give up


class Stopped(Exception):
    """Somebody asked us to stop while we were starting."""


def log(name: str, line: str) -> None:
    """One line on stderr; a closed terminal is no reason to stop paging."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{name:<8} | {line}\n")
        sys.stderr.flush()


def given(name: str, environ: Mapping[str, str]) -> str:
    """The operator's value of `name`, from the environment or the file that `NAME_FILE` names."""
    return environment.read(environ)[name].text if environ.get(name) or environ.get(f"{name}_FILE") else ""


class Engines:
    """PostgreSQL and Valkey for a home, as far as the operator did not name others."""

    def __init__(self, home: Home, nursery: Nursery, environ: Mapping[str, str]) -> None:
        self.home, self.nursery, self.given = home, nursery, environ
        self.sockets: Path | None = None
        self.children: list[Child] = []

    def start_postgres(self, settings: Mapping[str, str] | None = None) -> str:
        """`DATABASE_URL`; starts the embedded server when the operator named none. Raises `Refused`."""
        if url := given("DATABASE_URL", self.given):
            return url
        programs = find_postgres(self.given)
        data = self.home.path / "postgres"
        account = account_for(data)
        rooms = (self.home.path, self._sockets(account))
        server = Postgres(
            programs=reachable_copy(programs, account, rooms),
            data=data,
            account=account,
            sockets=self._sockets(account),
            password=self.home.secret("postgres_password", lambda: os.urandom(24).hex()),
            settings=settings or {},
        )
        if server.prepare():
            self.home.migrated.unlink(missing_ok=True)
        child = Child("postgres", server.argv, dict(server.popen), stop=signal.SIGINT, orphan=signal.SIGQUIT)
        self._start(child)
        if not self.nursery.until(lambda: server.ready() or child.crashes >= TRIES, RECOVERY) or not server.ready():
            raise_if_stopped(self.nursery)
            raise Refused("PostgreSQL does not start; the lines above say why.")
        return server.url

    def start_valkey(self) -> str:
        """`REDIS_URL`; starts the embedded server when the operator named none. Without a broker we still page."""
        if url := given("REDIS_URL", self.given):
            return url
        server = Valkey(find_valkey(self.given), self.home.path / "valkey", self._sockets(None))
        server.prepare()
        child = Child("valkey", server.argv, {"cwd": "/"}, hush="overcommit")
        self._start(child)
        if not self.nursery.until(lambda: server.ready() or child.crashes > 0, 20) or not server.ready():
            raise_if_stopped(self.nursery)
            log("valkey", "did not start; once more with an empty folder")
            self.nursery.end([child], 1)
            server.set_aside()
            child.restart = True
            self.nursery.start(child)
            if not self.nursery.until(server.ready, 5):
                raise_if_stopped(self.nursery)
                log("valkey", "still not there: pages go out without it, a little later")
        return server.url

    def _start(self, child: Child) -> None:
        self.children.append(child)
        self.nursery.start(child)

    def _sockets(self, account: Account | None) -> Path:
        if self.sockets is None:
            self.sockets = self.home.socket_folder(account or Account(os.geteuid(), os.getegid(), drops=False))
        return self.sockets

    def stop(self) -> None:
        """The broker, then the database, then their sockets."""
        for child, seconds in zip(reversed(self.children), (5, 20), strict=False):
            self.nursery.end([child], seconds)
        if self.sockets is not None:
            shutil.rmtree(self.sockets, ignore_errors=True)


def raise_if_stopped(nursery: Nursery) -> None:
    """Raise `Stopped` when a signal came."""
    if nursery.stop_asked:
        raise Stopped
