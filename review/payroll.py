"""The only writers of pay: rate cards, and months on their way from draft to approved to locked.

Every refusal is a `ValidationError` whose words are the sentence to show. Who may do it is asked before, in the view.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from review.models import Adjustment, PayLine, PayMonth, RateCard, card_of
from review.month import FIRST_YEAR, LAST_YEAR, Month
from review.pay_facts import lines_of
from teams.models import Organisation, User

State = PayMonth.State
CALLOUTS_ALONE = "callout"
"""A mode that is asked for and not offered."""


@transaction.atomic
def approve(month: Month, *, by: User, at: datetime) -> PayMonth:
    """Write the lines of `month` down as they are counted at `at`: from now on they stay, until it is taken back.

    Refused while the month is not over, twice, and without a rate card.
    """
    row = _locked(month)
    if row.state != State.DRAFT:
        raise ValidationError(_("%(month)s is %(state)s already.") % _said(row))
    if at < month.window(Organisation.the().timezone).end:
        raise ValidationError(_("%s is not over: it can be approved when it is.") % month)
    card = card_of(list(RateCard.objects.all()), month)
    if card is None:
        raise ValidationError(_("No rate card holds in %s: add one first.") % month)
    lines = lines_of(month, at)
    for line in lines:
        line.month = row
    PayLine.objects.bulk_create(lines)
    row.state, row.currency, row.approved_by, row.approved_at = State.APPROVED, card.currency, by, at
    row.save()
    return row


@transaction.atomic
def take_back(month: Month) -> PayMonth:
    """An approved month is a draft again, and counted anew. Refused for any other."""
    row = _locked(month)
    if row.state != State.APPROVED:
        raise ValidationError(_("%(month)s is %(state)s: only an approved month can be taken back.") % _said(row))
    row.lines.all().delete()
    row.state, row.approved_by, row.approved_at = State.DRAFT, None, None
    row.save()
    return row


@transaction.atomic
def lock(month: Month, *, by: User, at: datetime) -> PayMonth:
    """It was given to payroll: its lines never change again. Refused for what is not approved."""
    row = _locked(month)
    if row.state != State.APPROVED:
        raise ValidationError(_("%(month)s is %(state)s: approve it first, then lock it once.") % _said(row))
    row.state, row.locked_by, row.locked_at = State.LOCKED, by, at
    row.save()
    return row


@transaction.atomic
def adjust(
    month: Month, *, person: User, amount: Decimal, lieu: int, reason: str, by: User, at: datetime
) -> Adjustment:
    """Correct somebody's month beside its lines, locked or not. Refused for nothing, and without a reason."""
    if not amount and not lieu:
        raise ValidationError({"amount": _("An amount, or some minutes of time off, is needed.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: the person reads it.")})
    row = _locked(month)
    made = Adjustment(
        month=row, person=person, name=str(person), amount=amount, lieu=lieu, reason=reason.strip(), by=by, at=at
    )
    made.full_clean()
    made.save()
    return made


@transaction.atomic
def save_card(values: Mapping[str, Any], own_rates: Mapping[User, Decimal], *, from_file: bool = False) -> RateCard:
    """The card of the day `values["starts"]`, a new one or the one that is there, and who has an hourly pay of their own.

    Refused for a day in or before a month that is approved (its rates are what was paid), for "call-outs only", and for
    another currency in the middle of a month.
    """
    starts = values["starts"]
    if not FIRST_YEAR <= starts.year <= LAST_YEAR:
        raise ValidationError({"starts": _("Choose a year from %d to %d.") % (FIRST_YEAR, LAST_YEAR)})
    check_free(starts)
    if values["mode"] == CALLOUTS_ALONE:
        raise ValidationError({"mode": callouts_alone()})
    _check_currency(starts, values["currency"])
    card = RateCard.objects.filter(starts=starts).first() or RateCard(starts=starts)
    _check_source(card, from_file=from_file)
    for name, value in values.items():
        setattr(card, name, value)
    card.from_file = from_file
    card.full_clean()
    card.save()
    card.own_rates.all().delete()
    for person, hourly in own_rates.items():
        own = card.own_rates.model(card=card, person=person, hourly=hourly)
        own.full_clean()
        own.save()
    return card


@transaction.atomic
def remove_card(card: RateCard, *, from_file: bool = False) -> None:
    """The card before it holds on. Refused when it may have paid something that is approved."""
    _check_source(card, from_file=from_file)
    check_free(card.starts)
    card.delete()


def callouts_alone() -> str:
    """Why call-outs alone are not paid here."""
    return _(
        "Call-outs alone are not offered: waiting for a call binds evenings and weekends too, and who is paid only "
        "when it rings would be paid least by a quiet month. Pay standby, with or without call-outs."
    )


def free_from() -> date:
    """The first day from which no month is approved: rates before it are what was paid."""
    last = _last_approved()
    return Month.read(last.month).plus(1).first if last else date.min


def check_free(starts: date) -> None:
    """Raise `ValidationError` when a card of that day would say other rates than an approved month was paid by."""
    last = _last_approved()
    if last and starts < (free := free_from()):
        words = _("%(month)s is %(state)s with its rates: choose a day from %(free)s.")
        raise ValidationError({"starts": words % {**_said(last), "free": free.isoformat()}})


def _last_approved() -> PayMonth | None:
    return PayMonth.objects.exclude(state=State.DRAFT).order_by("month").last()


def _check_source(card: RateCard, *, from_file: bool) -> None:
    if card.from_file and not from_file:
        raise ValidationError(_("This comes from the organisation's file and is changed there."))


def _check_currency(starts: date, currency: str) -> None:
    """A month is paid in one currency: another one begins on the first of a month."""
    others = RateCard.objects.exclude(starts=starts)
    before, after = others.filter(starts__lt=starts).last(), others.filter(starts__gt=starts).first()
    if before and before.currency != currency and starts.day != 1:
        raise ValidationError({"currency": _("Another currency has to begin on the first day of a month.")})
    if after and after.currency != currency and after.starts.day != 1:
        words = _("The next card, from %s, has another currency and begins in the middle of a month.")
        raise ValidationError({"currency": words % after})


def _locked(month: Month) -> PayMonth:
    PayMonth.objects.get_or_create(month=str(month))
    return PayMonth.objects.select_for_update().get(month=str(month))


def _said(row: PayMonth) -> dict[str, str]:
    return {"month": row.month, "state": row.get_state_display()}
