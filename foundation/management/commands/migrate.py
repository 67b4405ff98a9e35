"""`manage.py migrate`, safe to run from several machines at once and after a step back to an older version."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

LOCK = 0x5348_4152_5045_4E44  # "SHARPEND": the key of the advisory lock
PATIENCE = 300.0  # seconds to wait for another process that migrates


class Command(migrate.Command):
    """Django's command behind a lock; refuses a schema from the future; says nothing when there is nothing to do."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate. Raises `CommandError` when the database is newer than the code, or busy for too long."""
        looks_only = options["plan"] or options["check_unapplied"]
        if looks_only or options["app_label"] or options["prune"]:
            super().handle(*args, **options)
            return
        connection = connections[options["database"]]
        with locked(connection):
            loader = MigrationLoader(connection)
            refuse_newer(loader)
            if set(loader.graph.nodes) - set(loader.applied_migrations):
                super().handle(*args, **options)
            elif options["verbosity"] > 1:
                self.stdout.write("  No migrations to apply.")


def refuse_newer(loader: MigrationLoader) -> None:
    """Raise `CommandError` when the database knows migrations of our rooms that this code does not have."""
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    ours = {key for key in loader.applied_migrations if key[0] in settings.ROOMS}
    unknown = sorted(f"{app}.{name}" for app, name in ours - set(loader.disk_migrations) - replaced)
    if unknown:
        raise CommandError(
            f"The database is newer than this version of Sharp End: it has {', '.join(unknown)}. "
            "Start the newer version, or restore a backup made before it."
        )


@contextlib.contextmanager
def locked(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hold the advisory lock of migrations on `connection`; it ends with the connection at the latest."""
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if cursor.fetchone()[0]:
                break
            if time.monotonic() > until:
                raise CommandError("Another process has been migrating this database for five minutes.")
            time.sleep(0.2)
    try:
        yield
    finally:
        if connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
