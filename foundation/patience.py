"""How long a web process waits for PostgreSQL. One that hangs says nothing, and no setting of its own makes it speak.

psycopg2 lets us do its waiting (`wait` as its wait callback), and that is the only place that sees a connection which is
still being made. A machine's request gets a moment for its first answer from the database, which is the health check of
the kept connection or a new one, and some seconds in all: its sender hears 503 and sends again.
"""

from __future__ import annotations

import contextlib
import select
import threading
import time
from collections.abc import Iterator

import psycopg2
from psycopg2 import extensions

FIRST = 0.2
"""Seconds for the first answer to a machine's request."""
WHOLE = 20.0
"""Seconds for all statements of a machine's request together: 10,000 alerts on a busy machine fit in."""
CONNECTING = 2.0
"""Seconds for a connection of anybody else."""
PAUSE = 0.5
"""Seconds for which a database that gave no first answer is not asked by machines' requests again."""


class _Turn(threading.local):
    """What the request of this thread may still wait for; `until` is on the monotonic clock, None without a limit."""

    until: float | None = None
    first: bool = False


_turn = _Turn()
_silent_until = 0.0


@contextlib.contextmanager
def in_a_hurry() -> Iterator[None]:
    """The limits above hold for the statements of this thread, until the block ends."""
    _turn.first, _turn.until = True, None
    try:
        yield
    finally:
        _turn.first, _turn.until = False, None


def wait(connection: extensions.connection) -> None:
    """Wait until the database has answered. Raises OperationalError when it does not; psycopg2 closes the connection then."""
    global _silent_until  # noqa: PLW0603 - what one thread found out spares the others the same
    now = time.monotonic()
    until = _turn.until
    if _turn.first and until is None:
        until = _turn.until = now + FIRST
    if _turn.first and now < _silent_until:
        raise psycopg2.OperationalError("the database did not answer a moment ago")
    if until is None and connection.status == extensions.STATUS_SETUP:
        until = now + CONNECTING
    if not _answered(connection, until):
        if _turn.first:
            _silent_until = time.monotonic() + PAUSE
        raise psycopg2.OperationalError("the database does not answer")
    if _turn.first:
        _turn.first, _turn.until = False, now + WHOLE


def _answered(connection: extensions.connection, until: float | None) -> bool:
    while (state := connection.poll()) != extensions.POLL_OK:
        ready = select.poll()  # not select(): it knows no descriptor above 1023
        ready.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
        if not ready.poll(None if until is None else max(0.0, until - time.monotonic()) * 1000):
            return False
    return True


def forget() -> None:
    """The database is asked again at once."""
    global _silent_until  # noqa: PLW0603 - as above
    _silent_until = 0.0
