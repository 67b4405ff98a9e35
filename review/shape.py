"""The review as JSON: what scripts and the page's own `.json` read. Durations are seconds, instants RFC 3339 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from review.figures import Review
from review.values import Change, Count, Figure, Row, Share, Times, Uptime, Value

SCHEMA = 1


def shape(review: Review, *, origin: str) -> dict[str, Any]:
    """Everything of the page; `origin` begins the addresses of the rows. A value of null was not measured."""
    facts = review.facts
    week = facts.this.week
    address = f"{origin}/ops/review/{week}/"
    return {
        "schema": SCHEMA,
        "week": str(week),
        "before": str(week.before),
        "state": "live",
        "complete": facts.this.over,
        "timezone": facts.zone,
        "start": stamp(facts.this.window.start),
        "end": stamp(facts.this.window.end),
        "generated_at": stamp(facts.at),
        "url": address,
        "blocks": [{"key": block.key, "title": block.title, "sentence": block.sentence} for block in review.blocks],
        "figures": {
            figure.key: {"block": block.key, **_figure(figure, address)}
            for block in review.blocks
            for figure in block.figures
        },
        "waivers": _named(review.figures["waivers"]),
        "blocked": _named(review.figures["remediation-blocked"]),
    }


def stamp(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _figure(figure: Figure, address: str) -> dict[str, Any]:
    return {
        "label": figure.label,
        **value(figure.value),
        "note": figure.note,
        "before": value(figure.before),
        "change": _change(figure.change),
        "formula": figure.formula,
        "rows": f"{address}rows/{figure.key}/",
    }


def value(found: Value) -> dict[str, Any]:
    """A value by its kind."""
    match found:
        case Count():
            return {"kind": "count", "value": found.value}
        case Times():
            return _times(found)
        case Share():
            return {
                "kind": "share",
                "met": found.met,
                "total": found.total,
                "percent": found.percent,
                "running": found.running,
                "at_risk": found.at_risk,
            }
        case Uptime():
            return _uptime(found)


def _times(found: Times) -> dict[str, Any]:
    spread = found.spread
    some = not spread.few
    return {
        "kind": "duration",
        "n": spread.n,
        "p50": spread.p50 if some else None,
        "p90": spread.p90 if some else None,
        "max": spread.longest,
        "values": list(spread.values) if spread.few else None,
    }


def _uptime(found: Uptime) -> dict[str, Any]:
    measured = found.measured
    return {
        "kind": "availability",
        "percent": found.percent,
        "target": found.target,
        "lost_seconds": measured.lost if measured else None,
        "down_seconds": measured.down if measured else None,
        "degraded_seconds": measured.degraded if measured else None,
        "tolerable_seconds": found.tolerable,
        "estimated": measured.estimated if measured else None,
        "below_target": found.below_target if found.used is not None else None,
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    return {"delta": change.delta, "unit": change.unit, "percent": change.percent} if change else None


def _named(figure: Figure) -> list[dict[str, Any]]:
    return [_row(row) for row in figure.rows]


def _row(row: Row) -> dict[str, Any]:
    return {
        "incident": row.ref.number or None if row.ref else None,
        "restricted": bool(row.ref and row.ref.hidden),
        "item": row.what or None,
        "at": stamp(row.at),
        "what": row.word,
        "because": row.note,
    }
