"""The review as a table for a spreadsheet: one line per figure, durations in seconds. Means stand here only."""

from __future__ import annotations

import csv
import io
from typing import Any

from review.figures import Review
from review.shape import value
from review.values import Figure, Times

COLUMNS = (
    ("week", "block", "figure", "label", "kind", "value", "met", "total", "running", "at_risk", "percent", "target")
    + ("n", "p50", "p90", "max", "mean", "values", "lost_seconds", "degraded_seconds", "estimated")
    + ("before", "change", "change_percent", "note")
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(review: Review) -> str:
    """With a head line; fields that a spreadsheet would take for a formula begin with an apostrophe."""
    out = io.StringIO()
    rows = csv.DictWriter(out, COLUMNS, restval="", extrasaction="ignore")
    rows.writeheader()
    for block in review.blocks:
        for figure in block.figures:
            line = {"week": str(review.facts.this.week), "block": block.key, **_line(figure)}
            rows.writerow({name: field(one) for name, one in line.items()})
    return out.getvalue()


def _line(figure: Figure) -> dict[str, Any]:
    change = figure.change
    found = value(figure.value)
    if isinstance(figure.value, Times):
        found |= {"mean": figure.value.spread.mean, "values": " ".join(f"{one:g}" for one in found["values"] or ())}
    return {
        "figure": figure.key,
        "label": figure.label,
        **found,
        "before": _one(figure),
        "change": change.delta if change else None,
        "change_percent": change.percent if change else None,
        "note": figure.note,
    }


def _one(figure: Figure) -> object:
    """The one number of the week before that the change is counted from."""
    before = value(figure.before)
    return {
        "count": before.get("value"),
        "duration": before.get("p50"),
        "share": before.get("percent"),
        "availability": before.get("percent"),
    }[before["kind"]]


def field(one: object) -> object:
    """As it may stand in a table: text that a spreadsheet would take for a formula begins with an apostrophe."""
    if isinstance(one, str) and one.startswith(FORMULA):
        return f"'{one}"
    return "" if one is None else one
