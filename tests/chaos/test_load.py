"""PostgreSQL dies while two hundred alerts come in each second: what was answered 202 is paged."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chaos.organisation import PLACES, key_of, organisation
from tests.chaos.table import ROWS, Row
from tests.chaos.test_kills import times_paged
from tests.fakes.smtp import MailServer
from tests.system import System

pytestmark = [pytest.mark.chaos, pytest.mark.long]
PER_SECOND, SECONDS, BOUND = 200, 6, 45.0


def pour(system: System) -> tuple[list[str], int]:
    """Alerts at that pace from ten senders, each tried until it is taken; incidents, and how often we were told to wait."""
    waits, incidents, guard, begun = 0, list[str](), threading.Lock(), time.monotonic()

    def one(number: int) -> None:
        nonlocal waits
        time.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
        body = {"title": f"Load {number}", "dedup_key": f"load-{number}"}
        for _try in range(300):
            try:
                answer = system.post(f"/api/in/generic/{key_of(number % PLACES)}", body)
            except OSError:
                answer = None
            if answer and answer.status == 202:
                with guard:
                    incidents.append(json.loads(answer.body)["incidents"][0])
                return
            assert answer is None or answer.status == 503
            waits += 1
            time.sleep(0.2)
        raise AssertionError("never taken")

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(one, range(PER_SECOND * SECONDS)))
    return incidents, waits


def test_postgresql_is_killed_during_200_alerts_a_second() -> None:
    with MailServer() as mails, System(organisation(), EMAIL_URL=mails.url) as system:
        (postmaster,) = [
            pid for pid in system.children("postgres") if b"-D" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        killer = threading.Timer(SECONDS / 3, os.kill, [postmaster, signal.SIGKILL])
        killer.start()
        incidents, waits = pour(system)
        begun, asked = time.time(), set(incidents)
        assert waits, "it was away"

        system.until(lambda: asked <= set(times_paged(mails)), BOUND + 60, "a page for each")

        counted = times_paged(mails)
        last = max(mail.at for mail in mails.received) - begun
        extra = max(counted[incident] for incident in asked) - 1
        fault = f"PostgreSQL killed during {PER_SECOND} alerts/s (the last page, after the last alert)"
        ROWS.append(Row(fault, len(asked), 0, extra, 1, last, BOUND, None))
        assert len(asked) == len(incidents) == PER_SECOND * SECONDS
        assert extra <= 1
