"""Telling the dispatcher that something became due."""

from __future__ import annotations

import logging

from django.db import Error, connection, transaction

logger = logging.getLogger(__name__)
CHANNEL = "sharpend_due"


def wake(name: str) -> None:
    """After the commit, tell the dispatcher that work called `name` is due.

    The NOTIFY is a statement of its own: inside a transaction it would serialise all commits on one global lock. When it is
    lost, the poll finds the row a second later.
    """
    waiting: set[str] = connection.__dict__.setdefault("_sharpend_waking", set())
    if name in waiting and connection.in_atomic_block:
        return
    waiting.add(name)
    transaction.on_commit(lambda: _notify(name))


def _notify(name: str) -> None:
    connection.__dict__.get("_sharpend_waking", set()).discard(name)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, name])
    except Error:
        logger.warning("could not wake the dispatcher; its poll will find the work")
