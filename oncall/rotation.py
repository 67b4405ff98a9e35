"""Pure: who holds the pager at an instant, and over a span of time.

The pager, the pages, the feeds, the API and the pay report all ask here, so a screen never disagrees with the pager.
Order of the rules: the last layer in the list that has a holder; over it what an imported calendar says; over that the
latest created override; over that a cover, where the covered person is really on duty. Instants in and out are aware;
what comes out is in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from math import inf
from typing import NamedTuple

from oncall.away import Away, Span
from oncall.layers import Count, Layer, Person, Unit, Window
from oncall.sweep import Claim, covering, strongest
from oncall.turns import Handover, handovers, member, next_handover, spell_at, spells
from oncall.wallclock import utc

__all__ = [
    "Block", "Count", "Cover", "Fixed", "Handover", "Holding", "Layer", "Override", "Person", "Roster", "Source", "Unit",
    "Window", "expand", "expand_layers", "gaps", "handovers", "holder_at", "holding_at", "next_handover", "pieces",
]  # fmt: skip


class Source(StrEnum):
    """Why a block's person has it; a swap is an override that two people agreed on."""

    LAYER = "layer"
    OVERRIDE = "override"
    COVER = "cover"
    SWAP = "swap"
    CALENDAR = "calendar"
    GAP = "gap"


@dataclass(frozen=True)
class Override:
    """`person` takes the pager in [start, end) from whoever has it; the highest `order` (latest created) wins."""

    person: Person
    start: datetime
    end: datetime
    order: int = 0
    key: Hashable = None
    source: Source = Source.OVERRIDE


@dataclass(frozen=True)
class Cover:
    """`person` stands in for `for_person` in [start, end), only where that person is on duty; covers do not chain."""

    person: Person
    for_person: Person
    start: datetime
    end: datetime
    order: int = 0
    key: Hashable = None


@dataclass(frozen=True)
class Fixed:
    """A calendar that somebody else keeps, called `name`, gives [start, end) to `person`; the later of two wins."""

    person: Person
    start: datetime
    end: datetime
    name: str


@dataclass(frozen=True)
class Roster:
    """Everything that decides who is on call.

    `inactive` maps people who left to the instant from which they are skipped, `absent` those who are away for a while to
    the spans in which they are (on-call rules: dated leave, absences). `zone` is the schedule's own, for days
    and for times that people type; layers carry theirs.
    """

    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...] = ()
    covers: tuple[Cover, ...] = ()
    zone: str = "UTC"
    inactive: Mapping[Person, datetime] = field(default_factory=dict)
    absent: Mapping[Person, tuple[Span, ...]] = field(default_factory=dict)
    fixed: tuple[Fixed, ...] = ()

    @cached_property
    def away(self) -> Away:
        """When people cannot have it."""
        return Away(self.inactive, self.absent)

    @cached_property
    def override_claims(self) -> list[Claim]:
        """The overrides as claims, for the time in which their person is there."""
        return [
            Claim(start, end, (1, o.order), o)
            for o in self.overrides
            for start, end in self.away.parts(o.person, utc(o.start), utc(o.end))
        ]

    @cached_property
    def fixed_claims(self) -> list[Claim]:
        """What imported calendars say, as claims above every layer, for the time in which their person is there."""
        return [
            Claim(start, end, (0, inf, order), Block(one.person, start, end, one.name, Source.CALENDAR))
            for order, one in enumerate(self.fixed)
            for start, end in self.away.parts(one.person, utc(one.start), utc(one.end))
        ]

    @cached_property
    def cover_claims(self) -> dict[Person, list[Claim]]:
        """The covers as claims, by the person covered."""
        found: dict[Person, list[Claim]] = {}
        for c in self.covers:
            claims = [
                Claim(start, end, c.order, c) for start, end in self.away.parts(c.person, utc(c.start), utc(c.end))
            ]
            found.setdefault(c.for_person, []).extend(claims)
        return found


class Block(NamedTuple):
    """`person` (None: nobody) is on call in [start, end); `layer` is the deciding layer's name, None for overrides."""

    person: Person | None
    start: datetime
    end: datetime
    layer: str | None
    source: Source


class Holding(NamedTuple):
    """Who has it at an instant (None: nobody), and what gave it to them; `layer` and `source` as in a `Block`."""

    person: Person | None
    layer: str | None
    source: Source


_NOBODY = Holding(None, None, Source.GAP)


def holder_at(roster: Roster, at: datetime) -> Person | None:
    """Who is on call at `at`; None is a gap. The same as the block of `expand` that holds `at`, without expanding."""
    return holding_at(roster, at).person


def holding_at(roster: Roster, at: datetime) -> Holding:
    """The same with the layer and the source."""
    at = utc(at)
    return _covered(roster, _uncovered(roster, at), at)


def expand(roster: Roster, start: datetime, end: datetime) -> list[Block]:
    """Who is on call over [start, end): blocks without a hole or an overlap, equal neighbours merged, gaps listed.

    The first block begins at `start` and the last ends at `end`. Raises `ValueError` when `end` is before `start` or an
    instant has no zone.
    """
    start, end = utc(start), utc(end)
    if end < start:
        raise ValueError("a span ends before it starts")
    return _merged(pieces(roster, start, end), start, end)


