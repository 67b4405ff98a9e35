"""The figures can be measured: every part runs on little, and nothing here looks at how long it took."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.utils import timezone

from bench import calibrate, crowd, load, statements, world
from bench.__main__ import measure, report
from bench.figures import QUICK, Result, spread, table
from foundation.dispatch import registry
from incidents.models import Incident
from paging.models import Delivery


def test_the_way_from_post_to_mail_is_two_tasks(db: None) -> None:
    world.build(2, timezone.now())

    path = statements.measure()

    assert path["tasks"] == ["paging"]
    assert {part for part, _sql in path["statements"]} == {"intake", "paging", "sending"}
    assert not any(sql.startswith(statements.FRAMES) for _part, sql in path["statements"])


def own_database() -> str:
    """The address of the database of these tests."""
    server = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(server._replace(path=f"/{connection.settings_dict['NAME']}"))


@pytest.mark.django_db(transaction=True)
def test_pgbench_runs_the_sql_of_one_post_again_and_again() -> None:
    world.build(1, timezone.now())
    try:
        one = statements.of_one_post()
        script = calibrate.script_of(one["statements"], keep=one["key_hash"])
        before = Incident.objects.count()
        calibrate.tps(own_database(), script, clients=2, seconds=1)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('incidents_incident_id_seq', 1, false)")

    assert Incident.objects.count() > before
    assert Incident.objects.exclude(alerts=None).count() == Incident.objects.count()
    assert calibrate.TOKEN not in script
    assert str(calibrate.FIRST_ID) not in script


def test_a_crowd_is_found_as_far_as_it_is_due(db: None) -> None:
    world.build(1, timezone.now())

    crowd.crowd(200)

    assert Incident.objects.open().count() == 200
    assert Delivery.objects.filter(state="queued").count() == crowd.DUE
    due = {work.name: len(work.due(timezone.now(), 500)) for work in registry.every_work()}
    assert due["paging"] == crowd.DUE
    assert due["sending"] == 1  # all of one person's
    assert crowd.look(2).keys() == due.keys()


@pytest.mark.xdist_group("system")
def test_a_whole_system_is_measured_and_gone() -> None:
    scale = replace(QUICK, pages=2, hundreds=2, posts=16, idle=0, offering=0.5)

    total = measure(scale, ("starting", "latency", "hundreds", "mass", "offered", "stopped", "parsing"))

    shown = report(total, scale, "0.00 0.00 0.00")
    assert "webhook answered to mail handed over" in shown
    assert "second start" in shown
    assert "not in the database | 0 | 0 | pass" in shown
    assert shown.count("all 503") == 2
    assert "PostgreSQL 18" in shown or "PostgreSQL 1" in shown
    assert all(row.measured for row in total.rows)


def test_a_table_says_what_falls_short() -> None:
    result = Result()
    result.add("a", spread([3.0, 1.0, 2.0], ".1f", "s"), "<= 1 s", good=False)
    result.add("b", "7", "<= 8", good=True)
    result.add("c", "1")

    lines = table(result.rows).splitlines()

    assert lines[2:] == [
        "| a | 2.0 (1.0 to 3.0) s | <= 1 s | **falls short** |",
        "| b | 7 | <= 8 | pass |",
        "| c | 1 |  | - |",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_an_answer_is_complete_by_its_length_or_its_last_chunk(answer: bytes) -> None:
    class Socket:
        def __init__(self) -> None:
            self.left = [answer[:-1], answer[-1:]]

        def recv(self, _size: int) -> bytes:
            return self.left.pop(0)

    some: Any = Socket()
    client = load.Client(some)

    assert client.answered() is None
    assert client.answered() == load.ACCEPTED


def test_a_closed_connection_is_no_answer() -> None:
    class Closed:
        def recv(self, _size: int) -> bytes:
            return b""

    closed: Any = Closed()
    with pytest.raises(ConnectionError):
        load.Client(closed).answered()
