"""Processes are killed, the broker forgets, hangs or never was: every page goes out, at most one extra per kill."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.fakes.smtp import MailServer
from tests.system import ORG, System

pytestmark = pytest.mark.chaos
PATIENT = ORG.replace("wait: 30s", "wait: 60m")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    """Where pages arrive."""
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def system(mails: MailServer) -> Iterator[System]:
    """Everything; nobody but Alice is paged within these tests."""
    with System(PATIENT, EMAIL_URL=mails.url) as running:
        yield running


def fire(system: System, seconds: float = 30) -> str:
    """Post one new alert, again and again like Alertmanager until it is taken; returns the incident's number."""
    number = next(_numbers)
    body = {"title": f"Chaos {number}", "dedup_key": f"chaos-{number}", "severity": "critical"}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            answer = system.post("/api/in/generic/use-a-long-random-key-0002", body)
        except OSError:
            time.sleep(0.1)
            continue
        if answer.status == 202:
            (incident,) = answer.json()["incidents"]
            return str(incident)
        assert answer.status == 503, f"only 503 makes a sender try again, this was {answer.status}: {answer.body!r}"
        time.sleep(0.1)
    raise AssertionError("the alert was not taken")


def times_paged(mails: MailServer) -> Counter[str]:
    """How often each incident was named in a page."""
    return Counter(
        line.split(" ", 1)[0]
        for mail in mails.received
        if mail.links
        for line in mail.text.splitlines()
        if line.startswith("INC-")
    )


def all_paged(system: System, mails: MailServer, incidents: list[str], *, kills: int, seconds: float) -> None:
    """Each incident was paged; none more often than once and once more per kill."""
    system.until(lambda: all(times_paged(mails)[incident] for incident in incidents), seconds, f"pages for {incidents}")
    counted = times_paged(mails)
    assert all(counted[incident] <= 1 + kills for incident in incidents), counted


def kill(pids: list[int]) -> None:
    """kill -9."""
    assert pids, "nothing to kill"
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def with_kills(system: System, part: str, kills: int = 2) -> list[str]:
    """Alerts before, between and after kills of every process whose command line holds `part`."""
    incidents = []
    for _kill in range(kills):
        incidents.append(fire(system))
        kill(system.until(lambda: system.children(part), 60, f"{part} to kill"))
        incidents.append(fire(system))
    return incidents


def test_the_workers_are_killed(system: System, mails: MailServer) -> None:
    all_paged(system, mails, with_kills(system, "manage.py worker"), kills=2, seconds=60)


def test_the_dispatcher_is_killed(system: System, mails: MailServer) -> None:
    all_paged(system, mails, with_kills(system, "manage.py dispatch"), kills=2, seconds=60)


def test_the_broker_is_killed(system: System, mails: MailServer) -> None:
    all_paged(system, mails, with_kills(system, "valkey-server"), kills=2, seconds=30)


def test_the_database_is_killed_while_alerts_come_in(system: System, mails: MailServer) -> None:
    (postmaster,) = [pid for pid in system.children("postgres") if "-D" in _line(pid)]
    incidents = [fire(system)]
    kill([postmaster])
    incidents += [fire(system, 40) for _more in range(3)]
    all_paged(system, mails, incidents, kills=1, seconds=60)


@pytest.mark.long
def test_the_broker_forgets_everything(system: System, mails: MailServer) -> None:
    import redis

    address = next(line for line in system.manage("config").splitlines() if "REDIS_URL" in line)
    assert "unix" in address or "****" in address
    client = redis.Redis(unix_socket_path=_broker_socket(system))
    incidents = []
    for _time in range(5):
        incidents.append(fire(system))
        client.flushall()
    client.close()
    all_paged(system, mails, incidents, kills=0, seconds=30)


@pytest.mark.long
def test_the_broker_hangs(system: System, mails: MailServer) -> None:
    (broker,) = system.children("valkey-server")
    os.kill(broker, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        incidents = [fire(system) for _time in range(3)]
        assert time.monotonic() - begun < 3, "the web process never talks to the broker on the way of an alert"
        all_paged(system, mails, incidents, kills=0, seconds=20)
    finally:
        os.kill(broker, signal.SIGCONT)


@pytest.mark.long
def test_everything_is_killed_and_started_again(system: System, mails: MailServer) -> None:
    incidents = [fire(system) for _time in range(3)]
    assert system.process is not None
    pids = [system.process.pid, *system.children("")]
    kill(pids)
    system.process.wait(10)
    system.start()
    incidents.append(fire(system))
    all_paged(system, mails, incidents, kills=1, seconds=60)


@pytest.mark.long
def test_the_broker_never_was(tmp_path: str) -> None:
    with (
        MailServer() as mails,
        System(PATIENT, EMAIL_URL=mails.url, REDIS_URL="unix:///nonexistent/broker.sock") as system,
    ):
        incidents = [fire(system) for _time in range(3)]
        all_paged(system, mails, incidents, kills=0, seconds=30)


def _line(pid: int) -> str:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().replace(b"\0", b" ").decode()


def _broker_socket(system: System) -> str:
    (broker,) = system.children("valkey-server")
    return _line(broker).split("unixsocket:")[1].split()[0]
