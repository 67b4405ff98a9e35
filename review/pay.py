"""A month's pay as it is looked at: stored lines once it is approved, counted ones before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from oncall.pay_hours import Hours
from review.models import Adjustment, PayLine, PayMonth, RateCard, card_of
from review.month import Month
from review.pay_facts import NOBODY, added, lines_of
from teams.models import Organisation, User


@dataclass
class Slip:
    """What one person gets for a month: their lines and corrections. `name` is what they were called."""

    person: User
    name: str
    lines: list[PayLine] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)

    @property
    def standby(self) -> list[PayLine]:
        """For being there."""
        return [line for line in self.lines if line.kind == PayLine.Kind.STANDBY]

    @property
    def callouts(self) -> list[PayLine]:
        """For work."""
        return [line for line in self.lines if line.kind == PayLine.Kind.CALLOUT]

    @property
    def minutes(self) -> dict[str, int]:
        """Minutes of standby by kind of hours, each kind there."""
        return {hours: sum(line.minutes.get(hours, 0) for line in self.standby) for hours in map(str, Hours)}

    @property
    def called(self) -> int:
        """Paid minutes of call-outs."""
        return sum(line.total for line in self.callouts)

    @property
    def lieu(self) -> int:
        """Minutes of time off."""
        return sum(line.lieu for line in self.lines) + sum(one.lieu for one in self.adjustments)

    @property
    def for_standby(self) -> Decimal:
        """What standby pays."""
        return added(line.amount for line in self.standby)

    @property
    def for_callouts(self) -> Decimal:
        """What call-outs pay."""
        return added(line.amount for line in self.callouts)

    @property
    def adjusted(self) -> Decimal:
        """What corrections add or take."""
        return added(one.amount for one in self.adjustments)

    @property
    def amount(self) -> Decimal:
        """All of it: the sum of what stands in its lines, to the cent."""
        return self.for_standby + self.for_callouts + self.adjusted


@dataclass(frozen=True)
class Payroll:
    """A month: where it stands, in which currency, and the slips of those whom the reader may see."""

    month: Month
    row: PayMonth
    currency: str
    over: bool
    slips: list[Slip]
    cards: list[RateCard]

    @property
    def amount(self) -> Decimal:
        """The sum of the slips."""
        return added(slip.amount for slip in self.slips)

    @property
    def has_card(self) -> bool:
        """Whether anything can be paid."""
        return card_of(self.cards, self.month) is not None

    @property
    def costs(self) -> dict[str, Decimal]:
        """What each team (slug) bears of it, the most first; NOBODY for corrections and what has no owner."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for slip in self.slips:
            for line in slip.lines:
                for team, share in line.booked.items():
                    found[team] += Decimal(share)
            if slip.adjusted:
                found[NOBODY] += slip.adjusted
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def payroll_of(month: Month, at: datetime, may_see: Callable[[int], bool]) -> Payroll:
    """The month at `at`, with the people (ids) whom the reader may see."""
    row = PayMonth.objects.select_related("approved_by", "locked_by").filter(month=str(month)).first()
    row = row or PayMonth(month=str(month))
    cards = list(RateCard.objects.all())
    stored = row.state != PayMonth.State.DRAFT
    lines = list(row.lines.select_related("person")) if stored else lines_of(month, at)
    corrections = list(row.adjustments.select_related("person", "by")) if row.pk else []
    card = card_of(cards, month)
    return Payroll(
        month=month,
        row=row,
        currency=row.currency if stored else card.currency if card else "",
        over=month.window(Organisation.the().timezone).end <= at,
        slips=[slip for slip in _slips(lines, corrections) if may_see(slip.person.pk)],
        cards=cards,
    )


def _slips(lines: Iterable[PayLine], corrections: Iterable[Adjustment]) -> list[Slip]:
    found: dict[int, Slip] = {}
    for line in lines:
        found.setdefault(line.person_id, Slip(line.person, line.name)).lines.append(line)
    for one in corrections:
        found.setdefault(one.person_id, Slip(one.person, one.name)).adjustments.append(one)
    return sorted(found.values(), key=lambda slip: (slip.name.casefold(), slip.person.pk))
