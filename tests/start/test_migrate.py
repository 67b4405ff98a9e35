"""`manage.py migrate`: once at a time, never backwards, silent when there is nothing to do."""

from __future__ import annotations

from io import StringIO

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from foundation.management.commands import migrate

pytestmark = pytest.mark.django_db


def said() -> str:
    out = StringIO()
    call_command("migrate", interactive=False, stdout=out)
    return out.getvalue()


def lock_is_free() -> bool:
    """As another process sees it."""
    other = psycopg2.connect(**connection.get_connection_params())
    try:
        cursor = other.cursor()
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [migrate.LOCK])
        return bool(cursor.fetchone()[0])
    finally:
        other.close()


def test_nothing_to_do_says_nothing_and_lets_the_lock_go() -> None:
    assert said() == ""
    assert lock_is_free()


def test_database_from_the_future_is_refused() -> None:
    MigrationRecorder(connection).record_applied("incidents", "9999_from_the_future")
    with pytest.raises(CommandError, match=r"newer than this version of Sharp End: it has incidents\.9999_from"):
        said()
    assert lock_is_free()


def test_migrations_of_others_are_their_business() -> None:
    MigrationRecorder(connection).record_applied("auth", "9999_of_a_package_since_downgraded")
    assert said() == ""


def test_another_process_migrates_for_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "PATIENCE", -1.0)
    other = psycopg2.connect(**connection.get_connection_params())
    try:
        other.cursor().execute("SELECT pg_advisory_lock(%s)", [migrate.LOCK])
        with pytest.raises(CommandError, match="Another process has been migrating"):
            said()
    finally:
        other.close()
