"""The look for due work: what it costs with a thousand and with a million open incidents."""

from __future__ import annotations

from statistics import median

from bench.figures import Result, Scale, spread
from bench.house import House

FEW = 1000
MOST = 1.5  # times


def look(house: House, scale: Scale) -> Result:
    """One look of the dispatcher at every kind of due work, few and many open incidents in turn on the same server."""
    result = Result()
    few, many = [], []
    with house.scratch() as small:
        house.inside("world", "1", database=small)
        with house.scratch(template=small) as large:
            house.inside("fill", str(FEW), database=small)
            house.inside("fill", str(scale.many), database=large)
            for _run in range(scale.runs):
                few.append(house.inside("look", database=small))
                many.append(house.inside("look", database=large))
    totals = [[1000 * sum(one.values()) for one in runs] for runs in (few, many)]
    ratios = [after / before for before, after in zip(*totals, strict=True)]
    result.add(f"one look for due work, {FEW} open incidents", spread(totals[0], ".2f", "ms"))
    result.add(f"one look for due work, {scale.many} open incidents", spread(totals[1], ".2f", "ms"))
    result.add("the second against the first", spread(ratios, ".2f", "times"), "<= 1.5 times", median(ratios) <= MOST)
    for name in few[0]:
        medians = [1000 * median(one[name] for one in runs) for runs in (few, many)]
        result.details.append(f"look for {name}: {medians[0]:.2f} ms, then {medians[1]:.2f} ms")
    return result
