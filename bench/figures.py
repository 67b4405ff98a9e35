"""What a figure is, how often it is measured, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Scale:
    """How much is measured. Everything is the median of `runs`."""

    runs: int = 5
    posts: int = 2000  # of one alert, per run
    hundreds: int = 100  # POSTs of 100 alerts, per run
    mass: int = 10_000  # alerts in one POST
    offered: int = 1000  # POSTs of one alert in each second
    offering: float = 30  # seconds
    pages: int = 100  # single pages, per run
    spacing: float = 0.25  # seconds between them
    many: int = 1_000_000  # open incidents
    calibration: int = 5  # seconds of pgbench, per run
    history: tuple[int, ...] = (100_000,)  # incidents of the reference set; more than one size: one after the other
    idle: float = 10.0  # seconds of rest before memory is read


FULL = Scale()
QUICK = Scale(
    runs=1,
    posts=160,
    hundreds=8,
    mass=1000,
    offering=2,
    pages=4,
    spacing=0.1,
    many=20_000,
    calibration=1,
    history=(3000,),
    idle=1.0,
)
"""Enough to see that everything works; its numbers mean nothing."""


@dataclass(frozen=True)
class Row:
    """One line of the table. `good` is None where nothing was promised."""

    name: str
    measured: str
    target: str = ""
    good: bool | None = None

    @property
    def verdict(self) -> str:
        """The last column."""
        return {True: "pass", False: "**falls short**", None: "-"}[self.good]


@dataclass
class Result:
    """Rows of the table, and what is told below it when asked for more."""

    rows: list[Row] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def add(self, name: str, measured: str, target: str = "", good: bool | None = None) -> None:
        """One more row."""
        self.rows.append(Row(name, measured, target, good))


def spread(values: Sequence[float], form: str, unit: str = "") -> str:
    """The median with the lowest and the highest: "412 (398-430) posts/s"."""
    shown = format(median(values), form)
    if len(values) > 1:
        shown += f" ({min(values):{form}} to {max(values):{form}})"
    return f"{shown} {unit}".strip()


def table(rows: Sequence[Row]) -> str:
    """As Markdown."""
    lines = ["| Figure | Measured | Target | |", "|---|---|---|---|"]
    lines += [f"| {row.name} | {row.measured} | {row.target} | {row.verdict} |" for row in rows]
    return "\n".join(lines)
