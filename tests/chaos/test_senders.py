"""Those who send are killed, stopped or many: at the worst moments, the dispatcher by itself and beside its like."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

import pytest

from foundation.dispatch.loop import ALONE
from tests.chaos.lab import AFTER_KILL, BUNDLE, WITHOUT_BROKER, Lab
from tests.chaos.organisation import mail_of
from tests.chaos.parts import Dispatchers
from tests.fakes.smtp import Received

pytestmark = pytest.mark.chaos
LEASE = 31.0


class Trap:
    """Kills the dispatchers when the mail server next has something for `victim`, once."""

    def __init__(self, lab: Lab, dispatchers: Dispatchers, victim: str) -> None:
        self.lab, self.dispatchers, self.victim, self.sprung = lab, dispatchers, victim, threading.Event()
        self.seen = lab.mails.handler.before_answer

    def before_the_message(self, recipient: str) -> None:
        """For `before_message`."""
        self._kill(recipient)

    def after_the_message(self, mail: Received) -> None:
        """For `before_answer`: it has the message, and the answer never arrives."""
        if self.seen:
            self.seen(mail)
        self._kill(mail.recipient)

    def _kill(self, recipient: str) -> None:
        if recipient == self.victim and not self.sprung.is_set():
            self.dispatchers.kill()
            self.sprung.set()


def trapped(lab: Lab, fault: str, when: str, *, clock: bool) -> None:
    """One alert whose sender dies at the provider's door; another takes over."""
    with lab.dispatchers(1) as dispatchers:
        place = next(lab.places)
        trap = Trap(lab, dispatchers, mail_of(place))
        handler = lab.mails.handler
        try:
            if when == "before":
                handler.before_message = trap.before_the_message
            else:
                handler.before_answer = trap.after_the_message
            shot = lab.fire(place)
            assert trap.sprung.wait(20)
        finally:
            handler.before_message, handler.before_answer = None, trap.seen
        dispatchers.fork()
        if clock:
            lab.move(LEASE - 1)
        until = 1 if when == "before" else 2
        lab.again(shot, until, 60)
        lab.judge(fault, [shot], bound=AFTER_KILL, crashes=1, clock="30 s" if clock else "", patience=60)


def test_killed_before_the_provider_is_called(lab: Lab) -> None:
    trapped(lab, "Sender killed (kill -9) before the provider call", "before", clock=True)


def test_killed_after_the_provider_was_called(lab: Lab) -> None:
    trapped(lab, "Sender killed after the provider took it, before it said so", "after", clock=True)


@pytest.mark.long
def test_killed_before_the_provider_is_called_and_the_lease_waited_for(lab: Lab) -> None:
    trapped(lab, "Sender killed before the provider call, the lease waited for", "before", clock=False)


@pytest.mark.long
def test_the_dispatcher_is_killed_in_the_middle_a_hundred_times(lab: Lab) -> None:
    shots, kills = [], 100
    with lab.dispatchers(1) as dispatchers:
        for number in range(kills):
            before = len(lab.arrivals)
            shots += [lab.fire() for _one in range(2)]
            until = time.monotonic() + 0.15
            while len(lab.arrivals) == before and time.monotonic() < until:
                time.sleep(0.002 * (number % 5 + 1))  # another place of the batch each time
            dispatchers.kill()
            dispatchers.fork()
        killed = lab.now()
        there = {one.incident for one in lab.arrivals}
        missing = [shot for shot in shots if shot.incident not in there]
        time.sleep(BUNDLE)
        lab.moves_until(
            lambda: {shot.incident for shot in missing} <= {one.incident for one in list(lab.arrivals)},
            120,
            step=5,
            what="every page",
        )
        fault = f"Dispatcher killed in mid-batch, {kills} times"
        lab.judge(fault, shots, bound=AFTER_KILL + BUNDLE, crashes=kills, since=killed, clock="until all are there")


@pytest.mark.parametrize("count", [2, pytest.param(8, marks=pytest.mark.long)])
def test_many_dispatchers(lab: Lab, count: int) -> None:
    with lab.dispatchers(count):
        lab.arrived(
            [lab.fire() for _one in range(2 * count)], 60
        )  # a first page loads code: that is not the matter here
        time.sleep(BUNDLE)
        shots = [lab.fire() for _one in range(20)]
        lab.judge(f"{count} dispatchers at once, no worker and no broker", shots)


@pytest.mark.long
def test_a_worker_that_stops_in_the_middle_and_goes_on_two_minutes_later(lab: Lab) -> None:
    workers, handler = lab.system.children("manage.py worker"), lab.mails.handler
    stopped = threading.Event()

    def stop(_recipient: str) -> None:
        if not stopped.is_set():
            for pid in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
            stopped.set()

    time.sleep(ALONE + 1)  # until the dispatcher believes in workers again, whatever was done to them before
    handler.before_message = stop
    try:
        shots = [lab.fire()]
        assert stopped.wait(20)
        time.sleep(0.5)
        assert not lab.to(shots[0].incident), "the dispatcher sent it: nobody was stopped in mid-send"
        shots.append(lab.fire())
        time.sleep(2)
        lab.move(LEASE - 3)
        lab.again(shots[0], 1, 60)
        lab.move(90)
    finally:
        handler.before_message = None
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    time.sleep(2)
    fault = "Workers stopped (SIGSTOP) in mid-send, going on two minutes later"
    lab.judge(fault, shots, bound=AFTER_KILL, crashes=1, clock="2 min")


def test_all_workers_are_down(lab: Lab) -> None:
    over = threading.Event()

    def keep_down() -> None:
        while not over.is_set():
            for pid in lab.system.children("manage.py worker"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)

    thread = threading.Thread(target=keep_down)
    thread.start()
    try:
        time.sleep(3)  # they are started again ever later: what is measured is their absence, not their starts
        shots = [lab.fire() for _one in range(5)]
        lab.judge("All Celery workers down", shots, bound=WITHOUT_BROKER)
    finally:
        over.set()
        thread.join()
