"""How long a web process waits for PostgreSQL. One that hangs says nothing, and no setting of its own makes it speak.

psycopg2 lets us do its waiting (`wait` as its wait callback), and that is the only place that sees a connection which is
still being made. A machine's request gets a moment for its first answer from the database, which is the health check of
the kept connection or a new one, and some seconds in all: its sender hears 503 and sends again. Once a first answer did
not come, requests are told so at once, and one thread asks on until the database answers again.
"""

from __future__ import annotations

import contextlib
import select
import threading
import time
from collections.abc import Iterator

import psycopg2
from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import extensions

FIRST, SLOWEST = 0.25, 2.0
"""Seconds for the first answer to a machine's request: at least, and at most where answers usually take long."""
OF_USUAL = 20
"""So many times as long as a first answer usually takes is waited for it: a busy machine is slow, and not gone."""
WHOLE = 20.0
"""Seconds for all statements of a machine's request together: 10,000 alerts on a busy machine fit in."""
CONNECTING = 2.0
"""Seconds for a connection of anybody else."""
ASKING, PAUSE = 5.0, 0.2
"""Seconds for one look whether the database answers again, and between two of them."""


class _Turn(threading.local):
    """What the request of this thread may still wait for; `until` is on the monotonic clock, None without a limit."""

    until: float | None = None
    first: bool = False
    began: float = 0.0


class Known:
    """What this process knows of the database: whether it answers, and in how many seconds usually."""

    def __init__(self) -> None:
        self.answering = threading.Event()
        self.answering.set()
        self.usual = 0.0
        self._changing = threading.Lock()

    def patience(self) -> float:
        """Seconds to wait for a first answer."""
        return min(SLOWEST, max(FIRST, OF_USUAL * self.usual))

    def answered(self, seconds: float) -> None:
        """A first answer took so long."""
        self.usual += (seconds - self.usual) / 8

    def fell_silent(self) -> None:
        """From now on one thread asks, and nobody else."""
        with self._changing:
            if self.answering.is_set():
                self.answering.clear()
                self.usual += (self.patience() - self.usual) / 4
                asking = connection.copy()
                asking.inc_thread_sharing()
                threading.Thread(target=_ask_on, args=(self, asking), daemon=True).start()


_turn = _Turn()
database = Known()


@contextlib.contextmanager
def in_a_hurry() -> Iterator[None]:
    """The limits above hold for the statements of this thread, until the block ends."""
    _turn.first, _turn.until = True, None
    try:
        yield
    finally:
        _turn.first, _turn.until = False, None


def wait(waiting: extensions.connection) -> None:
    """Wait until the database has answered. Raises OperationalError when it does not; psycopg2 closes the connection then."""
    now = time.monotonic()
    if _turn.first:
        if not database.answering.is_set():
            raise psycopg2.OperationalError("the database did not answer a moment ago")
        if _turn.until is None:
            _turn.began, _turn.until = now, now + database.patience()
    until = _turn.until
    if until is None and waiting.status == extensions.STATUS_SETUP:
        until = now + CONNECTING
    if not _answered(waiting, until):
        if _turn.first:
            database.fell_silent()
        raise psycopg2.OperationalError("the database does not answer")
    if _turn.first:
        now = time.monotonic()
        database.answered(now - _turn.began)
        _turn.first, _turn.until = False, now + WHOLE


def _answered(waiting: extensions.connection, until: float | None) -> bool:
    while (state := waiting.poll()) != extensions.POLL_OK:
        ready = select.poll()  # not select(): it knows no descriptor above 1023
        ready.register(waiting.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
        if not ready.poll(None if until is None else max(0.0, until - time.monotonic()) * 1000):
            return False
    return True


def _ask_on(known: Known, asking: BaseDatabaseWrapper) -> None:
    """Until it answers. In a thread of its own: a request that asks would have to give up too early, again and again."""
    while not known.answering.is_set():
        _turn.until = time.monotonic() + ASKING
        try:
            with asking.cursor() as cursor:
                cursor.execute("SELECT 1")
            known.answering.set()
        except Error:
            known.answering.wait(PAUSE)
        finally:
            with contextlib.suppress(Error):
                asking.close()
