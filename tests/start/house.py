"""`./run up` as a stranger starts it: real processes, a home of its own, none of the tests' settings."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from pathlib import Path

from config.home import ROOT
from config.supervisor import claim_port

PATIENCE = 90  # seconds: a slow machine, not a slow start


def clean_environ(home: Path) -> dict[str, str]:
    """The environment without what the tests themselves set."""
    ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "EMAIL_URL", "DJANGO_SETTINGS_MODULE")
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("SHARPEND_")}
    return kept | {"SHARPEND_HOME": str(home)}


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`./run words` to its end."""
    return subprocess.run(
        [ROOT / "run", *words], env=clean_environ(home), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


class House:
    """A running `./run up`."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, claim_port("127.0.0.1", 0)
        home.mkdir(exist_ok=True)
        self.log = home.parent / f"up-{self.port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [ROOT / "run", "up", "--port", str(self.port)],
                env=clean_environ(home),
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.said = ""

    def wait_until_ready(self) -> str:
        """Everything said on stdout up to the last line of the greeting."""
        assert self.process.stdout is not None
        until = time.monotonic() + PATIENCE
        while "Ctrl-C" not in self.said:
            some, _, _ = select.select([self.process.stdout], [], [], max(0.0, until - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 4096) if some else b""
            assert data, f"not ready: {self.log.read_text(encoding='utf-8')[-3000:]}"
            self.said += data.decode()
        return self.said

    def processes(self) -> dict[int, str]:
        """Ours, by id, with their command lines: the supervisor and all below it."""
        lines = subprocess.run(
            ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        ).stdout
        rows = [line.split(None, 2) for line in lines.splitlines()]
        found = {self.process.pid: "run up"}
        for _ in range(5):  # generations
            found |= {int(row[0]): row[2] for row in rows if int(row[1]) in found and len(row) > 2}
        return found

    def direct_children(self) -> list[str]:
        """Command lines of those that the supervisor started itself."""
        lines = subprocess.run(
            ["ps", "-ww", "-o", "args=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=True
        ).stdout
        return lines.splitlines()

    def kill_everything(self) -> None:
        """SIGKILL to all at once, as a machine does that loses its power."""
        doomed = list(self.processes())
        watch = [os.pidfd_open(pid) for pid in doomed]
        for pid in doomed:
            try_kill(pid)
        self.process.wait(PATIENCE)
        wait_gone(watch)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        watch = [os.pidfd_open(pid) for pid in self.processes() if pid != self.process.pid]
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        wait_gone(watch)
        return code

    def close(self) -> None:
        """Leave nothing behind, whatever the test did."""
        if self.process.poll() is None:
            self.kill_everything()
        if self.process.stdout is not None:
            self.process.stdout.close()


def try_kill(pid: int) -> None:
    """SIGKILL, unless it ended by itself meanwhile."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def wait_gone(descriptors: list[int]) -> None:
    """Wait until the processes behind the pidfds have ended; fails when one stays."""
    for descriptor in descriptors:
        some, _, _ = select.select([descriptor], [], [], 20)
        os.close(descriptor)
        assert some, "a process outlived the supervisor"
