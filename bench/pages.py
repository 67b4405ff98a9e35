"""Every page and list with the plain demo and with the reference set, in turn on the same server."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from bench.figures import Result, Scale, spread
from bench.house import House
from config.home import ROOT

MOST = 100.0  # milliseconds
PROMISED = 100_000
"""Incidents up to which that holds."""
SLACK = 2
"""Statements that a page may have more with the reference set: it has rows of a kind that the plain demo does not have."""
Seen = dict[str, dict[str, Any]]


def pages(house: House, scale: Scale) -> Result:
    """Server time of each page, the statements that it asks, and what it sends; with each size of the reference set."""
    with _built(house, ["demo"]) as (plain, _took):
        few = house.inside("tour", str(scale.runs), database=plain)
    total = Result()
    for incidents in scale.history:
        with _built(house, ["reference", "--incidents", str(incidents)]) as (large, took):
            many = house.inside("tour", str(scale.runs), database=large)
        total.add(f"reference set of {incidents} incidents built in, once", f"{took:.0f} s")
        found = judged(few["seen"], many["seen"], incidents, few["missed"] | many["missed"])
        total.rows += found.rows
        total.details += found.details
    return total


@contextmanager
def _built(house: House, command: list[str]) -> Iterator[tuple[str, float]]:
    """The address of a scratch database that a management command has filled, and the seconds that it took.

    What it publishes goes to a folder aside.
    """
    outside = house.system.environment
    outside["STATUS_ROOT"] = str(house.system.folder / command[0])
    try:
        with house.scratch() as url:
            environment = house.environment | {"DATABASE_URL": url}
            argv = [sys.executable, "manage.py", *command]
            began = time.perf_counter()
            subprocess.run(argv, env=environment, cwd=ROOT, check=True, stdout=sys.stderr)
            yield url, time.perf_counter() - began
    finally:
        del outside["STATUS_ROOT"]


def judged(few: Seen, many: Seen, incidents: int, missed: dict[str, str] | None = None) -> Result:
    """Rows for the slowest page, for all of them, and for their statements; a line of details for each."""
    result = Result()
    times = {name: median(one["ms"]) for name, one in many.items()}
    slowest = sorted(times, key=lambda name: times[name], reverse=True)
    late = [name for name in slowest if times[name] > MOST]
    grown = [
        f"{name} ({few[name]['statements']}, then {many[name]['statements']})"
        for name in many
        if name in few and many[name]["statements"] > few[name]["statements"] + SLACK
    ]
    worst, target = slowest[0], f"<= {MOST:.0f} ms" if incidents <= PROMISED else ""
    result.add(
        f"slowest of {len(many)} pages and lists, {incidents} incidents: {worst}",
        f"{spread(many[worst]['ms'], '.0f', 'ms')}, {median(many[worst]['cpu']):.0f} ms of them on the processor",
        target,
        not late if target else None,
    )
    result.add("half of these pages, at most", f"{median(times.values()):.0f} ms")
    slow = ", ".join(f"{name} {times[name]:.0f} ms" for name in late) or "none"
    result.add(f"pages slower than {MOST:.0f} ms", slow, "none" if target else "", not late if target else None)
    both = [name for name in many if name in few]
    ratio = median(times[name] / median(few[name]["ms"]) for name in both)
    result.add("the same pages against the plain demo, median", f"{ratio:.2f} times")
    result.add("SQL statements as with the plain demo", ", ".join(grown) or "on every page", "on every page", not grown)
    if missed:
        absent = "; ".join(f"{name} ({why})" for name, why in missed.items())
        result.add("pages that did not answer as told", absent, "none", False)
    for name in slowest:
        one, was = many[name], few.get(name)
        plain = f"{median(was['ms']):.0f} ms, {was['statements']} statements" if was else "not there"
        result.details.append(
            f"page {name}: {spread(one['ms'], '.0f', 'ms')} ({median(one['cpu']):.0f} ms of them on the processor), "
            f"{one['statements']} statements, {one['bytes'] / 1000:.1f} kB; plain demo: {plain}"
        )
    return result
