"""Telling the dispatcher that something became due."""

from __future__ import annotations

import logging
from functools import partial

from django.db import Error, connection, transaction

logger = logging.getLogger(__name__)
CHANNEL = "sharpend_due"


def wake(name: str) -> None:
    """After the commit, tell the dispatcher that work called `name` is due.

    The NOTIFY is a statement of its own: inside a transaction it would serialise all commits on one global lock. When it is
    lost, the poll finds the row a second later.
    """
    call = partial(_notify, name)
    # What a rolled back transaction or savepoint had planned is gone from this list: nothing of it may be remembered.
    planned = (entry[1] for entry in connection.run_on_commit)
    if not any(isinstance(other, partial) and (other.func, other.args) == (call.func, call.args) for other in planned):
        transaction.on_commit(call)


def _notify(name: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, name])
    except Error:
        logger.warning("could not wake the dispatcher; its poll will find the work")
