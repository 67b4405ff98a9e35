"""Who has the pager, asked in every way in which it is asked most."""

from __future__ import annotations

from statistics import median

from bench.figures import Result, Scale, spread
from bench.house import House

YEAR, ALL, FEED = 50, 100, 100  # ms


def rosters(house: House, scale: Scale) -> Result:
    """A year of one schedule, all schedules now, and a calendar feed; in a database of their own on the same server."""
    result = Result()
    with house.scratch() as database:
        house.inside("world", "1", database=database)
        runs = [house.inside("shifts", database=database) for _run in range(scale.runs)]
    for name, key, most in (
        ("a year of a schedule with 3 layers and 200 overrides", "year", YEAR),
        ("who is on call now, 200 schedules of 3 layers", "now", ALL),
        ("a calendar feed of that schedule, 7 months", "feed", FEED),
        ("the same, unchanged (304)", "unchanged", None),
    ):
        found = [1000 * run[key] for run in runs]
        target, good = (f"<= {most} ms", median(found) <= most) if most else ("", None)
        result.add(name, spread(found, ".1f", "ms"), target, good)
    few, many = runs[0]["statements_for_1"], runs[0]["statements_for_all"]
    result.add("statements for who is on call now, 1 and 200 schedules", f"{few} and {many}", "the same", few == many)
    return result
