"""Pure: of several claims on the same time, the strongest one at each instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any, NamedTuple


class Claim(NamedTuple):
    """`value` is claimed for [start, end) with the strength `rank`; ranks are only compared with each other."""

    start: datetime
    end: datetime
    rank: Any
    value: Any


def strongest(claims: Iterable[Claim]) -> list[Claim]:
    """The claim with the highest rank at each instant, as disjoint pieces in order of time.

    Of equal ranks the one given later wins. Time that nobody claims is left out. O(n log n).
    """
    given = sorted((claim for claim in claims if claim.start < claim.end), key=lambda claim: claim.start)
    if all(before.end <= after.start for before, after in pairwise(given)):
        return given
    by_rank = sorted(range(len(given)), key=lambda i: given[i].rank)
    strength = dict(zip(by_rank, range(len(by_rank)), strict=True))
    edges = sorted({claim.start for claim in given} | {claim.end for claim in given})
    live: list[tuple[int, int]] = []
    pieces: list[Claim] = []
    leading, since, upcoming = -1, edges[0], 0
    for edge in edges:
        while upcoming < len(given) and given[upcoming].start <= edge:
            heappush(live, (-strength[upcoming], upcoming))
            upcoming += 1
        while live and given[live[0][1]].end <= edge:
            heappop(live)
        now = live[0][1] if live else -1
        if now != leading:
            if leading >= 0:
                pieces.append(Claim(since, edge, given[leading].rank, given[leading].value))
            leading, since = now, edge
    return pieces


def covering(pieces: Sequence[Claim], at: datetime) -> Claim | None:
    """The strongest claim at one instant; `pieces` may overlap and need no order."""
    best: Claim | None = None
    for piece in pieces:
        if piece.start <= at < piece.end and (best is None or piece.rank >= best.rank):
            best = piece
    return best
