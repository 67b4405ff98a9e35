"""Asking a provider for what is new, again and again, over connections that we open: nobody needs to reach us."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable

from django.core.management.base import CommandError
from django.db import Error, InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from foundation import processes
from paging.channels.base import SendFailed

LONGEST_WAIT = 60.0
"""Seconds between tries while the provider, or our database, is not there."""
AWAY = (OperationalError, InterfaceError)
"""The database is not there: what is being taken must come again. Its other errors are about what was brought."""
logger = logging.getLogger(__name__)


def keep_asking(stopping: threading.Event, ask: Callable[[], None], *, role: str, name: str) -> None:
    """Call `ask` until `stopping`. It raises SendFailed or a database error when something is away: then it is tried again.

    After each answer the process says that it is alive: as `role`, the name of its command.
    """
    wait, known_as = 1.0, processes.name_of(role)
    try:
        while not stopping.is_set():
            close_old_connections()
            try:
                ask()
                processes.heard(role, known_as, timezone.now())
                wait = 1.0
                continue
            except SendFailed as error:
                logger.warning("%s is not there: %s", name, error)
            except Error:
                logger.warning("the database is not there: what %s brought is taken later", name, exc_info=True)
            stopping.wait(min(wait, LONGEST_WAIT))
            wait *= 2
    finally:
        connection.close()


def until_told(run: Callable[[threading.Event], None]) -> None:
    """Run until SIGTERM or SIGINT. Raises CommandError when it ends by itself.

    A question stays open for half a minute: in a thread of its own it does not keep us when we are told to stop. What it
    had not finished is taken back by the database, and brought again by the provider.
    """
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    asking = threading.Thread(target=run, args=(stopping,), daemon=True, name="asking")
    asking.start()
    while asking.is_alive() and not stopping.wait(1.0):
        pass
    if not stopping.is_set():
        raise CommandError("Asking ended by itself; the lines above say why.")
