"""`./run lint`: every check on the code, all of them even when one fails (stdlib only)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from config.home import ROOT

# What an operator behind HTTPS would give; nothing is connected to.
ENVIRON = {
    "SHARPEND_URL": "https://sharp-end.example.org",
    "SECRET_KEY": "only-for-the-checks-and-long-enough-0123456789-abcdefghijklmnopqrstuvwxyz",
    "DATABASE_URL": "postgres://nobody@/nothing?host=/nonexistent",
    "REDIS_URL": "unix:///nonexistent/valkey.sock",
}


def checks() -> list[tuple[str, list[str]]]:
    """Name and command line of each check."""
    tools = Path(sys.executable).parent

    def tool(name: str, *words: str) -> list[str]:
        return [str(tools / name), *words]

    def manage(*words: str) -> list[str]:
        return [sys.executable, "-W", "ignore::RuntimeWarning", "manage.py", *words]

    return [
        ("ruff check", tool("ruff", "check", ".", "run")),
        ("ruff format", tool("ruff", "format", "--check", ".", "run")),
        ("mypy", tool("mypy", ".")),
        ("djlint", tool("djlint", "templates", "--lint", "--quiet")),
        ("import contracts", tool("lint-imports", "--no-cache")),
        ("manage.py check --deploy", manage("check", "--deploy", "--fail-level", "WARNING")),
        ("makemigrations --check", manage("makemigrations", "--check", "--dry-run")),
    ]


def lint() -> int:
    """Run the checks one after the other; 1 when any failed, with their names last."""
    environ = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in ENVIRON} | ENVIRON
    failed = []
    for name, command in checks():
        print(f"== {name}", file=sys.stderr, flush=True)
        if subprocess.call(command, cwd=ROOT, env=environ):
            failed.append(name)
    print(f"lint: failed: {', '.join(failed)}" if failed else "lint: all checks passed", file=sys.stderr)
    return 1 if failed else 0
