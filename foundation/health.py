"""Whether this installation is well: alive, ready, and able to page."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from foundation.dispatch import registry
from foundation.models import Process

SILENT = timedelta(seconds=15)
CLOCK_SKEW = timedelta(seconds=2)


def dispatcher_seen(at: datetime) -> datetime | None:
    """When the latest dispatcher last said that it is alive."""
    return Process.objects.filter(role="dispatch").order_by("-beat_at").values_list("beat_at", flat=True).first()


def dispatcher_silent_since(at: datetime) -> datetime | None:
    """Since when no dispatcher has been heard, or None while one is well. Never started counts as silent since now."""
    seen = dispatcher_seen(at)
    if seen is None:
        return at
    return seen if at - seen > SILENT else None


def paging_trouble(at: datetime) -> list[str]:
    """Why a page may come late; empty when all is well."""
    trouble = []
    if dispatcher_silent_since(at):
        trouble.append("no dispatcher has been heard for 15 s")
    late = registry.oldest_due(at)
    for work in registry.every_work():
        if late[work.name] > work.late_after.total_seconds():
            trouble.append(f"the oldest {work.name} has been due for {late[work.name]:.0f} s")
    if abs(clock_skew()) > CLOCK_SKEW:
        trouble.append("the clocks of application and database differ by more than 2 s")
    return trouble


def clock_skew() -> timedelta:
    """How far the database's clock is ahead of this process's; negative when it is behind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        database_now: datetime = cursor.fetchone()[0]
    return database_now - timezone.now()


def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


_migrated = False


def _unmigrated() -> bool:
    """Whether migrations are missing; once they are in, they stay in for this process."""
    global _migrated  # noqa: PLW0603 - a latch: asked each second by probes, true only once
    if not _migrated:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return not _migrated


def ready(request: HttpRequest) -> JsonResponse:
    """Web, database, migrations and dispatcher are ready; 503 otherwise."""
    trouble = ["migrations are missing"] if _unmigrated() else []
    if not trouble and dispatcher_silent_since(timezone.now()):
        trouble.append("no dispatcher has been heard for 15 s")
    return JsonResponse({"ok": not trouble, "trouble": trouble}, status=503 if trouble else 200)


def paging(request: HttpRequest) -> JsonResponse:
    """Pages go out on time; 503 with the reasons otherwise."""
    trouble = paging_trouble(timezone.now())
    return JsonResponse({"ok": not trouble, "trouble": trouble}, status=503 if trouble else 200)
