"""What being on call pays in the demo: one rate card, months that were locked, and one that waits to be approved."""

from __future__ import annotations

from decimal import Decimal

from provisioning.demo import names
from provisioning.demo.house import ZONE, House
from review import payroll
from review.models import RateCard
from review.month import Month

SINCE = 3  # months ago


def write(house: House) -> None:
    """Call when everything else is there: the months are counted from it."""
    present = Month.at(house.at, ZONE)
    RateCard.objects.create(
        starts=present.plus(-SINCE).first, currency="GBP", hourly=Decimal(32), per_callout=Decimal(15)
    )
    director = house.people[names.DIRECTORS[0]]
    for month in (present.plus(-3), present.plus(-2)):
        at = month.plus(1).window(ZONE).start
        payroll.approve(month, by=director, at=at)
        payroll.lock(month, by=director, at=at)
