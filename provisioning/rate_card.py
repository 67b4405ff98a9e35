"""Pure: what a rate card of the organisation's file may say; the defaults are those of the form."""

from __future__ import annotations

import re
from decimal import Decimal

from provisioning.day_kinds import DayName
from provisioning.kinds import Choice, Findings, Kind, Number, Truth, Whole
from provisioning.shape import Field, List, Map, Record, Refers
from review.models import RateCard
from review.payroll import CALLOUTS_ALONE, callouts_alone

MONEY = Number(most=99_999_999, places=2)
FACTOR = Number(most=10, places=2)
BY_STANDBY = dict.fromkeys(("evening", "night", "weekend", "holiday", "special"), Decimal(33))
BY_CALLOUT = {
    "weekday": Decimal("1.4"),
    "weekend": Decimal("1.5"),
    "holiday": Decimal("1.9"),
    "special": Decimal(2),
}


class Currency(Kind):
    """Three capital letters."""

    what = "a currency such as EUR"

    def parse(self, text: str, findings: Findings) -> str:
        """As it stands."""
        if not re.fullmatch("[A-Z]{3}", text):
            raise ValueError(f"{text[:40]!r} is not a currency such as EUR.")
        return text


class Mode(Choice):
    """What is paid; call-outs alone are refused with the reason."""

    def parse(self, text: str, findings: Findings) -> str:
        """As it stands."""
        if text == CALLOUTS_ALONE:
            raise ValueError(callouts_alone())
        return super().parse(text, findings)


RATE_CARD = Record(
    "a rate card",
    {
        "starts": Field(DayName(), required=True),
        "currency": Field(Currency(), required=True),
        "hourly": Field(MONEY, required=True),
        "mode": Field(Mode("what is paid", tuple(RateCard.Mode.values)), default="standby_callout", always=True),
        "flat": Field(Truth(), default=False),
        "standby": Field(
            Record(
                "standby",
                {name: Field(Number(most=999_999, places=2), default=usual) for name, usual in BY_STANDBY.items()},
            ),
            default=BY_STANDBY,
        ),
        "secondary": Field(Number(most=100, places=2), default=Decimal(50)),
        "callout": Field(
            Record("call-outs", {name: Field(FACTOR, default=usual) for name, usual in BY_CALLOUT.items()}),
            default=BY_CALLOUT,
        ),
        "block": Field(Whole(0, 1440), default=60),
        "per_callout": Field(MONEY, default=Decimal()),
        "lieu": Field(Number(most=300, places=2), default=Decimal()),
        "special_days": Field(List(DayName(), "a day"), default=[]),
        "people": Field(Map(Refers("user"), MONEY), default={}),
    },
)
