"""`manage.py web`: the web server, granian with plain WSGI (sync views under ASGI are ten times slower)."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import get_resolver
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server
from psycopg2.extensions import set_wait_callback

from config.children import die_with_parent
from foundation import direct, patience
from foundation.admission import Admission

WORKERS = 2
THREADS = 4
WAITING = 60  # threads of the server for those that wait in line, and to turn away who is beyond it
CONNECTIONS = 512  # per worker, idle browser tabs included: granian counts connections, not requests
KILL_AFTER = 10  # seconds that a worker may take to finish its requests


def load(threads: int) -> Callable[..., Any]:
    """The WSGI application, in a worker; a worker never outlives the server, or it would keep the port."""
    die_with_parent()
    from config.wsgi import application

    set_wait_callback(patience.wait)
    return Admission(application, threads=threads, may_refuse=direct.tells_us)


class Command(BaseCommand):
    """Serve HTTP until SIGTERM or SIGINT."""

    help = "Serves the web pages, the API and the alert intake."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, and how many at once."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default %(default)s)")
        parser.add_argument("--workers", type=int, default=WORKERS, help="processes (default %(default)s)")
        parser.add_argument(
            "--threads", type=int, default=THREADS, help="requests at work in each (default %(default)s)"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Load the code once, then fork: the workers share its memory."""
        len(get_resolver().url_patterns)
        gc.collect()
        gc.freeze()
        server = Server(
            "config.wsgi:application",
            address=options["host"],
            port=options["port"],
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            loop=Loops.asyncio,
            websockets=False,
            workers=options["workers"],
            blocking_threads=options["threads"] + WAITING,
            backlog=1024,
            backpressure=CONNECTIONS,
            respawn_failed_workers=True,
            workers_kill_timeout=KILL_AFTER,
            log_level=LogLevels.warning,
        )
        try:
            server.serve(target_loader=partial(load, options["threads"]), wrap_loader=False)
        except (OSError, RuntimeError) as error:
            raise CommandError(f"Cannot listen on {options['host']} port {options['port']}: {error}") from error
