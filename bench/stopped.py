"""How soon each intake address says that the database is gone, or hangs."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from bench.doors import DOORS, Door
from bench.figures import Result, Scale
from bench.house import House

SOON = 0.300  # seconds
AGAIN = 60.0  # seconds in which the database is back
UNAVAILABLE = 503


def stopped(house: House, scale: Scale) -> Result:
    """Each address once, one after the other, while PostgreSQL is killed, and while all of it is stopped in its tracks."""
    result = Result()
    for words, state in (("killed (kill -9)", _killed), ("hanging (SIGSTOP)", _hanging)):
        house.warm()
        with state(house):
            said = {one.name: _ask(house.system.port, one) for one in DOORS}
        house.system.until(lambda: house.system.get("/healthz/ready").status == 200, AGAIN, "ready again")
        slowest = max(said, key=lambda name: said[name][1])
        other = sorted({str(status) for status, _seconds in said.values()} - {str(UNAVAILABLE)})
        told = f"slowest {1000 * said[slowest][1]:.0f} ms ({slowest}), " + (
            f"also {', '.join(other)}" if other else "all 503"
        )
        good = not other and said[slowest][1] <= SOON
        result.add(
            f"answers of {len(said)} intake addresses while PostgreSQL is {words}", told, "503 within 300 ms", good
        )
    return result


def _ask(port: int, one: Door) -> tuple[int, float]:
    """The status, 0 when there was no answer, and after how many seconds."""
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        try:
            connection.request(one.method, one.path, one.content, {"Content-Type": "application/json", **one.headers})
            status = connection.getresponse().status
        except OSError:
            status = 0
    return status, time.perf_counter() - begun


def _postgres(house: House) -> list[int]:
    return [pid for pid in house.system.children("") if Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"]


@contextlib.contextmanager
def _killed(house: House) -> Iterator[None]:
    """The supervisor is held meanwhile, or it would start it again."""
    assert house.system.process is not None
    supervisor = house.system.process.pid
    os.kill(supervisor, signal.SIGSTOP)
    try:
        for pid in _postgres(house):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)


@contextlib.contextmanager
def _hanging(house: House) -> Iterator[None]:
    pids = _postgres(house)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
