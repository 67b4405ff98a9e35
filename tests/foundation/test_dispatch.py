"""The dispatcher: Celery gets the work, and when it does not come for it, the dispatcher does it itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from foundation.dispatch import loop, periodic, registry
from foundation.dispatch.handover import Breaker
from foundation.dispatch.registry import Key, Work
from foundation.dispatch.wake import CHANNEL, wake
from foundation.models import Periodic, Process


class Rows:
    """Due rows in memory: what the database would hold."""

    def __init__(self, *keys: Key) -> None:
        self.open = list(keys)
        self.done: list[Key] = []
        self.work = Work("rows", "page", due=self.due, run=self.run)
        self.event = threading.Event()

    def due(self, at: datetime, limit: int) -> list[Key]:
        """Rows nobody has claimed."""
        return list(self.open[:limit])

    def run(self, key: Key, at: datetime) -> bool:
        """Claim one."""
        if key == "poison":
            raise ValueError("poison")
        if key in self.open:
            self.open.remove(key)
            self.done.append(key)
            self.event.set()
        return True


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    """Nothing registered by a test stays."""
    before = dict(registry._registry)
    yield
    registry._registry.clear()
    registry._registry.update(before)


def dispatcher(rows: Rows, publish: Callable[[Work, Key], None]) -> loop.Dispatcher:
    """A dispatcher that hands over to `publish`."""
    registry.register(rows.work)
    return loop.Dispatcher(publish=publish, threads=2)


def until(true: Callable[[], Any], seconds: float = 5) -> None:
    """Wait for something another thread does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@pytest.mark.django_db(transaction=True)
class TestHandingOver:
    """One look at a time, by hand."""

    def test_work_goes_to_celery_once(self) -> None:
        sent: list[Key] = []
        rows = Rows(1, 2)
        one = dispatcher(rows, lambda work, key: sent.append(key))
        one.turn([rows.work])
        one.turn([rows.work])
        until(lambda: sent == [1, 2])
        assert rows.done == []

    def test_nobody_comes_for_two_seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = Rows(1)
        one = dispatcher(rows, lambda work, key: None)
        one.turn([rows.work])
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 1.9)
        one.turn([rows.work])
        assert one.running == set()
        monkeypatch.setattr(time, "monotonic", lambda: now + 2.1)
        one.turn([rows.work])
        monkeypatch.undo()
        until(lambda: rows.done == [1])

    def test_the_next_ones_do_not_wait_for_who_did_not_come(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sent: list[Key] = []
        rows = Rows(1)
        one = dispatcher(rows, lambda work, key: sent.append(key))
        one.turn([rows.work])
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 2.1)
        one.turn([rows.work])
        rows.open.append(2)
        one.turn([rows.work])
        monkeypatch.undo()
        until(lambda: rows.done == [1, 2])
        until(lambda: sent == [1, 2])  # whoever is faster takes it: they may be back
        monkeypatch.setattr(time, "monotonic", lambda: now + 12.2)
        rows.open.append(3)
        one.turn([rows.work])
        assert one.running == set(), "they are given their time again"
        monkeypatch.undo()
        until(lambda: sent == [1, 2, 3])
        assert rows.done == [1, 2]

    def test_a_broker_that_refuses_costs_nothing(self) -> None:
        rows = Rows(*range(10))

        def refuse(work: Work, key: Key) -> None:
            raise ConnectionError

        one = dispatcher(rows, refuse)
        one.turn([rows.work])
        until(lambda: len(rows.done) == 10)
        assert not one.publisher.breaker.allows()

    def test_a_broker_that_hangs_does_not_hold_the_loop(self) -> None:
        rows, gate = Rows(*range(5)), threading.Event()

        def hang(work: Work, key: Key) -> None:
            gate.wait(10)

        one = dispatcher(rows, hang)
        begun = time.monotonic()
        one.turn([rows.work])
        assert time.monotonic() - begun < 1
        one.offered = dict.fromkeys(one.offered, begun - 3)
        one.turn([rows.work])
        until(lambda: len(rows.done) == 5)
        gate.set()

    def test_pages_do_not_queue_behind_slow_questions_to_others(self) -> None:
        rows, gate = Rows(1), threading.Event()
        slow = Work(
            "slow", "default", due=lambda at, limit: list(range(50)), run=lambda key, at: gate.wait(10), outside=True
        )
        registry.register(slow)

        def refuse(work: Work, key: Key) -> None:
            raise ConnectionError

        one = dispatcher(rows, refuse)
        try:
            one.turn([slow, rows.work])
            until(lambda: len(one.running) >= 50)
            until(lambda: rows.done == [1])
        finally:
            gate.set()
        until(lambda: not one.running)

    def test_a_poisonous_row_does_not_stop_the_others(self) -> None:
        rows = Rows("poison", 1)

        def refuse(work: Work, key: Key) -> None:
            raise ConnectionError

        one = dispatcher(rows, refuse)
        one.turn([rows.work])
        until(lambda: rows.done == [1])

    def test_a_row_that_becomes_due_again_is_new_work(self) -> None:
        sent: list[Key] = []
        rows = Rows(1)
        one = dispatcher(rows, lambda work, key: sent.append(key))
        one.turn([rows.work])
        rows.open.clear()
        one.turn([rows.work])
        rows.open.append(1)
        one.turn([rows.work])
        until(lambda: sent == [1, 1])


