"""Pure: what being on call is worth (on-call rules, "Pay"). Shifts, calls and rates come in, lines with amounts go out.

Minutes are real elapsed minutes. Money is exact until the end of a line and rounded there once, half up, to hundredths of
the currency; every sum is a sum of lines, so sums are equal to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from oncall.away import Span, without
from oncall.pay_hours import MINUTE, Clock, Hours, Piece, paid_hours, whole_minute

CENT = Decimal("0.01")
HOUR = 60  # minutes
PERCENT = 100
PRIMARY, SECONDARY = "primary", "secondary"
PAID_ROLES = (PRIMARY, SECONDARY)
"""The roles that are paid, the better paid one first. Who looks on, or is asked as manager, is not on standby."""


@dataclass(frozen=True)
class Rates:
    """A rate card that holds from `starts` on. `hourly` is one person's; money is per hour.

    `standby` is a percentage of `hourly`, or an amount where `flat`; `callout` are factors on `hourly`; `secondary` and
    `lieu` are percentages, the latter of the minutes of a call-out; `block` is the shortest paid call-out in minutes.
    """

    starts: datetime
    hourly: Decimal
    standby: Mapping[Hours, Decimal]
    callout: Mapping[Hours, Decimal]
    pays_callouts: bool = True
    flat: bool = False
    secondary: Decimal = Decimal(50)
    block: int = HOUR
    per_callout: Decimal = Decimal()
    lieu: Decimal = Decimal()
    special: frozenset[date] = frozenset()

    def standby_rate(self, hours: Hours, role: str) -> Decimal:
        """What an hour of standby pays, unrounded."""
        whole = self.standby[hours] if self.flat else self.hourly * self.standby[hours] / PERCENT
        return whole * self.secondary / PERCENT if role == SECONDARY else whole


class Duty(NamedTuple):
    """One person had the pager of `schedule` in `role` over [start, end)."""

    start: datetime
    end: datetime
    role: str
    schedule: str


class Engaged(NamedTuple):
    """One person was at work on an incident (its number) over [start, end)."""

    start: datetime
    end: datetime
    incident: int


@dataclass(frozen=True)
class Line:
    """One paid thing. `minutes` by hours; `rows` are the stretches behind them; `lieu` minutes of time off.

    Standby: all that one schedule and role gave at one rate. A call-out: one call, whose minutes may be more than its rows.
    """

    kind: str
    minutes: Mapping[Hours, int]
    amount: Decimal
    rows: tuple[Span, ...]
    role: str = ""
    schedule: str = ""
    rate: Decimal | None = None
    lieu: int = 0
    incidents: tuple[int, ...] = ()

    @property
    def start(self) -> datetime:
        """When the first of its rows began."""
        return self.rows[0][0]

    @property
    def total(self) -> int:
        """All of its minutes."""
        return sum(self.minutes.values())


@dataclass
class Call:
    """Work without a break, and of it (`pieces`) what is outside working hours; then a whole call-out."""

    span: Span
    incidents: set[int]
    pieces: list[Piece] = field(default_factory=list)


def rounded(amount: Decimal) -> Decimal:
    """To the cent, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def standby(duties: Iterable[Duty], clock: Clock, cards: Sequence[Rates]) -> list[Line]:
    """One person's standby: every covered minute outside working hours once, at the highest rate.

    `cards` in the order of their beginnings; before the first nothing is paid.
    """
    found: dict[tuple[str, str, Hours, datetime], list[Span]] = {}
    for duty in once(duties):
        for card, span in _by_card((duty.start, duty.end), cards):
            for piece in paid_hours(span, clock, card.special):
                key = duty.schedule, duty.role, piece.hours, card.starts
                found.setdefault(key, []).append((piece.start, piece.end))
    of = {card.starts: card for card in cards}
    lines = [
        _standby_line(schedule, role, hours, of[starts], rows)
        for (schedule, role, hours, starts), rows in found.items()
    ]
    return sorted(lines, key=lambda line: (line.schedule, line.role, line.start))


