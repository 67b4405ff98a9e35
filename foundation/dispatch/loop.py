"""The dispatcher: finds due rows, hands them to Celery, and does them itself when nobody claims them."""

from __future__ import annotations

import contextlib
import logging
import select
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

import psycopg2
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection, connections
from django.utils import timezone

from foundation import processes
from foundation.dispatch import periodic, registry
from foundation.dispatch.handover import Publisher, publish_to_celery
from foundation.dispatch.registry import Key, Work
from foundation.dispatch.wake import CHANNEL
from foundation.last_resort import LastResort
from foundation.models import Process

logger = logging.getLogger(__name__)
POLL = 1.0  # seconds between looks when nobody wakes us
PATIENCE = 2.0  # seconds that Celery has to claim a row before we do it here
ALONE = 10.0  # seconds after such a row in which others do not wait: Celery may take them, and we begin at once
SHORTEST = 0.1  # seconds between two looks for what Celery has not claimed
BEAT = 3.0  # seconds between heartbeats
LOOK = 100  # rows of each kind per look: what is handed over keeps its turn, what comes later may be more urgent
MORE = 0.2  # seconds between two looks while there are more rows than that
THREADS = 8
OUTSIDE = 3  # threads more for work that asks others and pages nobody


class Listener(Protocol):
    """The part of psycopg2's connection that tells of a NOTIFY."""

    notifies: list[Any]

    def poll(self) -> object:
        """Read what has come."""
        ...

    def fileno(self) -> int:
        """For `select`."""
        ...


class Dispatcher:
    """Any number may run, on any host: every claim is made under a row lock, so nothing is done twice."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = timezone.now,
        publish: Callable[[Work, Key], None] = publish_to_celery,
        threads: int = THREADS,
    ) -> None:
        self.clock = clock
        self.pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="pool")
        self.outside = ThreadPoolExecutor(max_workers=OUTSIDE, thread_name_prefix="outside")
        self.publisher = Publisher(publish, self._here)
        self.offered: dict[tuple[str, Key], float] = {}
        self.alone_until = 0.0
        self.more = set[str]()
        self.running: set[tuple[str, Key]] = set()
        self.guard = threading.Lock()
        self.stopping = threading.Event()
        self.name = processes.name_of("dispatch")
        self.last_resort = LastResort(self.name)

    def turn(self, works: Iterable[Work]) -> int:
        """One look for due rows of these kinds; returns how many were found."""
        at, found = self.clock(), 0
        for work in works:
            keys = work.due(at, LOOK)
            found += len(keys)
            if len(keys) == LOOK:
                self.more.add(work.name)
            else:
                self.more.discard(work.name)
            self._forget(work, keys)
            for key in keys:
                self._hand_over(work, key)
        return found

    def _forget(self, work: Work, keys: list[Key]) -> None:
        """Rows that are no longer due were claimed, or others are more urgent; when they come up again, that is new work."""
        still = set(keys)
        for name, key in [item for item in self.offered if item[0] == work.name and item[1] not in still]:
            del self.offered[name, key]

    def _hand_over(self, work: Work, key: Key) -> None:
        item, now = (work.name, key), time.monotonic()
        first = self.offered.get(item)
        if first is None:
            self.offered[item] = now
            if not self.publisher.offer(work, key) or now < self.alone_until:
                self._here(work, key)
        elif now - first >= PATIENCE:
            self.offered[item], self.alone_until = now, now + ALONE
            self._here(work, key)

    def _here(self, work: Work, key: Key) -> None:
        """Do it in our own pool, once at a time."""
        item = (work.name, key)
        with self.guard:
            if item in self.running:
                return
            self.running.add(item)
        try:
            (self.outside if work.outside else self.pool).submit(self._do, work, key)
        except RuntimeError:  # the pool is shutting down; the row stays due for the next dispatcher
            self.running.discard(item)

    def _do(self, work: Work, key: Key) -> None:
        close_old_connections()
        try:
            registry.do(work.name, key, self.clock())
        finally:
            with self.guard:
                self.running.discard((work.name, key))
            close_old_connections()

    def beat(self) -> None:
        """Say that we are alive, and drop processes that have been silent for a day."""
        at = self.clock()
        processes.heard("dispatch", self.name, at)
        Process.objects.filter(beat_at__lt=at - timedelta(days=1)).delete()

    def run(self) -> None:
        """Look, wait for a wake-up or a second, look again, until stopped; survives a database that comes and goes."""
        self.last_resort.start()
        while not self.stopping.is_set():
            try:
                self._run_connected()
            except (DatabaseError, psycopg2.Error, OSError) as error:  # listening is the driver's own
                logger.warning("the database is away: %s", str(error).strip().split("\n")[0])
                connections.close_all()
                self.stopping.wait(0.5)
        self.last_resort.stop()
        self.publisher.stop()
        for pool in (self.pool, self.outside):
            pool.shutdown(wait=True, cancel_futures=True)
        with contextlib.suppress(DatabaseError):  # gone: whoever looks at this row next sees how old it is
            Process.objects.filter(name=self.name).delete()

    def _run_connected(self) -> None:
        connection.ensure_connection()
        listener = cast(Listener, connection.connection)
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        periodic.plant(self.clock())
        next_beat = 0.0
        works = registry.every_work()
        while not self.stopping.is_set():
            if time.monotonic() >= next_beat:
                self.beat()
                next_beat = time.monotonic() + BEAT
            self.turn(works)
            self.last_resort.alive()
            works = self._await(listener)

    def _await(self, listener: Listener) -> list[Work]:
        """The kinds to look for next: those that somebody named, or all after a second of silence.

        Sooner when the patience with what was handed over ends sooner: that is done here then, not a look later.
        """
        now, pause = time.monotonic(), MORE if self.more else POLL
        deadline = min([now + pause, *(max(offered + PATIENCE, now + SHORTEST) for offered in self.offered.values())])
        listener.poll()
        while not listener.notifies and not self.stopping.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                return registry.every_work()
            select.select([listener], [], [], left)
            listener.poll()
        names = {notice.payload for notice in listener.notifies}
        listener.notifies.clear()
        if time.monotonic() - self._last_full > pause:
            self._last_full = time.monotonic()
            return registry.every_work()
        return [work for work in registry.every_work() if work.name in names]

    _last_full = 0.0
