"""Pay for being on call: what it is worth from which day on, and the months that were approved."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pghistory
import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator, ProhibitNullCharactersValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from review.month import Month
from review.noise_rows import NoiseDecision as NoiseDecision  # noqa: PLC0414 - a model of this room, in a file of its own
from teams.models import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise
    from django_stubs_ext.db.models.manager import RelatedManager

    Decimals = models.DecimalField[Decimal, Decimal]

AT_LEAST_NOTHING = MinValueValidator(0)


def _money(label: StrOrPromise, *, default: type[models.NOT_PROVIDED] | Decimal = models.NOT_PROVIDED) -> Decimals:
    return models.DecimalField(label, max_digits=10, decimal_places=2, validators=[AT_LEAST_NOTHING], default=default)


def _standby(label: StrOrPromise) -> Decimals:
    default = Decimal(33)
    return models.DecimalField(label, max_digits=8, decimal_places=2, default=default, validators=[AT_LEAST_NOTHING])


def _factor(label: StrOrPromise, default: str) -> Decimals:
    few = [AT_LEAST_NOTHING, MaxValueValidator(10)]
    return models.DecimalField(label, max_digits=4, decimal_places=2, default=Decimal(default), validators=few)


def _percent(label: StrOrPromise, default: int, most: int) -> Decimals:
    share = [AT_LEAST_NOTHING, MaxValueValidator(most)]
    return models.DecimalField(label, max_digits=5, decimal_places=2, default=Decimal(default), validators=share)


@pghistory.track()
class RateCard(models.Model):
    """What being on call pays from one day on (organisation's clock), until the next card. The defaults are the rules'."""

    class Mode(models.TextChoices):
        STANDBY = "standby", _("standby; whoever is pulled in besides is paid for the call")
        BOTH = "standby_callout", _("standby, and each call-out besides")

    starts = models.DateField(_("holds from"), unique=True)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", _("Three capital letters, such as EUR."))],
    )
    hourly = _money(_("hourly pay"))
    mode = models.CharField(_("what is paid"), max_length=20, choices=Mode.choices, default=Mode.BOTH)
    flat = models.BooleanField(_("standby is an amount per hour"), default=False)
    standby_evening = _standby(_("evenings of working days"))
    standby_night = _standby(_("nights of working days"))
    standby_weekend = _standby(_("weekends"))
    standby_holiday = _standby(_("public holidays"))
    standby_special = _standby(_("special days"))
    secondary = _percent(_("secondary, in % of that"), 50, 100)
    callout_weekday = _factor(_("working days"), "1.4")
    callout_weekend = _factor(_("weekends"), "1.5")
    callout_holiday = _factor(_("public holidays"), "1.9")
    callout_special = _factor(_("special days"), "2.0")
    block = models.PositiveSmallIntegerField(
        _("shortest paid call-out, in minutes"), default=60, validators=[MaxValueValidator(1440)]
    )
    per_callout = _money(_("fixed amount for each call-out"), default=Decimal())
    lieu = _percent(_("time off for each call-out, in % of its minutes"), 0, 300)
    special_days = models.JSONField(_("special days"), default=list, blank=True)
    from_file = models.BooleanField(default=False)

    if TYPE_CHECKING:
        own_rates: RelatedManager[PersonRate]

    class Meta:
        ordering = ["starts"]

    def __str__(self) -> str:
        return f"{self.starts:%Y-%m-%d}"

    @property
    def days(self) -> frozenset[date]:
        """The special days."""
        return frozenset(date.fromisoformat(day) for day in self.special_days)


class PersonRate(models.Model):
    """One person's hourly pay on a card. Not in the history of settings: every manager reads that."""

    card = models.ForeignKey(RateCard, on_delete=models.CASCADE, related_name="own_rates")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    hourly = _money(_("hourly pay"))

    class Meta:
        ordering = ["card", "person__email"]
        constraints = [models.UniqueConstraint(fields=["card", "person"], name="person_rate_once")]

    def __str__(self) -> str:
        return f"{self.person}: {self.hourly}"


class PayMonth(models.Model):
    """A month for which somebody did something; `review.payroll` is the only writer of its state."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        APPROVED = "approved", _("approved")
        LOCKED = "locked", _("locked")

    month = models.CharField(max_length=7, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    currency = models.CharField(max_length=3, blank=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    locked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    locked_at = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        lines: RelatedManager[PayLine]
        adjustments: RelatedManager[Adjustment]

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(approved_by__isnull=False, approved_at__isnull=False),
                name="pay_month_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="locked") | models.Q(locked_by__isnull=False, locked_at__isnull=False),
                name="pay_month_locked_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.month


class PayLine(models.Model):
    """One paid thing of one person, as it was when the month was approved (on-call rules, "Pay").

    `minutes` by kind of hours, as {"night": 600}; `rows` are the stretches behind them, [[start, end]] in UTC; `booked` says
    which teams bear the cost, by slug ("": none). The person's name stays what it was.
    """

    class Kind(models.TextChoices):
        STANDBY = "standby", _("standby")
        CALLOUT = "callout", _("call-out")

    month = models.ForeignKey(PayMonth, on_delete=models.PROTECT, related_name="lines")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=254)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    role = models.CharField(max_length=10, blank=True)
    schedule = models.CharField(max_length=100, blank=True)
    minutes = models.JSONField()
    rows = models.JSONField()
    rate = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    lieu = models.PositiveIntegerField(default=0)
    incidents = models.JSONField(default=list)
    booked = models.JSONField(default=dict)

    class Meta:
        ordering = ["name", "person", "pk"]
        triggers = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="locked_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    IF EXISTS (SELECT 1 FROM review_paymonth WHERE id = OLD.month_id AND state = 'locked') THEN
                        RAISE EXCEPTION 'a locked month keeps its lines';
                    END IF;
                    RETURN OLD;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.kind} {self.amount}"

    @property
    def total(self) -> int:
        """All of its minutes."""
        return sum(self.minutes.values())

    @property
    def spans(self) -> list[tuple[datetime, datetime]]:
        """The stretches behind it."""
        return [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in self.rows]


class Adjustment(models.Model):
    """A correction of somebody's month, beside its lines: an amount that may be negative, minutes of time off, and why."""

    month = models.ForeignKey(PayMonth, on_delete=models.PROTECT, related_name="adjustments")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=254)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    lieu = models.IntegerField(_("time off, in minutes"), default=0)
    reason = models.CharField(_("why"), max_length=300, validators=[ProhibitNullCharactersValidator()])
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.name}: {self.amount}"


def card_of(cards: list[RateCard], month: Month) -> RateCard | None:
    """The card by which a month is written: the one that holds on its first day, else the first in it."""
    held = [card for card in cards if card.starts <= month.first]
    inside = [card for card in cards if month.first < card.starts < month.plus(1).first]
    return next(iter([*held[-1:], *inside[:1]]), None)
