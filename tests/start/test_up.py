"""The whole start with real processes: few tests, because each takes seconds."""

from __future__ import annotations

import os
import re
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.start.house import House, run

COUNT = "from teams.models import User; print(User.objects.filter(email='kept@example.org').count())"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def houses() -> Iterator[list[House]]:
    opened: list[House] = []
    yield opened
    for house in opened:
        house.close()


def enter(houses: list[House], home: Path) -> House:
    house = House(home)
    houses.append(house)
    house.wait_until_ready()
    return house


def test_first_start_kill_everything_second_start_clean_stop(home: Path, houses: list[House]) -> None:
    first = enter(houses, home)
    assert f"http://127.0.0.1:{first.port}\n" in first.said
    assert re.search(rf"first administrator.*http://127\.0\.0\.1:{first.port}/\S+", first.said)
    children = "\n".join(first.direct_children())
    for words in ("manage.py web", "manage.py worker", "manage.py dispatch", "bin/postgres", "valkey-server"):
        assert words in children
    with urllib.request.urlopen(f"http://127.0.0.1:{first.port}/healthz/ready", timeout=10) as reply:
        assert reply.status == 200
    if os.geteuid() == 0:
        assert (home / "postgres").stat().st_uid != 0

    again = run(home, "up", "--port", "0")
    assert again.returncode == 1
    assert "already runs" in again.stderr
    assert "Traceback" not in again.stderr

    only = run(home, "manage", "shell", "--no-imports", "-c", "print('only this')")
    assert (only.returncode, only.stdout) == (0, "only this\n")
    assert run(home, "manage", "createadmin", "kept@example.org").returncode == 0

    first.kill_everything()
    second = enter(houses, home)
    assert run(home, "manage", "shell", "--no-imports", "-c", COUNT).stdout == "1\n"
    assert second.stop() == 0
    assert not (home / "run" / "engines.json").exists()
    assert not Path((home / "run" / "sockets").read_text(encoding="utf-8")).exists()

    # Nothing runs now: the command brings a PostgreSQL of its own and takes it away again.
    assert run(home, "manage", "shell", "--no-imports", "-c", COUNT).stdout == "1\n"
    assert not (home / "postgres" / "postmaster.pid").exists()


def test_port_in_use(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run(home, "up", "--port", port)
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        f"sharp-end: Port {port} on 127.0.0.1 is in use: stop the other program, or choose another with --port."
    ]


def test_unknown_setting_is_refused_before_anything_starts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.start.house.clean_environ", lambda _home: dict(os.environ) | {"SHARPEND_HOEM": "/x"})
    refused = run(home, "up")
    assert refused.returncode == 1
    assert refused.stderr == "sharp-end: SHARPEND_HOEM is not a setting. Did you mean SHARPEND_HOME?\n"
    assert not home.exists()


def test_a_word_that_is_no_command(home: Path) -> None:
    assert run(home, "upp").returncode == 2
