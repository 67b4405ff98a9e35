"""Phone numbers: what people type, and what is dialled (ITU-T E.164)."""

from __future__ import annotations

import re

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType


def clean(address: str) -> str:
    """A typed number as it is dialled from anywhere: + and digits. Raises ValueError with a sentence."""
    typed = address.strip()
    if typed.startswith("00"):
        typed = f"+{typed[2:]}"
    if not typed.startswith("+"):
        raise ValueError(_("Begin with + and the country's code, such as +44 7700 900123."))
    try:
        number = phonenumbers.parse(typed)
    except phonenumbers.NumberParseException as error:
        raise ValueError(_("This is no phone number: + and the country's code, then digits.")) from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError(_("No number in that country has so few or so many digits: look again."))
    if number.extension:
        raise ValueError(_("Extensions cannot be dialled: give a number that rings directly."))
    if phonenumbers.number_type(number) in {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}:
        raise ValueError(_("Calls to this number cost extra: give another one."))
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def dialled(address: str) -> str:
    """A stored number without what people put between digits."""
    return re.sub(r"[^+0-9]", "", address)
