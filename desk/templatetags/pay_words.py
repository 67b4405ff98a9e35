"""`{% load pay_words %}`: minutes and kinds of hours as pages about pay say them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django import template
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.models import number_of

register = template.Library()

HOURS: dict[str, str | Promise] = {
    "evening": _("evenings"),
    "night": _("nights"),
    "weekend": _("weekends"),
    "holiday": _("public holidays"),
    "special": _("special days"),
}


@register.filter
def clock(minutes: int) -> str:
    """Minutes as hours and minutes: 7:05, -0:30."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else ''}{hours}:{rest:02}"


@register.filter
def money(amount: Decimal) -> str:
    """With two places and thousands apart: 1,234.50."""
    return number_format(amount, decimal_pos=2, force_grouping=True)


@register.filter
def hours_word(hours: str) -> str:
    """What a kind of hours is called."""
    return str(HOURS.get(hours, hours))


@register.filter
def split(minutes: Mapping[str, int]) -> str:
    """ "1:00 nights, 0:30 weekends" """
    return ", ".join(f"{clock(count)} {hours_word(hours)}" for hours, count in minutes.items())


@register.filter
def number(pk: int) -> str:
    """INC-12."""
    return number_of(pk)
