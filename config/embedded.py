"""PostgreSQL and Valkey under `SHARPEND_HOME`: how they are made, started and recognised (stdlib only)."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from config.engines import major
from config.privileges import Account, Folder, Refused

NAME = "sharpend"  # of the database and of the role that owns it; the role is no superuser
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "random_page_cost": "1.1",  # what is read often stays in memory, and disks that turn are rare
    "max_parallel_workers_per_gather": "0",
    "idle_in_transaction_session_timeout": "30s",  # an open snapshot makes the look for due work 100 times slower
    "log_checkpoints": "off",
    "log_line_prefix": "",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
BUILTIN_LOCALE_SINCE = 17
IO_METHOD_SINCE = 18


@dataclass
class Postgres:
    """One PostgreSQL cluster: `data` belongs to `account`, its socket lies in `sockets`."""

    programs: Path
    data: Path
    account: Account
    sockets: Path
    password: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def prepare(self) -> bool:
        """Make the cluster when there is none; True when it is new. Raises `Refused` for another version's data."""
        have = major(self.programs)
        new = not (self.data / "PG_VERSION").exists()
        if new:
            self._make(have)
        else:
            made_by = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
            if made_by != str(have):
                raise Refused(
                    f"The database in {self.data} was made by PostgreSQL {made_by}, {self.programs} is version {have}: "
                    f"set SHARPEND_PG_BIN to the programs of version {made_by}, or move the data with pg_dump."
                )
            forget_dead_postmaster(self.data)
        self._folder = Folder(self.data, self.account)
        self._settings = SETTINGS | ({"io_method": "sync"} if have >= IO_METHOD_SINCE else {}) | dict(self.settings)
        return new

    def _make(self, version: int) -> None:
        """initdb beside the final place, then rename: a killed first start leaves nothing half-made in use."""
        half = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        self.account.own(half)
        folder = Folder(half, self.account)
        locale = ["--locale=C.UTF-8"]
        if version >= BUILTIN_LOCALE_SINCE:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        sync = ["--no-sync"] if self.settings.get("fsync") == "off" else []
        where: list[str | Path] = ["-D", folder.shown]
        role = ["--username=postgres", "--auth=reject", "--encoding=UTF8", "--data-checksums"]
        self._do([self.programs / "initdb", *where, *role, *locale, *sync], folder)
        grant = f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{self.password}';\nCREATE DATABASE {NAME} OWNER {NAME};\n"
        single = [self.programs / "postgres", "--single", *where, *_options(self.settings), "postgres"]
        self._do(single, folder, grant)
        (half / "pg_hba.conf").write_text("local all all scram-sha-256\n", encoding="utf-8")
        folder.close()
        half.rename(self.data)

    def _do(self, argv: Sequence[str | Path], folder: Folder, typed: str = "") -> None:
        done = subprocess.run(
            argv, input=typed, capture_output=True, text=True, env=_environ(), check=False, **folder.named
        )
        if done.returncode or "ERROR:" in done.stderr:
            raise Refused(f"PostgreSQL could not make its data folder: {(done.stderr or done.stdout).strip()[-600:]}")

    @property
    def argv(self) -> list[str]:
        """The command that runs the server in the foreground."""
        settings = self._settings | {"unix_socket_directories": str(self.sockets)}
        return [str(self.programs / "postgres"), "-D", self._folder.shown, *_options(settings)]

    @property
    def popen(self) -> dict[str, object]:
        """Keyword arguments for the process; its environment holds none of our secrets."""
        return {**self._folder.popen, "env": _environ()}

    @property
    def url(self) -> str:
        """`DATABASE_URL` of this server."""
        return f"postgres://{NAME}:{self.password}@/{NAME}?host={quote(str(self.sockets), safe='/')}"

    def ready(self) -> bool:
        """Whether the server accepts connections: it says so itself in the last line of its pid file."""
        with contextlib.suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            return bool(lines) and lines[-1].strip() == "ready" and (self.sockets / ".s.PGSQL.5432").exists()
        return False


def _options(settings: Mapping[str, str]) -> list[str]:
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _environ() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_MESSAGES": "C", "TZ": "UTC"}


def forget_dead_postmaster(data: Path, patience: float = 10.0) -> None:
    """Remove a `postmaster.pid` that names a dead, zombie or unrelated process.

    A living postmaster of a killed predecessor gets `patience` seconds to end. Raises `Refused` when it does not.
    """
    path = data / "postmaster.pid"
    until = time.monotonic() + patience
    while path.exists():
        first = path.read_text(encoding="utf-8").partition("\n")[0].strip()
        if not first.isdigit() or not _is_postmaster(int(first), data):
            path.unlink(missing_ok=True)
        elif time.monotonic() > until:
            raise Refused(
                f"Process {first} still runs PostgreSQL on {data}: end it with 'kill -INT {first}' and start again."
            )
        else:
            time.sleep(0.1)


def _is_postmaster(pid: int, data: Path) -> bool:
    """Whether `pid` lives, is no zombie, is a postgres, and works in `data`."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        if Path("/proc/self/stat").exists():
            return False
        said = subprocess.run(
            ["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
        return "postgres" in said and not said.startswith("Z")
    name, state = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2]
    if state in "ZX" or name != "postgres":
        return False
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", data)
    except OSError:
        return False  # not ours to look into, so it does not run as our account


@dataclass
class Valkey:
    """The broker, and nothing else: losing what it holds delays a page by two seconds and loses none."""

    program: Path
    data: Path
    sockets: Path

    @property
    def path(self) -> Path:
        """Where its socket lies."""
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """`REDIS_URL` of this server."""
        return f"unix://{self.path}"

    @property
    def argv(self) -> list[str]:
        """The command that runs the server in the foreground."""
        options = {
            "port": "0",
            "unixsocket": str(self.path),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",  # eviction would empty the queues
            "loglevel": "warning",
        }
        return [str(self.program), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def prepare(self) -> None:
        """Make the data folder and remove a dead socket."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o700)
        self.path.unlink(missing_ok=True)

    def set_aside(self) -> None:
        """Start afresh: a broker whose file is damaged is worth less than an empty one."""
        aside = self.data.with_name(self.data.name + ".damaged")
        shutil.rmtree(aside, ignore_errors=True)
        if self.data.exists():
            self.data.rename(aside)
        self.prepare()

    def ready(self) -> bool:
        """Whether the server answers."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(1)
            talk.connect(str(self.path))
            talk.sendall(b"PING\r\n")
            return talk.recv(16).startswith(b"+PONG")
        return False
