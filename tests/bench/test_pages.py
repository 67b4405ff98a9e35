"""The figures of the pages are judged as they are told."""

from __future__ import annotations

from typing import Any

from bench.pages import SLACK, judged


def seen(ms: float, statements: int = 10) -> dict[str, Any]:
    return {"path": "/", "ms": [ms - 1, ms, ms + 1], "cpu": [ms] * 3, "statements": statements, "bytes": 1000}


def test_every_page_in_time_and_with_as_many_statements() -> None:
    found = judged({"a": seen(10), "b": seen(20)}, {"a": seen(20), "b": seen(100, 10 + SLACK)}, 100_000)

    assert [row.good for row in found.rows] == [True, None, True, None, True]
    assert found.rows[0].name == "slowest of 2 pages and lists, 100000 incidents: b"
    assert len(found.details) == 2


def test_a_page_that_is_late_or_asks_more_falls_short_and_is_named() -> None:
    found = judged({"a": seen(10)}, {"a": seen(101, 11 + SLACK)}, 100_000)

    assert [row.good for row in found.rows] == [False, None, False, None, False]
    assert found.rows[2].measured == "a 101 ms"
    assert found.rows[4].measured == f"a (10, then {11 + SLACK})"


def test_more_incidents_than_it_was_promised_for_are_measured_and_not_judged() -> None:
    found = judged({"a": seen(10)}, {"a": seen(400)}, 1_000_000)

    assert [row.good for row in found.rows] == [None, None, None, None, True]
    assert found.rows[0].name == "slowest of 1 pages and lists, 1000000 incidents: a"
    assert found.rows[2].measured == "a 400 ms"


def test_a_page_that_only_the_reference_set_has_is_measured_too() -> None:
    found = judged({"a": seen(10)}, {"a": seen(10), "b": seen(30)}, 100_000)

    assert "plain demo: not there" in found.details[0]
