"""Pure: why somebody is on call at an instant, as facts in the order in which the rules are applied."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oncall.rotation import Cover, Layer, Override, Person, Roster
from oncall.sweep import covering
from oncall.turns import boundary, member, spell_at, turn_at
from oncall.wallclock import FAR, utc


class Step(StrEnum):
    """What a line of the trace says; the fields of `Reason` that it fills stand behind it."""

    NOT_STARTED = "not_started"  # layer; start: when it begins
    NO_MEMBERS = "no_members"  # layer
    CLOSED = "closed"  # layer: outside its windows
    ALL_LEFT = "all_left"  # layer: every member has left or is away
    LAYER = "layer"  # layer: the last one in the list that has a holder
    TURN = "turn"  # layer, turn, person whose turn it is, start, end
    WINDOW = "window"  # layer, start, end of the stretch inside the window
    SKIPPED = "skipped"  # person who is away, start: since when, end: until when (None: for good)
    TAKEN = "taken"  # person who stands in for those skipped
    CALENDAR = "calendar"  # layer: the imported calendar; person, start, end
    OVERRIDE = "override"  # person, start, end, key
    COVER = "cover"  # person, for_person, start, end, key
    NOBODY = "nobody"  # nothing puts anybody on call


@dataclass(frozen=True)
class Reason:
    """One line of the trace; instants in UTC, None where the step has none. `turn` counts from 0."""

    step: Step
    layer: str | None = None
    person: Person | None = None
    for_person: Person | None = None
    start: datetime | None = None
    end: datetime | None = None
    turn: int | None = None
    key: Hashable = None


def why(roster: Roster, at: datetime) -> list[Reason]:
    """How the holder at `at` comes about: layers that say nothing, the one that decides, its turn, override, cover.

    A calendar or an override is told after what it overrules. The person of the last reason that names one has the pager;
    `Step.NOBODY` ends the trace of a gap.
    """
    at = utc(at)
    reasons = list(_of_layers(roster, at))
    holder = reasons[-1].person if reasons else None
    calendar = covering(roster.fixed_claims, at)
    if calendar is not None:
        person, start, end, name, _source = calendar.value
        reasons.append(Reason(Step.CALENDAR, name, person, start=start, end=end))
        holder = person
    override = covering(roster.override_claims, at)
    if override is not None:
        reasons.append(_of_override(override.value))
        holder = override.value.person
    cover = covering(roster.cover_claims.get(holder, ()), at)
    if cover is not None:
        reasons.append(_of_cover(cover.value))
    if holder is None:
        reasons.append(Reason(Step.NOBODY))
    return reasons


def _of_layers(roster: Roster, at: datetime) -> Iterator[Reason]:
    for layer in reversed([one for one in roster.layers if one.speaks_at(at)]):
        reasons = list(_of_layer(roster, layer, at))
        yield from reasons
        if reasons[-1].person is not None:
            return


def _of_layer(roster: Roster, layer: Layer, at: datetime) -> Iterator[Reason]:
    """What one layer says; the last reason has a person when it has a holder."""
    if not layer.members:
        yield Reason(Step.NO_MEMBERS, layer.name)
        return
    now = turn_at(layer, at)
    if now is None:
        yield Reason(Step.NOT_STARTED, layer.name, start=None if layer.begin == FAR else layer.begin)
        return
    spell = spell_at(layer, at)
    if spell is None:
        yield Reason(Step.CLOSED, layer.name)
        return
    taken = member(layer, spell.turn, roster.away, at)
    if taken is None:
        yield Reason(Step.ALL_LEFT, layer.name)
        return
    yield Reason(Step.LAYER, layer.name)
    if layer.windows:
        yield Reason(Step.WINDOW, layer.name, start=spell.start, end=_end(spell.end))
    mine, ends = boundary(layer, spell.turn), boundary(layer, spell.turn + 1)
    turn = layer.members[spell.turn % len(layer.members)]
    yield Reason(Step.TURN, layer.name, turn, start=mine, end=_end(max(ends, spell.end)), turn=spell.turn)
    if turn != taken:
        yield from _of_skips(roster, layer, spell.turn, at)
        yield Reason(Step.TAKEN, layer.name, taken)


def _of_skips(roster: Roster, layer: Layer, turn: int, at: datetime) -> Iterator[Reason]:
    """Those who would have stood for the turn before the one who does, each once."""
    seen: set[Person] = set()
    for index in range(turn, turn + len(layer.members)):
        person = layer.members[index % len(layer.members)]
        away = roster.away.span_at(person, at)
        if away is None:
            return
        if person not in seen:
            seen.add(person)
            yield Reason(Step.SKIPPED, layer.name, person, start=away[0], end=_end(away[1]))


def _of_override(override: Override) -> Reason:
    return Reason(
        Step.OVERRIDE, person=override.person, start=utc(override.start), end=utc(override.end), key=override.key
    )


def _of_cover(cover: Cover) -> Reason:
    return Reason(
        Step.COVER,
        person=cover.person,
        for_person=cover.for_person,
        start=utc(cover.start),
        end=utc(cover.end),
        key=cover.key,
    )


def _end(instant: datetime) -> datetime | None:
    return None if instant == FAR else instant
