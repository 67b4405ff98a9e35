"""Rate cards: what being on call pays from a day on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from provisioning.rate_card import BY_CALLOUT, BY_STANDBY
from provisioning.rows.stored import Keys, Named, Stored
from review import payroll
from review.models import RateCard
from teams.models import User

SAME = ("currency", "hourly", "mode", "flat", "secondary", "block", "per_callout", "lieu", "special_days")
"""Keys of the file that are columns too."""


def load_rate_cards() -> dict[str, Stored]:
    """Every card, by the day from which it holds."""
    cards = RateCard.objects.prefetch_related("own_rates__person")
    return {card.starts.isoformat(): Stored(_record(card), from_file=card.from_file) for card in cards}


def _record(card: RateCard) -> dict[str, Any]:
    return {
        "starts": card.starts.isoformat(),
        **{name: getattr(card, name) for name in SAME},
        "standby": {name: getattr(card, f"standby_{name}") for name in BY_STANDBY},
        "callout": {name: getattr(card, f"callout_{name}") for name in BY_CALLOUT},
        "people": {one.person.email.lower(): one.hourly for one in card.own_rates.all()},
    }


def write_rate_card(starts: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The card of that day. One that says the same already only becomes the file's: a month may be approved by it."""
    there = load_rate_cards().get(starts)
    if there and there.record == record:
        RateCard.objects.filter(starts=starts).update(from_file=True)
        return
    values = {name: record[name] for name in SAME} | {"starts": date.fromisoformat(starts)}
    values |= {f"standby_{name}": value for name, value in record["standby"].items()}
    values |= {f"callout_{name}": value for name, value in record["callout"].items()}
    hourly = {keys.of("user", email): amount for email, amount in record["people"].items()}
    people = User.objects.in_bulk(hourly)
    payroll.save_card(values, {people[pk]: amount for pk, amount in hourly.items()}, from_file=True)


def remove_rate_card(starts: str) -> None:
    """The file does not name it any more."""
    payroll.remove_card(RateCard.objects.get(starts=starts), from_file=True)
