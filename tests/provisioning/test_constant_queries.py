"""A page costs as many statements with much history as with little, and no list counts or skips what it does not show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import transaction

from bench.pages import SLACK
from bench.tour import Tour, counted, visits
from provisioning.reference.build import build
from tests.provisioning.demos import AT, small

pytestmark = pytest.mark.django_db

MANY = 500
Asked = dict[str, list[str]]
STEADY = re.compile(r' FROM "(teams_|oncall_|alerts_source")')
"""People, teams, schedules and sources may be counted: they do not grow with the years."""
BOUNDS = ("state", "person_id", "incident_id", "owner_id", "manager_id", "ended_at", "LIMIT")
"""What keeps a count small however long the history is: it is about what is open, about one person or one incident."""


@pytest.fixture(scope="module")
def both(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Asked, Asked]]:
    """The statements of each page with ten days of history, and with years."""
    with time_machine.travel(AT, tick=False), django_db_blocker.unblock(), transaction.atomic():
        small(months=0.3)
        few = asked()
        build(AT, MANY, say=lambda _line: None, months=0.3, reset=True)
        many = asked()
        yield few, many
        transaction.set_rollback(True)


def asked() -> Asked:
    """Name of each page -> its statements."""
    company, found = Tour(), {}
    for shot, path in visits(company):
        with counted() as statements:
            company.get(shot, path)
        found[shot.name] = [sql for sql in statements if not sql.startswith(("SAVEPOINT", "RELEASE"))]
    return found


def test_as_many_statements_with_years_of_history(both: tuple[Asked, Asked]) -> None:
    few, many = both
    assert len(many) > 60
    more = {name: (len(few[name]), len(many[name])) for name in few.keys() & many.keys()}
    assert {name: pair for name, pair in more.items() if pair[1] > pair[0] + SLACK} == {}


def test_no_page_skips_rows_by_offset(both: tuple[Asked, Asked]) -> None:
    _few, many = both
    assert {name for name, statements in many.items() if any(" OFFSET " in sql for sql in statements)} == set()


def test_no_page_counts_without_a_bound(both: tuple[Asked, Asked]) -> None:
    _few, many = both
    free = {
        name: sql
        for name, statements in many.items()
        for sql in statements
        if sql.startswith("SELECT COUNT(") and not STEADY.search(sql)
        if not any(bound in sql.partition(" WHERE ")[2] for bound in BOUNDS)
    }
    assert free == {}
