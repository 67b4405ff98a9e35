"""On what it was measured: versions and the machine's load."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from config.engines import find_postgres, find_valkey
from config.home import ROOT

PACKAGES = ("Django", "psycopg2-binary", "granian", "celery", "redis")


def load() -> str:
    """Processes that wanted to run in the last 1, 5 and 15 minutes."""
    return " ".join(f"{one:.2f}" for one in os.getloadavg())


def machine() -> str:
    """Cores, memory and kernel."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{os.cpu_count()} cores, {pages * size / 1e9:.0f} GB, {platform.system()} {platform.release()} {platform.machine()}"


def versions() -> str:
    """Of our own code and of what it runs on."""
    ours = f"Sharp End {_own()}"
    engines = [
        _said([find_postgres(os.environ) / "postgres", "--version"]),
        _said([find_valkey(os.environ), "--version"]),
    ]
    return ", ".join(
        [ours, f"Python {platform.python_version()}", *engines, *(f"{name} {version(name)}" for name in PACKAGES)]
    )


def _own() -> str:
    found = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    commit = _said(["git", "-C", ROOT, "describe", "--always", "--dirty"])
    return f"{found[1] if found else '?'} ({commit or 'no repository'})"


def _said(argv: list[str | Path]) -> str:
    try:
        said = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    known = re.search(r"(PostgreSQL|v=|Redis server v=)\)?\s*([\d.]+)", said)
    names = {"PostgreSQL": "PostgreSQL", "v=": "Valkey", "Redis server v=": "Redis"}
    return f"{names[known[1]]} {known[2]}" if known else said.strip()


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).date().isoformat()  # noqa: TID251 - no application runs here
