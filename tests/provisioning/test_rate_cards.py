"""Rate cards in the organisation's file: what paid an approved month stays, everything else is what the file says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from provisioning.applying import apply, look
from provisioning.checking import Refused
from provisioning.exporting import export
from review import payroll
from review.models import PersonRate, RateCard
from review.month import Month
from tests.factories import make_user

pytestmark = pytest.mark.django_db
AT = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
OLD = "- {starts: 2026-10-01, currency: EUR, hourly: 40}\n"
NEW = "- {starts: 2027-01-15, currency: EUR, hourly: 45, callout: {weekend: 1.75}, people: {ana@example.com: 50.5}}\n"


@pytest.fixture(autouse=True)
def _ana() -> None:
    make_user("Ana")


def done(*cards: str, prune: bool = False) -> list[str]:
    """Apply these; the changes in words."""
    return [str(change) for change in apply(file(*cards), at=AT, prune=prune).changes]


def file(*cards: str) -> bytes:
    return ("rate_cards: []\n" if not cards else f"rate_cards:\n{''.join(cards)}").encode()


def refused(*cards: str) -> str:
    """Why, by the plan and by the writer alike."""
    sentences = []
    acts: list[Callable[[], object]] = [lambda: look(file(*cards)), lambda: apply(file(*cards), at=AT)]
    for act in acts:
        with pytest.raises(Refused) as refusal:
            act()
        sentences.append("; ".join(f"{one.line}: {one.sentence}" for one in refusal.value.problems))
    assert sentences[0] == sentences[1]
    return sentences[0]


def approve_november() -> None:
    payroll.approve(Month(2026, 11), by=make_user(), at=AT)


def test_cards_are_made_changed_and_taken_away() -> None:
    assert done(OLD, NEW) == ["create rate card 2026-10-01", "create rate card 2027-01-15"]
    card = RateCard.objects.get(starts=date(2027, 1, 15))
    assert (card.callout_weekend, card.callout_weekday, card.from_file) == (Decimal("1.75"), Decimal("1.4"), True)
    assert PersonRate.objects.get().hourly == Decimal("50.5")
    assert "ana@example.com: 50.5" in export().replace('"', "")
    assert done(OLD, NEW) == []
    assert done(OLD, NEW.replace("45", "46")) == ["change rate card 2027-01-15: hourly from 45 to 46"]
    assert done(OLD) == []
    assert done(OLD, prune=True) == ["remove rate card 2027-01-15"]
    assert [str(one) for one in RateCard.objects.all()] == ["2026-10-01"]


def test_what_paid_an_approved_month_stays() -> None:
    done(OLD)
    approve_november()
    assert "2: months before 2026-12-01 are approved with their rates" in refused(OLD.replace("40", "41"))
    assert "are approved with their rates" in refused(OLD, OLD.replace("10-01", "11-30"))
    assert done(OLD, NEW) == ["create rate card 2027-01-15"]
    assert done(prune=True) == ["remove rate card 2027-01-15"]
    assert RateCard.objects.get().starts == date(2026, 10, 1)


def test_a_card_of_the_form_that_says_the_same_becomes_the_files() -> None:
    RateCard.objects.create(starts=date(2026, 10, 1), hourly=Decimal(40))
    approve_november()
    assert done(OLD) == ["change rate card 2026-10-01: from now on kept by the file"]
    assert RateCard.objects.get().from_file
    assert done(OLD) == []


@pytest.mark.parametrize(
    ("cards", "said"),
    [
        ((OLD.replace("40}", "40, mode: callout}"),), "Call-outs alone are not offered: waiting for a call binds"),
        ((OLD.replace("40}", "40, mode: both}"),), "'both' is not what is paid. Did you mean"),
        ((OLD.replace("40", "-1"),), "-1 is not between 0 and"),
        ((OLD.replace("40", "1e9"),), "is not a number"),
        ((OLD.replace("2026-10-01", "2026-13-01"),), "'2026-13-01' is not a day such as 2026-10-19"),
        ((OLD.replace("2026-10-01", "9999-01-01"),), "is not between 1970 and 2199"),
        ((OLD.replace("EUR", "euro"),), "'euro' is not a currency such as EUR"),
        ((OLD, OLD), "rate card '2026-10-01' is there twice"),
        (
            (OLD, NEW.replace("EUR", "GBP")),
            "3: another currency has to begin on the first day of a month, not on 2027-01-15",
        ),
        ((OLD, NEW.replace("ana@", "ann@")), "there is no user 'ann@example.com'. Did you mean 'ana@example.com'?"),
    ],
)
def test_cards_that_are_refused(cards: tuple[str, ...], said: str) -> None:
    assert said in refused(*cards)
    assert not RateCard.objects.exists()
