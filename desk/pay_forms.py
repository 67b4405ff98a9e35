"""Forms about pay: rates, corrections, and whose month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.setup_fields import Person, Plain
from oncall.pay_hours import Hours
from review.models import Adjustment, RateCard
from review.payroll import callouts_alone
from teams.models import User

LONGEST = 20_000
"""Characters of the lists of days and people: some hundreds of lines."""
CALLED = ("weekday", "weekend", "holiday", "special")
MOST_RATE = Decimal(100_000_000)


class WhomForm(forms.Form):
    """Whose month to look at, also of somebody who has nothing in it yet, or who left."""

    person = Person(User.objects.order_by("name", "email"), label=gettext_lazy("Somebody else"), empty_label=None)


class CorrectionForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """An amount that may be negative, minutes of time off, and why."""

    reason = Plain(label=gettext_lazy("Why"), max_length=300, help_text=gettext_lazy("The person reads it."))

    class Meta:
        model = Adjustment
        fields = ("amount", "lieu", "reason")
        help_texts = {"amount": gettext_lazy("To take something away, begin with a minus.")}  # noqa: RUF012

    def __init__(self, data: Any) -> None:  # noqa: ANN401
        super().__init__(data, initial={"lieu": 0})


class CardForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """What being on call pays from one day on."""

    special = Plain(
        lines=True,
        required=False,
        max_length=LONGEST,
        label=gettext_lazy("Special days"),
        help_text=gettext_lazy("One a line, such as 2026-12-24. They count from midnight to midnight for everybody."),
    )
    own = Plain(
        lines=True,
        required=False,
        max_length=LONGEST,
        label=gettext_lazy("Hourly pay of single people"),
        help_text=gettext_lazy("One a line: ana@example.com 42.50. Everybody else has the hourly pay above."),
    )

    class Meta:
        model = RateCard
        fields = (
            ("starts", "currency", "hourly", "mode", "flat", "secondary", "block", "per_callout", "lieu")
            + tuple(f"standby_{hours}" for hours in Hours)
            + tuple(f"callout_{hours}" for hours in CALLED)
        )
        widgets = {"mode": forms.RadioSelect, "starts": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}  # noqa: RUF012

    def __init__(self, data: Any, *, card: RateCard | None = None, starts: date | None = None) -> None:  # noqa: ANN401
        typed: dict[str, Any] = {"starts": starts} if starts else {}
        if card:
            typed |= {
                "special": "\n".join(card.special_days),
                "own": "\n".join(f"{one.person.email} {one.hourly}" for one in card.own_rates.select_related("person")),
            }
        # A copy: the card of another day is only what the fields begin with.
        there = RateCard(**{one.name: getattr(card, one.name) for one in card._meta.fields[1:]}) if card else None
        super().__init__(data, instance=there, initial=typed)
        self.fields["mode"].choices = RateCard.Mode.choices  # type: ignore[attr-defined]  # without "none of them"
        self.fields["mode"].help_text = callouts_alone()
        self.fields["mode"].error_messages["invalid_choice"] = callouts_alone()

    def validate_unique(self) -> None:
        """The card of a day that has one becomes what is typed."""

    def groups(self) -> Iterator[tuple[str, str, list[BoundField]]]:
        """The fields as the page shows them: title, hint, fields."""
        yield "", "", [self[name] for name in ("starts", "currency", "hourly", "mode")]
        hint = _(
            "In % of the hourly pay: 33 is usual where an answer is expected within about 30 minutes, 66 within about 5. "
            "Or tick the box, and write amounts per hour."
        )
        yield _("Standby: being reachable"), hint, [self[f"standby_{one}"] for one in Hours]
        yield "", "", [self["flat"], self["secondary"]]
        hint = _("How many times the hourly pay. Working days means their evenings and nights.")
        yield (
            _("Call-outs: being at work"),
            hint,
            [self[f"callout_{one}"] for one in CALLED],
        )
        yield "", "", [self[name] for name in ("block", "per_callout", "lieu")]
        yield "", "", [self["special"], self["own"]]

    def clean_special(self) -> list[str]:
        """The days, in order, each once."""
        return sorted({_day(line).isoformat() for line in _lines(self.cleaned_data["special"])})

    def clean_own(self) -> dict[User, Decimal]:
        """Who has which hourly pay."""
        typed = dict(_rate(line) for line in _lines(self.cleaned_data["own"]))
        known = {user.email.lower(): user for user in User.objects.filter(email__in=typed)}
        if missing := [email for email in typed if email not in known]:
            raise ValidationError(_("Nobody here has the e-mail %s.") % missing[0][:100])
        return {known[email]: hourly for email, hourly in typed.items()}

    def values(self) -> dict[str, Any]:
        """What the writer takes."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in ("special", "own")}
        return said | {"special_days": self.cleaned_data["special"]}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValidationError(_("%s is not a day such as 2026-12-24.") % text[:100]) from None


def _rate(text: str) -> tuple[str, Decimal]:
    email, _sep, amount = text.rpartition(" ")
    try:
        hourly = Decimal(amount).quantize(Decimal("0.01"))
    except InvalidOperation:
        hourly = Decimal(-1)
    if not email.strip() or not hourly.is_finite() or not 0 <= hourly < MOST_RATE:
        raise ValidationError(_("%s is not a person with an hourly pay, such as ana@example.com 42.50.") % text[:100])
    return email.strip().lower(), hourly