def once(duties: Iterable[Duty]) -> list[Duty]:
    """The same time once, in whole minutes: the better paid role has it, and of equal ones the first schedule by name."""
    taken: list[Duty] = []
    for duty in sorted(duties, key=lambda duty: (PAID_ROLES.index(duty.role), duty.schedule, duty.start)):
        left = [(whole_minute(duty.start), whole_minute(duty.end))]
        for one in taken:
            left = without(left, (one.start, one.end))
        taken += [duty._replace(start=start, end=end) for start, end in left if start < end]
    return sorted(taken)


def _standby_line(schedule: str, role: str, hours: Hours, card: Rates, rows: list[Span]) -> Line:
    minutes = sum((end - start) // MINUTE for start, end in rows)
    rate = card.standby_rate(hours, role)
    return Line(
        "standby", {hours: minutes}, rounded(rate * minutes / HOUR), tuple(sorted(rows)), role, schedule, rounded(rate)
    )


def callouts(
    engaged: Iterable[Engaged], duties: Iterable[Duty], clock: Clock, cards: Sequence[Rates], window: Span
) -> list[Line]:
    """One person's call-outs that begin in `window`, each paid at the card of its beginning.

    Work that overlaps is paid once; what begins within the shortest paid time of a call is part of that call. Where only
    standby is paid, who had the pager was paid for being there, and only who was pulled in besides gets these.
    """
    held = once(duties)
    calls: list[tuple[Rates, Call]] = []
    for one in _joined(engaged):
        card = _card_at(one.span[0], cards)
        pieces = paid_hours(one.span, clock, card.special) if card else []
        if card is None or not pieces:
            continue
        start = pieces[0].start
        if not card.pays_callouts and any(duty.start <= start < duty.end for duty in held):
            continue
        before = calls[-1][1] if calls else None
        if before and start < before.pieces[0].start + calls[-1][0].block * MINUTE:
            before.pieces += pieces
            before.incidents |= one.incidents
        else:
            calls.append((card, Call(one.span, one.incidents, pieces)))
    begun = [(card, call) for card, call in calls if window[0] <= call.pieces[0].start < window[1]]
    return [_callout_line(call, card) for card, call in begun]


def _callout_line(call: Call, card: Rates) -> Line:
    minutes: dict[Hours, int] = {}
    for piece in call.pieces:
        minutes[piece.hours] = minutes.get(piece.hours, 0) + piece.minutes
    first = call.pieces[0].hours
    minutes[first] += max(0, card.block - sum(minutes.values()))
    exact = sum((card.hourly * card.callout[hours] * count / HOUR for hours, count in minutes.items()), Decimal())
    lieu = card.lieu * sum(minutes.values()) / PERCENT
    return Line(
        "callout",
        minutes,
        rounded(exact + card.per_callout),
        tuple((piece.start, piece.end) for piece in call.pieces),
        lieu=int(lieu.quantize(Decimal(1), ROUND_HALF_UP)),
        incidents=tuple(sorted(call.incidents)),
    )


def _joined(engaged: Iterable[Engaged]) -> list[Call]:
    """In whole minutes, a begun one counting; what overlaps or touches is one."""
    found: list[Call] = []
    for one in sorted(engaged):
        start = whole_minute(one.start)
        end = max(whole_minute(one.end + MINUTE - one.end.resolution), start + MINUTE)
        if found and start <= found[-1].span[1]:
            begun, until = found[-1].span
            found[-1].span = begun, max(until, end)
            found[-1].incidents.add(one.incident)
        else:
            found.append(Call((start, end), {one.incident}))
    return found


def _by_card(span: Span, cards: Sequence[Rates]) -> Iterator[tuple[Rates, Span]]:
    for number, card in enumerate(cards):
        until = cards[number + 1].starts if number + 1 < len(cards) else span[1]
        start, end = max(span[0], card.starts), min(span[1], until)
        if start < end:
            yield card, (start, end)


def _card_at(at: datetime, cards: Sequence[Rates]) -> Rates | None:
    return next((card for card in reversed(cards) if card.starts <= at), None)


def shared(amount: Decimal, parts: Mapping[str, int]) -> dict[str, Decimal]:
    """`amount` in proportion to `parts`, to the cent and to the last cent: what rounding leaves goes to the first names."""
    cents, whole = int(amount / CENT), sum(parts.values())
    exact = {name: cents * part // whole for name, part in sorted(parts.items())}
    left = cents - sum(exact.values())
    return {name: (share + (order < left)) * CENT for order, (name, share) in enumerate(exact.items())}
