"""Empties a demo installation. Whoever calls it has made sure that nothing else is in it."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.db import connection

KEPT = {"foundation"}
"""Processes and rounds belong to the installation, not to the organisation."""
BESIDE = ("django_session", "pghistory_context")
"""Tables without a key to ours that must not outlive it: whoever is signed in would be somebody else."""


def wipe() -> None:
    """Take everything out and begin numbers anew; rolled back with the transaction of the caller."""
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in set(settings.ROOMS) - KEPT and model._meta.managed and not model._meta.proxy
    }
    names = ", ".join(connection.ops.quote_name(name) for name in sorted(tables | set(BESIDE)))
    connection.check_constraints()  # what waits for the end of the transaction would be in the way
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")  # names of our own tables
