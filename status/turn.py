"""One publisher at a time, without a transaction: files are written while the database waits for nothing.

Two locks. The database's advisory lock of the session puts publishers in a queue, on whichever machine they run. The folder's
own lock is the fence: who loses the connection in the middle of writing has lost the first lock but not this one, so nobody
else writes into the same folder until that one has finished or died. Both go with their holder, also when it is killed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import Error, connection, transaction

logger = logging.getLogger(__name__)
LOCK = 7_201_511
"""The advisory lock of publishers."""
PATIENCE = 10
"""Seconds to wait for another publisher's turn; none takes longer than one of them."""
FENCE = ".lock"


@contextmanager
def turn(root: Path) -> Iterator[None]:
    """The right to write below `root`. Read what is to be written inside: what was committed before then is seen.

    Raises django.db.OperationalError or TimeoutError when another publisher does not finish within `PATIENCE`.
    """
    with _queue(), _fence(root):
        yield


@contextmanager
def _queue() -> Iterator[None]:
    """PostgreSQL gives the lock in the order in which it was asked for."""
    with transaction.atomic(), connection.cursor() as cursor:  # of the wait alone; the lock outlives it
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{PATIENCE}s"])
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        except Error:
            logger.warning("the connection was lost while publishing; its lock went with it")


@contextmanager
def _fence(root: Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True, mode=0o755)
    handle = os.open(root / FENCE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(handle, root)
        yield
    finally:
        os.close(handle)  # and with it the lock


def _take(handle: int, root: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise TimeoutError(f"another process writes {root} and does not finish") from None
            time.sleep(0.02)
        else:
            return
