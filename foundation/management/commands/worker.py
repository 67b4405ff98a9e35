"""`manage.py worker`: the Celery worker, in this process so that its name stays on the command line."""

from __future__ import annotations

import gc
import warnings
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from django.core.management.base import BaseCommand, CommandParser

from config.children import die_with_parent

CONCURRENCY = 2
QUEUES = "page,callback,default,report"  # in this order: a page never waits behind a report


def _bind(**_kwargs: object) -> None:
    die_with_parent()


def share(app: Celery) -> None:
    """Load what the pool's processes will need and take it out of the collector's sight: they share its memory."""
    app.loader.import_default_modules()
    app.finalize()
    import_module("celery.worker.worker")
    import_module("kombu.transport.redis")
    gc.collect()
    gc.freeze()


class Command(BaseCommand):
    """Work on the queues until SIGTERM (finishes what it has) or SIGQUIT."""

    help = "Runs background work from the queues."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """How many at once, and which queues."""
        parser.add_argument("--concurrency", type=int, default=CONCURRENCY, help="processes (default %(default)s)")
        parser.add_argument("--queues", default=QUEUES, help="comma-separated, most urgent first (default %(default)s)")

    def handle(self, *_args: object, **options: Any) -> None:
        """Processes, not threads: threads ignore Celery's time limits. No gossip: workers need not know each other."""
        from config.celery import app

        warnings.filterwarnings(
            "ignore", message=".*superuser privileges.*"
        )  # the supervisor may run as root, the tasks are JSON
        worker_process_init.connect(_bind, weak=False)
        share(app)
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
        many = [
            f"--concurrency={options['concurrency']}",
            f"--queues={options['queues']}",
            "--pool=prefork",
            "-O",
            "fair",
        ]
        app.worker_main(["--quiet", "worker", *many, *quiet])