def pieces(roster: Roster, start: datetime, end: datetime) -> Iterator[Block]:
    """What `expand` joins and cuts: disjoint blocks in order, turn by turn, without gaps.

    The outer ones may reach beyond [start, end), and there other turns are not looked at.
    """
    exceptions = (*roster.fixed_claims, *roster.override_claims)
    claims = [claim for claim in exceptions if claim.start < end and claim.end > start]
    for place, layer in enumerate(roster.layers):
        blocks = _layer_blocks(layer, start, end, roster.away)
        claims += (Claim(block.start, block.end, (0, place), block) for block in blocks)
    return _with_covers(roster, strongest(claims))


def expand_layers(roster: Roster, layers: Iterable[Layer], start: datetime, end: datetime) -> list[Block]:
    """These layers alone over [start, end), as a row of the calendar: no overrides, no covers, holes are gaps."""
    alone = Roster(tuple(layers), zone=roster.zone, inactive=roster.inactive, absent=roster.absent)
    return expand(alone, start, end)


def gaps(roster: Roster, start: datetime, end: datetime) -> list[Block]:
    """When nobody is on call in [start, end)."""
    return [block for block in expand(roster, start, end) if block.person is None]


def _uncovered(roster: Roster, at: datetime) -> Holding:
    """Who has it before covers are looked at."""
    claim = covering(roster.override_claims, at)
    if claim is not None:
        return Holding(claim.value.person, None, claim.value.source)
    calendar = covering(roster.fixed_claims, at)
    if calendar is not None:
        return Holding(calendar.value.person, calendar.value.layer, Source.CALENDAR)
    for layer in reversed(roster.layers):
        spell = spell_at(layer, at) if layer.speaks_at(at) else None
        person = member(layer, spell.turn, roster.away, at) if spell else None
        if person is not None:
            return Holding(person, layer.name, Source.LAYER)
    return _NOBODY


def _covered(roster: Roster, holding: Holding, at: datetime) -> Holding:
    claim = covering(roster.cover_claims.get(holding.person, ()), at)
    return holding if claim is None else Holding(claim.value.person, holding.layer, Source.COVER)


def _layer_blocks(layer: Layer, start: datetime, end: datetime, away: Away) -> Iterator[Block]:
    """The layer's duty, cut where a member goes or comes back; stretches without anybody are left out."""
    cuts = away.cuts(layer.members)
    for spell in spells(layer, start, end):
        edges = [spell.start, *(cut for cut in cuts if spell.start < cut < spell.end), spell.end]
        for index, begins in enumerate(edges[:-1]):
            person = member(layer, spell.turn, away, begins)
            if person is not None:
                for starts, ends in layer.spoken(begins, edges[index + 1]):
                    yield Block(person, starts, ends, layer.name, Source.LAYER)


def _with_covers(roster: Roster, pieces: Iterable[Claim]) -> Iterator[Block]:
    """The pieces as blocks, with covers laid over those whose person is covered."""
    covers = {person: strongest(claims) for person, claims in roster.cover_claims.items()}
    for piece in pieces:
        if isinstance(piece.value, Override):
            block = Block(piece.value.person, piece.start, piece.end, None, piece.value.source)
        else:
            person, _, _, layer, source = piece.value
            block = Block(person, piece.start, piece.end, layer, source)
        laid = covers.get(block.person)
        if laid:
            yield from _lay(block, laid)
        else:
            yield block


def _lay(block: Block, covers: list[Claim]) -> Iterator[Block]:
    """`block` with the disjoint `covers` cut out of it and given to those who cover."""
    done = block.start
    index = max(0, bisect_right(covers, done, key=lambda claim: claim.start) - 1)
    for claim in covers[index:]:
        if claim.start >= block.end:
            break
        if claim.end <= done:
            continue
        begins, ends = max(claim.start, done), min(claim.end, block.end)
        if done < begins:
            yield block._replace(start=done, end=begins)
        yield Block(claim.value.person, begins, ends, block.layer, Source.COVER)
        done = ends
    if done < block.end:
        yield block._replace(start=done)


def _merged(blocks: Iterable[Block], start: datetime, end: datetime) -> list[Block]:
    """Cut to [start, end), holes filled with gaps, equal neighbours joined."""
    found: list[Block] = []
    done = start
    for block in blocks:
        begins, ends = max(block.start, start), min(block.end, end)
        if begins >= ends:
            continue
        if begins > done:
            found.append(Block(None, done, begins, None, Source.GAP))
        last = found[-1] if found else None
        if last and last.person == block.person and last.layer == block.layer and last.source == block.source:
            found[-1] = Block(last.person, last.start, ends, last.layer, last.source)
        else:
            found.append(Block(block.person, begins, ends, block.layer, block.source))
        done = ends
    if done < end:
        found.append(Block(None, done, end, None, Source.GAP))
    return found
