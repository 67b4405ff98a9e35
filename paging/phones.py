"""Who wrote from a phone number, and what their text does."""

from __future__ import annotations

from datetime import datetime

from django.db.models import CharField, F, Func, QuerySet, Value
from django.utils.translation import gettext as _

from paging import methods, replies
from paging.models import ContactMethod, Page
from paging.replies import Said
from teams.models import User

KINDS = ("sms", "voice")
VIA = "sms"


def heard(number: str, text: str, *, at: datetime) -> Said:
    """Do what was written from `number` (E.164). A number that nobody here proved to be theirs can do one thing: answer the
    test page that was sent to it, which proves it."""
    found = _methods(number)
    proved = [method.user for method in found if method.verified_at]
    if proved:
        return replies.by_text(_who(proved, text), text, at=at, via=VIA)
    for method in found:
        test = replies.waiting_test(method.user, at)
        if test and test.deliveries.filter(method=method, state__in=methods.LEFT).exists():
            said = replies.rang(test, at=at, via=VIA)
            methods.proved(test, at=at)
            return said
    return Said(_("This number is not known here. Answer by the link in the page."))


def _methods(number: str) -> list[ContactMethod]:
    """Methods with this number, of people who are still here; what people wrote between the digits does not count."""
    digits = Func(
        F("address"), Value("[^+0-9]"), Value(""), Value("g"), function="regexp_replace", output_field=CharField()
    )
    rows: QuerySet[ContactMethod] = ContactMethod.objects.filter(kind__in=KINDS, user__is_active=True)
    return list(rows.alias(digits=digits).filter(digits=number).select_related("user").order_by("pk")) if number else []


def _who(people: list[User], text: str) -> User:
    """A phone that several people share speaks for the one who was asked last, about what the text names."""
    numbers = [code.number for code in replies.codes(text) if code.number]
    pages = Page.objects.filter(person__in=people)
    if numbers:
        pages = pages.filter(incident__in=numbers)
    newest = pages.select_related("person").order_by("-pk").first()
    return newest.person if newest else people[0]
