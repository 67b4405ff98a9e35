"""The broker forgets, hangs, is full or says nothing: pages go out without it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import redis

from tests.chaos.lab import Lab
from tests.chaos.relay import CLOSED, PASS, SILENT

pytestmark = pytest.mark.chaos


@contextmanager
def client(lab: Lab) -> Iterator[redis.Redis]:
    """Straight to the broker."""
    with closing(redis.Redis(unix_socket_path=str(lab.broker.engine))) as there:
        yield there


@pytest.fixture(autouse=True)
def fresh(lab: Lab) -> Iterator[None]:
    """A dispatcher that believes in the broker: one that met it dead before would not ask it for ten seconds."""
    with lab.dispatchers(1, with_broker=True):
        lab.arrived([lab.fire()], 30)
        yield


@pytest.mark.long
def test_it_forgets_everything_each_second(lab: Lab) -> None:
    over = threading.Event()
    with client(lab) as there:

        def forget() -> None:
            while not over.wait(1 / 3):
                there.flushall()

        thread = threading.Thread(target=forget)
        thread.start()
        try:
            shots = []
            for _one in range(12):
                shots.append(lab.fire())
                time.sleep(0.25)
            lab.judge("Broker forgets everything (FLUSHALL), three times a second", shots)
        finally:
            over.set()
            thread.join()


@pytest.mark.long
def test_it_is_full(lab: Lab) -> None:
    with client(lab) as there:
        there.config_set("maxmemory", "1")
        try:
            lab.judge("Broker full (maxmemory)", [lab.fire() for _one in range(5)])
        finally:
            there.config_set("maxmemory", "256mb")


DEAD = pytest.param(CLOSED, "dead", marks=pytest.mark.long)


@pytest.mark.parametrize(("mode", "fault"), [(SILENT, "black-holed: accepts, never answers"), DEAD])
def test_it_does_not_answer(lab: Lab, mode: str, fault: str) -> None:
    lab.broker.set(mode)
    try:
        lab.judge(f"Broker {fault}", [lab.fire() for _one in range(5)])
    finally:
        lab.broker.set(CLOSED)
        lab.broker.set(PASS)


@pytest.mark.long
def test_it_is_paused(lab: Lab) -> None:
    with client(lab) as there:
        pid = int(there.info("server")["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        lab.judge("Broker paused (SIGSTOP)", [lab.fire() for _one in range(5)])
    finally:
        os.kill(pid, signal.SIGCONT)
