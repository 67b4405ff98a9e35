"""What travels to a browser that opens a page for the first time: the largest page of the demo."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from statistics import median

from bench.figures import Result, Scale
from bench.house import House
from shots.checks import weights
from shots.pages import SHOTS, STRANGER
from shots.stage import Company, Small, Stage
from shots.states import demo
from shots.weights import MOST
from tests.browser.visitor import chromium
from tests.peers import PLACES


def views(house: House, scale: Scale) -> Result:
    """Every page of the demo once, each with an empty cache; a quick run weighs what a stranger sees of this house."""
    result, name = Result(), "first view, largest page of the demo"
    if not (shutil.which("chromium") or PLACES["chromium"].exists()):
        result.add(name, "not measured: there is no Chromium", f"<= {MOST // 1000} KB")
        return result
    shots = [shot for shot in SHOTS if scale.runs > 1 or (shot.who == STRANGER and "{" not in shot.path)]
    with _stage(house, scale) as stage, chromium() as browser:
        company = Company(browser, stage)
        try:
            found = weights(browser, company, shots)
        finally:
            company.close()
    largest = max(found, key=lambda one: found[one])
    result.add(
        name, f"{found[largest] / 1000:.1f} KB ({largest})", f"<= {MOST // 1000} KB", good=found[largest] <= MOST
    )
    result.add(f"first view, median of {len(found)} pages", f"{median(found.values()) / 1000:.1f} KB")
    result.details += [f"first view of {page}: {size / 1000:.1f} KB" for page, size in sorted(found.items())]
    return result


@contextlib.contextmanager
def _stage(house: House, scale: Scale) -> Iterator[Stage]:
    if scale.runs == 1:
        yield Small(house.system, {})
        return
    with demo() as stage:
        yield stage
