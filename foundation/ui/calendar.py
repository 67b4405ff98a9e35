"""Pure: stretches of time laid into the days of a calendar row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar


class Stretch(Protocol):
    """Anything that lasts from `start` up to, not including, `end` (aware datetimes)."""

    @property
    def start(self) -> datetime: ...

    @property
    def end(self) -> datetime: ...


S = TypeVar("S", bound=Stretch)


@dataclass(frozen=True)
class Segment(Generic[S]):
    """The part of `block` that falls into a cell, and whether the block begins or ends inside it."""

    block: S
    start: datetime
    end: datetime
    begins: bool
    ends: bool

    @property
    def whole(self) -> bool:
        """Whether the block comes from before and goes on after."""
        return not self.begins and not self.ends


@dataclass(frozen=True)
class Cell(Generic[S]):
    """One cell of a row: `span` days wide."""

    span: int
    segments: tuple[Segment[S], ...]


def segments(blocks: Iterable[S], start: datetime, end: datetime) -> tuple[Segment[S], ...]:
    """What of `blocks` (in order of time) falls into [start, end). An edge at midnight is not told: the next day tells it."""
    return tuple(
        Segment(block, max(block.start, start), min(block.end, end), block.start > start, start < block.end < end)
        for block in blocks
        if block.start < end and block.end > start
    )


def cells(blocks: Sequence[S], days: Sequence[datetime]) -> list[Cell[S]]:
    """The cells of a row. `days` are the first instants of each day and, last, the end of the last day.

    Neighbouring days that belong to one block alone become one wide cell.
    """
    row: list[Cell[S]] = []
    for start, end in zip(days, days[1:], strict=False):
        parts = segments(blocks, start, end)
        before = row[-1] if row else None
        if before and len(parts) == 1 and parts[0].whole and len(before.segments) == 1:
            last = before.segments[0]
            if last.block is parts[0].block and last.whole:
                wide = Segment(last.block, last.start, parts[0].end, begins=False, ends=False)
                row[-1] = Cell(before.span + 1, (wide,))
                continue
        row.append(Cell(1, parts))
    return row
