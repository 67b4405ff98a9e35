"""What each fault did to paging: the rows that the tests leave, printed at the end and kept in docs/chaos.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import machine

WRITTEN = Path(__file__).resolve().parents[2] / "docs" / "chaos.md"
AFTER_ACK = 1.0
"""Seconds after an acknowledgement was answered beyond which no page may arrive."""
HEAD = """\
# What was done to it, and what became of the pages

Measured on {today} by `./run test --chaos --write`: real processes, real PostgreSQL and Valkey, providers played by
strict stand-ins on the same machine. Each row is one test of `tests/chaos/`; a dozen of them run with every change.

- Machine: {machine}; load at the end: {load}
- Versions: {versions}

"""
NOTES = """
- *Lost*: incidents whose alert was answered 202 and for which no page arrived. *Extra*: how often the same page arrived once
  more on the same method, in the worst case, and how many crashes there were.
- *First attempt*: the slowest of all pages, from the answer to the alert, or from the end of the fault where the table says
  so, to the first message at a provider. The bound is 3 s without a broker and 35 s after a kill in mid-send (a lease of
  30 s); where a person's second page waits for the bundle of the next ten seconds, it is 3 s and those ten.
- *After ack*: the latest arrival of a page after its acknowledgement was answered; a dash where none came. The clock was
  moved on by eleven minutes then, past the next step of the policy.
- *Clock*: by how much the wall clock of our processes was moved instead of waiting; monotonic time was not. The seconds of
  such a row are those of the moved clock.
"""


@dataclass(frozen=True)
class Row:
    """One fault. Times are in seconds; `late` is None when no page came after an acknowledgement."""

    fault: str
    pages: int
    lost: int
    extra: int
    crashes: int
    first: float
    bound: float
    late: float | None
    clock: str = ""

    @property
    def held(self) -> bool:
        """Whether everything that was promised is so."""
        in_time = self.first <= self.bound and (self.late is None or self.late <= AFTER_ACK)
        return self.lost == 0 and self.extra <= self.crashes and in_time

    def line(self) -> str:
        """As Markdown."""
        late = "-" if self.late is None else f"{self.late:.1f} s"
        crashes = f"{self.extra} of {self.crashes}" if self.crashes else str(self.extra)
        cells = [self.fault, str(self.pages), str(self.lost), crashes, f"{self.first:.1f} s", f"{self.bound:g} s", late]
        return f"| {' | '.join([*cells, self.clock or '-', 'yes' if self.held else '**no**'])} |"


ROWS: list[Row] = []


def table(rows: Sequence[Row]) -> str:
    """As Markdown."""
    head = ["Fault", "Pages", "Lost", "Extra", "First attempt", "Bound", "After ack", "Clock", "Held"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(row.line() for row in rows)])


def write(rows: Sequence[Row], path: Path = WRITTEN) -> None:
    """Keep it with the date and the versions."""
    head = HEAD.format(
        today=machine.today(), machine=machine.machine(), load=machine.load(), versions=machine.versions()
    )
    path.write_text(f"{head}{table(rows)}\n{NOTES}", encoding="utf-8")
