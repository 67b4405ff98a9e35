"""pytest plugin: one embedded PostgreSQL for the whole run, without fsync, gone when pytest is gone.

It is started before Django reads its settings, in the controller only: the workers of xdist inherit `DATABASE_URL` and
each makes a database of its own on the same server. `DATABASE_URL` set from outside is used as it is.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from config.children import spawn
from config.embedded import FOR_TESTS, Postgres
from config.engines import find_postgres, reachable_copy
from config.home import Home
from config.privileges import Account, account_for

SECRET = "only-for-tests-and-long-enough-0123456789-abcdefghijklmnopqrstuvwxyz"


def start(home: Home) -> tuple[Postgres, subprocess.Popen[bytes]]:
    """A running server under `home`, not yet ready to the last byte but within a second."""
    home.make()
    data = home.path / "postgres"
    account: Account = account_for(data)
    sockets = home.socket_folder(account)
    programs = reachable_copy(find_postgres(os.environ), account, (home.path, sockets))
    server = Postgres(programs, data, account, sockets, password="test", settings=FOR_TESTS)
    server.prepare()
    with (home.run / "postgres.log").open("wb") as log:
        # SIGQUIT: its data is worth nothing, and it must be gone at once.
        process = spawn(server.argv, orphan_signal=signal.SIGQUIT, stdout=log, stderr=log, **server.popen)
    until = time.monotonic() + 60
    while not server.ready():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError((home.run / "postgres.log").read_text(encoding="utf-8"))
        time.sleep(0.02)
    return server, process


def stop(home: Home, server: Postgres, process: subprocess.Popen[bytes]) -> None:
    """End the server and remove everything that it had."""
    process.send_signal(signal.SIGQUIT)
    process.wait(20)
    shutil.rmtree(server.sockets, ignore_errors=True)
    shutil.rmtree(home.path, ignore_errors=True)


def environment() -> None:
    """What every test sees: no operator's settings, files instead of mail, a broker that is not there."""
    home = Home(Path(tempfile.mkdtemp(prefix="sharp-end-test-")))
    home.path.chmod(0o711)
    for name in [name for name in os.environ if name.startswith("SHARPEND_") and not name.endswith("_BIN")]:
        del os.environ[name]
    os.environ |= {"SHARPEND_HOME": str(home.path), "SHARPEND_URL": "http://testserver", "SECRET_KEY": SECRET}
    os.environ.setdefault("REDIS_URL", f"unix://{home.path}/no-broker.sock")
    if "DATABASE_URL" in os.environ:
        atexit.register(shutil.rmtree, home.path, ignore_errors=True)
        return
    server, process = start(home)
    os.environ["DATABASE_URL"] = server.url
    owner = os.getpid()

    def end() -> None:
        if os.getpid() == owner:  # a fork of ours must not take the server along
            stop(home, server, process)

    atexit.register(end)


if "PYTEST_XDIST_WORKER" not in os.environ:
    environment()
