"""Screen 2 of the first five minutes: each way to wake you, with a test, and the question whether it rang."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.answers import SeeOther
from desk.first_steps import clock
from desk.guard import person, require
from incidents.models import NotAllowed
from paging import methods
from paging.alone import not_enough
from paging.channels.known import available
from paging.methods import LEFT
from paging.models import ContactMethod, Delivery, Page
from teams.models import Role, User


@dataclass(frozen=True)
class Tested:
    """A way and its last test. `state` is "", "waiting", "sent", "failed" or "rang"; `said` is the provider's answer."""

    method: ContactMethod
    state: str = ""
    page: Page | None = None
    when: str = ""
    said: str = ""


class AddressForm(forms.Form):
    """Another address for the first mail."""

    address = forms.EmailField(label=gettext_lazy("Another address"), max_length=254)


@require_http_methods(["GET", "HEAD", "POST"])
def wake(request: HttpRequest) -> HttpResponse:
    """The ways of whoever looks. POST `act` = test or address; the answer to "did it ring?" goes to `page_me`."""
    user, at = person(request), timezone.now()
    if request.method != "POST":
        return _show(request, user)
    act = request.POST.get("act", "test")
    try:
        if act == "address":
            return _change(request, user, at)
        _test(user, at)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
        return _show(request, user, status=422)
    return _show(request, user) if request.htmx else SeeOther(reverse("desk:first_wake"))  # type: ignore[attr-defined]


def _mail(user: User) -> ContactMethod | None:
    """The mail that is tested: a verified one first, else the newest."""
    mails = ContactMethod.objects.filter(user=user, kind="email", disabled_at=None)
    return mails.order_by("verified_at", "-pk").first()


def _may_vouch(user: User) -> bool:
    """Administrators vouch for an address, as they do in the organisation's file; others type the code of a mail."""
    return user.role == Role.ADMIN


def _test(user: User, at: datetime) -> None:
    method = _mail(user)
    if method is None:
        raise NotAllowed(_("Add an e-mail address first."))
    if method.usable or not _may_vouch(user):
        methods.ring(method, at=at)
    else:
        methods.ring_unproven(method, at=at)


def _change(request: HttpRequest, user: User, at: datetime) -> HttpResponse:
    """Another address in place of one that is not proved yet, tested at once."""
    require(_may_vouch(user), _("Add the address under My phone & alarms: a code proves it."))
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _show(request, user, form=form, status=422)
    before = _mail(user)
    fresh = methods.add_method(user, kind="email", address=form.cleaned_data["address"])
    if before and before.pk != fresh.pk and not before.verified_at and not before.from_file:
        methods.remove(before)
    _test(user, at)
    return SeeOther(reverse("desk:first_wake"))


def tested(method: ContactMethod) -> Tested:
    """How the last test of a way went."""
    found = Delivery.objects.filter(method=method, page__reason=Page.Reason.TEST, page__incident=None)
    last = found.select_related("page").order_by("-pk").first()
    if last is None:
        return Tested(method)
    if last.page.seen_at:
        return Tested(method, "rang", last.page, clock(last.page.seen_at))
    if last.state in LEFT and last.sent_at:
        return Tested(method, "sent", last.page, clock(last.sent_at))
    if last.error:
        return Tested(method, "failed", last.page, clock(last.page.created_at), last.error)
    return Tested(method, "waiting", last.page, clock(last.page.created_at))


def _show(request: HttpRequest, user: User, *, form: AddressForm | None = None, status: int = 200) -> HttpResponse:
    """The whole screen, or for a script the ways alone."""
    mail = _mail(user)
    context = {
        "at": timezone.now(),
        "mail": tested(mail) if mail else None,
        "may_vouch": _may_vouch(user),
        "push_ready": "webpush" in available(),
        "push_alone": not_enough(user),
        "form": form or AddressForm(),
        "folder": settings.EMAIL_FILE_PATH if settings.EMAIL_BACKEND.endswith("MailFiles") else "",
    }
    part = request.htmx and status == 200  # type: ignore[attr-defined]  # noqa: PLR2004
    return render(request, "desk/_first_ways.html" if part else "desk/first_wake.html", context, status=status)
