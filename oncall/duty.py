"""Pure: the stretch of duty around an instant, and the handover to tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from oncall.rotation import Block, Person, Roster, Source, expand, holding_at
from oncall.wallclock import utc


class Duty(NamedTuple):
    """Who has it at an instant, since when and until when without a break, and who then (None: nobody).

    `since` and `until` are None beyond the horizon of the question: "for longer than anybody needs to know".
    """

    person: Person | None
    since: datetime | None
    until: datetime | None
    following: Person | None
    layer: str | None
    source: Source


class Change(NamedTuple):
    """At `at` the pager went from `before` to `after` (None: nobody)."""

    at: datetime
    before: Person | None
    after: Person | None


def duty_at(roster: Roster, at: datetime, *, horizon: timedelta = timedelta(days=400)) -> Duty:
    """Who has it at `at`, and the whole stretch around it, looked for within `horizon` on both sides."""
    at = utc(at)
    reach = min(timedelta(days=2), horizon)
    while True:
        since, now, then = _stretch(expand(roster, at - reach, at + reach), at)
        if reach >= horizon or (since > at - reach and then is not None):
            break
        reach = min(reach * 7, horizon)
    holding = holding_at(roster, at)
    return Duty(
        now.person,
        since if since > at - reach else None,
        now.end if then is not None else None,
        then.person if then is not None else None,
        holding.layer,
        holding.source,
    )


def change_since(roster: Roster, since: datetime, at: datetime) -> Change | None:
    """The one handover to tell at `at` when the last look was at `since`, however many were missed; None without any."""
    blocks = _by_person(expand(roster, since, utc(at) + timedelta(microseconds=1)))
    if len(blocks) <= 1:
        return None
    return Change(blocks[-1].start, blocks[-2].person, blocks[-1].person)


def _by_person(blocks: list[Block]) -> list[Block]:
    """Neighbours of one person joined, whatever gave it to them; the first one's layer and source remain."""
    found: list[Block] = []
    for block in blocks:
        if found and found[-1].person == block.person:
            found[-1] = found[-1]._replace(end=block.end)
        else:
            found.append(block)
    return found


def _stretch(blocks: list[Block], at: datetime) -> tuple[datetime, Block, Block | None]:
    """The stretch of one person around `at`: its start, itself, and the one after it."""
    row = _by_person(blocks)
    index = next(i for i, block in enumerate(row) if block.start <= at < block.end)
    return row[index].start, row[index], row[index + 1] if index + 1 < len(row) else None