def test_the_breaker_opens_after_three_failures_and_tries_again() -> None:
    breaker = Breaker(failures=3, pause=0.05)
    for _failure in range(3):
        assert breaker.allows()
        breaker.record(ok=False)
    assert not breaker.allows()
    time.sleep(0.06)
    assert breaker.allows()
    assert not breaker.allows(), "one try at a time"
    breaker.record(ok=True)
    assert breaker.allows()


@pytest.mark.django_db(transaction=True)
class TestRunning:
    """The whole loop in a thread, with a real LISTEN."""

    @pytest.fixture
    def running(self) -> Iterator[tuple[Rows, loop.Dispatcher]]:
        """A dispatcher whose broker is dead. Real work is not due: in a thread of the pool it would outlive the test."""
        registry._registry.clear()
        rows = Rows()

        def refuse(work: Work, key: Key) -> None:
            raise ConnectionError

        one = dispatcher(rows, refuse)
        thread = threading.Thread(target=self._run, args=(one,))
        thread.start()
        until(lambda: Process.objects.filter(role="dispatch").exists())
        yield rows, one
        one.stopping.set()
        thread.join(10)
        assert not thread.is_alive()

    @staticmethod
    def _run(one: loop.Dispatcher) -> None:
        try:
            one.run()
        finally:
            connection.close()

    def test_a_notify_wakes_it_long_before_the_poll(self, running: tuple[Rows, loop.Dispatcher]) -> None:
        rows, _one = running
        took = []
        for key in range(5):
            rows.event.clear()
            begun = time.monotonic()
            rows.open.append(key)
            wake("rows")
            assert rows.event.wait(5)
            took.append(time.monotonic() - begun)
        assert min(took) < loop.POLL / 2

    def test_the_poll_finds_what_nobody_told(self, running: tuple[Rows, loop.Dispatcher]) -> None:
        rows, _one = running
        rows.open.append(1)
        until(lambda: rows.done == [1])

    def test_it_survives_the_loss_of_its_connection(self, running: tuple[Rows, loop.Dispatcher]) -> None:
        rows, _one = running
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        rows.open.append(1)
        until(lambda: rows.done == [1])

    def test_health_follows_its_heartbeat(self, running: tuple[Rows, loop.Dispatcher]) -> None:
        assert Client().get("/healthz/ready").status_code == 200
        assert Client().get("/healthz/paging/").json() == {"ok": True, "trouble": []}
        Process.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
        Process.objects.update(name="gone")


@pytest.mark.django_db(transaction=True)
def test_a_silent_dispatcher_is_not_ready() -> None:
    at = timezone.now()
    Process.objects.create(name="gone", role="dispatch", started_at=at, beat_at=at - timedelta(seconds=16))
    assert Client().get("/healthz/live").status_code == 200
    answer = Client().get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.json()["trouble"] == ["no dispatcher has been heard for 15 s"]
    assert Client().get("/healthz/paging").status_code == 503


@pytest.mark.parametrize("path", ["/healthz/live", "/healthz/ready", "/healthz/paging"])
def test_health_answers_to_get_alone(path: str) -> None:
    assert Client().post(path).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_waking_is_one_statement_after_the_commit_however_often_it_is_asked() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
        with transaction.atomic():
            wake("rows")
            wake("rows")
            wake("other")
            connection.connection.poll()
            assert connection.connection.notifies == []
        connection.connection.poll()
        heard = [notice.payload for notice in connection.connection.notifies]
        cursor.execute(f"UNLISTEN {CHANNEL}")
    connection.connection.notifies.clear()
    assert heard == ["rows", "other"]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_wakes_nobody_and_spoils_nothing() -> None:
    with transaction.atomic():
        wake("rows")
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
        with transaction.atomic():
            wake("rows")
        connection.connection.poll()
        heard = [notice.payload for notice in connection.connection.notifies]
        cursor.execute(f"UNLISTEN {CHANNEL}")
    connection.connection.notifies.clear()
    assert heard == ["rows"]


@pytest.mark.django_db(transaction=True)
def test_periodic_work_is_done_once_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "_rounds", {})
    ran: list[datetime] = []
    periodic.periodic("sweep", timedelta(minutes=1), ran.append)
    at = timezone.now()
    periodic.plant(at)
    periodic.plant(at + timedelta(days=1))
    work = registry.named("periodic")
    assert work is not None
    for _twice in range(2):
        for key in work.due(at, 10):
            work.run(key, at)
    assert ran == [at]
    assert Periodic.objects.get().due_at == at + timedelta(minutes=1)
    assert work.due(at + timedelta(seconds=59), 10) == []
    assert work.due(at + timedelta(minutes=1), 10) == ["sweep"]
