"""What being on call pays: the rate cards, each from its day on."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.answers import SeeOther
from desk.guard import person, require, row_number, who
from desk.pay_forms import CardForm
from review import payroll
from review.models import RateCard
from review.month import Month
from teams.audit import acting
from teams.models import Organisation
from teams.permissions import may_run_pay

VIA = "form"


@require_http_methods(["GET", "HEAD", "POST"])
def rates(request: HttpRequest) -> HttpResponse:
    """The cards, and the form of a new one, filled with the last (`?card=`: with that one). POST saves, or takes one away."""
    require(may_run_pay(who(request)), _("Directors and administrators set what being on call pays."))
    cards = list(RateCard.objects.all())
    if request.method != "POST":
        chosen = row_number(request.GET.get("card", ""))
        card = next((one for one in cards if one.pk == chosen), None)
        present = Month.at(timezone.now(), Organisation.the().timezone)
        starts = card.starts if card else present.plus(1).first if cards else present.first
        return _show(request, cards, CardForm(None, card=card or (cards[-1] if cards else None), starts=starts))
    if "remove" in request.POST:
        return _remove(request, cards)
    form = CardForm(request.POST)
    if form.is_valid():
        try:
            with acting(person(request), VIA):
                card = payroll.save_card(form.values(), form.cleaned_data["own"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("Saved. These rates hold from %s on.") % card)
            return SeeOther(reverse("desk:pay"))
    return _show(request, cards, form, status=422)


def _remove(request: HttpRequest, cards: list[RateCard]) -> HttpResponse:
    card = get_object_or_404(RateCard, pk=row_number(request.POST["remove"]) or 0)
    try:
        with acting(person(request), VIA):
            payroll.remove_card(card)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return _show(request, cards, CardForm(None, card=card, starts=card.starts), status=422)
    messages.success(request, _("The rates from %s are taken away.") % card)
    return SeeOther(reverse("desk:pay_rates"))


def _show(request: HttpRequest, cards: list[RateCard], form: CardForm, status: int = 200) -> HttpResponse:
    context = {"at": timezone.now(), "cards": cards[::-1], "free": payroll.free_from(), "form": form}
    return render(request, "desk/pay_rates.html", context, status=status)
