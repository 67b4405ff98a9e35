"""The review of a week: its blocks, and the eight figures on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from incidents.severity import CLASSES
from review.blocks.durations import durations
from review.blocks.incidents import incidents
from review.blocks.learning import postmortems, remediation
from review.blocks.pager import pager
from review.blocks.promises import promises
from review.blocks.uptimes import uptimes
from review.facts import Facts
from review.values import Block, Figure, Uptime


@dataclass(frozen=True)
class Tile:
    """One of the eight on top: a name, and one or two figures, each with a word of its own or ""."""

    label: str
    figures: tuple[tuple[str, Figure], ...]
    parts: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Review:
    """A week as it stands at `facts.at`."""

    facts: Facts
    blocks: tuple[Block, ...]

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """By key, in the order of the page."""
        return {figure.key: figure for block in self.blocks for figure in block.figures}

    @cached_property
    def tiles(self) -> tuple[Tile, ...]:
        """The scoreboard."""
        named = self.figures
        worst = next(((figure.label, figure) for figure in self._of("availability") if _judged(figure)), None)
        by_class = tuple(named[f"incidents-{name}"] for name in CLASSES)
        on_time = ((_("24 h"), named["postmortems-internal"]), (_("72 h"), named["postmortems-public"]))
        stuck = ((_("overdue"), named["remediation-overdue"]), (_("cannot go on"), named["remediation-blocked"]))
        return (
            Tile(_("Incidents"), (("", named["incidents"]),), by_class),
            Tile(_("Time to react"), (("", named["time-to-react"]),)),
            Tile(_("Time to resolve, team"), (("", named["team-time-to-resolve"]),)),
            Tile(_("Worst availability"), (worst,) if worst else ()),
            Tile(_("Promises kept"), (("", named["sla"]),)),
            Tile(_("Postmortems on time"), on_time),
            Tile(_("Remediation"), stuck),
            Tile(_("Interruptions of sleep"), (("", named["sleep-interruptions"]),)),
        )

    def _of(self, key: str) -> list[Figure]:
        return next(block.figures for block in self.blocks if block.key == key)


def _judged(figure: Figure) -> bool:
    return isinstance(figure.value, Uptime) and figure.value.used is not None


@dataclass(frozen=True)
class Part:
    """A block of the page: how its keys begin, and which facts it is counted from (attributes of `Facts`)."""

    make: Callable[[Facts], Block]
    keys: tuple[str, ...]
    reads: frozenset[str]


PARTS = (
    Part(incidents, ("incidents",), frozenset({"cases"})),
    Part(
        durations, ("time-to-", "team-", "unacknowledged", "self-resolved", "acknowledged-before"), frozenset({"cases"})
    ),
    Part(promises, ("sla",), frozenset({"cases"})),
    Part(uptimes, ("availability-",), frozenset({"felt", "services"})),
    Part(postmortems, ("postmortems-", "waivers"), frozenset({"deadlines"})),
    Part(remediation, ("remediation-",), frozenset({"items", "obstacles"})),
    Part(pager, ("pages", "interruptions", "sleep-interruptions"), frozenset({"rung", "rotations"})),
)


def part_with(key: str) -> Part | None:
    """The part of the review in which a figure with this key would stand."""
    return next((part for part in PARTS if key.startswith(part.keys)), None)


def review_of(facts: Facts, parts: Sequence[Part] = PARTS) -> Review:
    """The figures of these parts of the week, counted from its facts."""
    return Review(facts, tuple(part.make(facts) for part in parts))
