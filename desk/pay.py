"""Pay for being on call: the months, who gets what in one, the rows behind each figure, and the file for payroll."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from desk.answers import SeeOther
from desk.guard import person, require, who
from desk.pay_forms import CorrectionForm, WhomForm
from incidents.models import number_of
from oncall.pay_hours import Hours
from review import payroll
from review.models import PayMonth, RateCard
from review.month import Month, NoSuchMonthError
from review.moved import Moved, moved
from review.pay import Payroll, Slip, payroll_of
from review.pay_csv import table
from teams.models import Membership, Organisation, Team, User
from teams.permissions import MANAGING, Standing, may_run_pay, may_see_private_figures

MOST = 36
"""Months of the list; older ones are reached by their address."""
State = PayMonth.State
SENTENCES = {
    "approve": "%s is approved. What it says stays as it is, unless it is taken back.",
    "take_back": "%s is a draft again, and counted anew.",
    "lock": "%s is locked. From now on only corrections can be added.",
}


def seen_by(standing: Standing) -> Callable[[int], bool]:
    """Whether this person may see the pay of somebody (id): two statements in all."""
    teams: dict[int, set[int]] = defaultdict(set)
    for user, team in Membership.objects.values_list("user_id", "team_id"):
        teams[user].add(team)
    return lambda pk: may_see_private_figures(standing, of=pk, teams=teams[pk])


def month_called(text: str, at: datetime) -> Month:
    """The month that an address names. Raises `NoSuchMonthError`, for one that has not begun too."""
    month = Month.read(text)
    if month > Month.at(at, Organisation.the().timezone):
        raise NoSuchMonthError(_("%s has not begun.") % month)
    return month


@require_safe
def months(request: HttpRequest) -> HttpResponse:
    """Every month since the first rate card, what is next to do, and how pay is counted."""
    at = timezone.now()
    present = Month.at(at, Organisation.the().timezone)
    first = RateCard.objects.first()
    rows = {row.month: row for row in PayMonth.objects.select_related("approved_by", "locked_by")}
    since = Month.of(first.starts) if first else present
    known = [present.plus(-n) for n in range(MOST) if present.plus(-n) >= since] if first else []
    listed = [(one, _title(one), rows.get(str(one)) or PayMonth(month=str(one))) for one in known]
    waiting = [one for one in listed if one[0] < present and one[2].state != State.LOCKED]
    context = {
        "at": at,
        "months": listed,
        "present": present,
        "next": waiting[-1] if waiting else None,
        "runs": may_run_pay(who(request)),
        "has_card": first is not None,
        "sees_others": who(request).role in MANAGING or bool(who(request).leads),
    }
    return render(request, "desk/pay.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def month(request: HttpRequest, text: str) -> HttpResponse:
    """One month, as far as the reader may see it; POST approves it, takes that back, or locks it."""
    at = timezone.now()
    try:
        found = month_called(text, at)
    except NoSuchMonthError as error:
        return _none(request, error)
    if request.method != "POST":
        if request.GET.get("person"):
            return _to_slip(request, found)
        return _show(request, found, at)
    require(may_run_pay(who(request)))
    act = request.POST.get("act", "")
    try:
        _act(found, act, person(request), at)
    except ValidationError as refusal:
        return _show(request, found, at, refused=" ".join(refusal.messages), status=422)
    messages.success(request, _(SENTENCES[act]) % _title(found))
    return SeeOther(reverse("desk:pay_month", args=[found]))


def _act(found: Month, act: str, by: User, at: datetime) -> None:
    if act == "approve":
        payroll.approve(found, by=by, at=at)
    elif act == "take_back":
        payroll.take_back(found)
    elif act == "lock":
        payroll.lock(found, by=by, at=at)
    else:
        raise ValidationError(_("Choose what shall become of it: approve, take back or lock."))


def _show(request: HttpRequest, found: Month, at: datetime, refused: str = "", status: int = 200) -> HttpResponse:
    standing = who(request)
    pay = payroll_of(found, at, seen_by(standing))
    names = dict(Team.objects.values_list("slug", "name"))
    managing = standing.role in MANAGING
    context = {
        **_frame(pay, at, standing),
        "refused": refused,
        "columns": _columns(pay.slips),
        "costs": [(names.get(team, team), cost) for team, cost in pay.costs.items()] if managing else [],
        "whom": WhomForm() if may_run_pay(standing) else None,
        "moved": _moved(pay, at) if may_run_pay(standing) else [],
        "mine_only": all(slip.person.pk == standing.user_id for slip in pay.slips),
    }
    return render(request, "desk/pay_month.html", context, status=status)


def _moved(pay: Payroll, at: datetime) -> list[Moved]:
    """Who of the month changed what decides which hours pay what, from its beginning until it was approved."""
    start = pay.month.window(Organisation.the().timezone).start
    return moved([slip.person for slip in pay.slips], start, pay.row.approved_at or at)


def _columns(slips: list[Slip]) -> dict[str, bool]:
    """Which columns say anything: hours of each kind, call-outs, corrections, time off."""
    shown = {hours: any(slip.minutes[hours] for slip in slips) for hours in map(str, Hours)}
    shown["callouts"] = any(slip.callouts for slip in slips)
    shown["adjusted"] = any(slip.adjustments for slip in slips)
    return shown | {"lieu": any(slip.lieu for slip in slips)}


@require_http_methods(["GET", "HEAD", "POST"])
def slip(request: HttpRequest, text: str, number: int) -> HttpResponse:
    """The rows behind each figure of one person's month; POST adds a correction with its reason."""
    at, standing = timezone.now(), who(request)
    try:
        found = month_called(text, at)
    except NoSuchMonthError as error:
        return _none(request, error)
    whose = get_object_or_404(User, pk=number)
    if not seen_by(standing)(whose.pk):
        raise Http404(_("This is not yours to see."))
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(may_run_pay(standing))
        if form.is_valid() and _corrected(form, found, whose, person(request), at):
            messages.success(request, _("The correction is added."))
            return SeeOther(reverse("desk:pay_slip", args=[found, whose.pk]))
    pay = payroll_of(found, at, lambda pk: pk == whose.pk)
    context = {
        **_frame(pay, at, standing),
        "slip": pay.slips[0] if pay.slips else Slip(whose, str(whose)),
        "form": form if may_run_pay(standing) else None,
        "numbers": {pk: number_of(pk) for one in pay.slips for line in one.lines for pk in line.incidents},
    }
    return render(request, "desk/pay_slip.html", context, status=422 if form.errors else 200)


def _corrected(form: CorrectionForm, found: Month, whose: User, by: User, at: datetime) -> bool:
    """Whether it was written; else the form says why not."""
    try:
        payroll.adjust(found, person=whose, **form.cleaned_data, by=by, at=at)
    except ValidationError as refusal:
        form.add_error(None, refusal)
    return not form.errors


@require_safe
def download(request: HttpRequest, text: str) -> HttpResponse:
    """The same month as a table for payroll, cut to whom the reader may see."""
    at = timezone.now()
    try:
        pay = payroll_of(month_called(text, at), at, seen_by(who(request)))
    except NoSuchMonthError as error:
        return _none(request, error)
    named = {"Content-Disposition": f'attachment; filename="on-call-pay-{pay.month}.csv"'}
    return HttpResponse(table(pay), content_type="text/csv; charset=utf-8", headers=named)


def _to_slip(request: HttpRequest, found: Month) -> HttpResponse:
    """To the rows of who was chosen; back to the month when nobody was."""
    form = WhomForm(request.GET)
    if not form.is_valid():
        return redirect("desk:pay_month", str(found))
    return redirect("desk:pay_slip", str(found), form.cleaned_data["person"].pk)


def _frame(pay: Payroll, at: datetime, standing: Standing) -> dict[str, Any]:
    """What both pages of a month have."""
    present = Month.at(at, Organisation.the().timezone)
    return {
        "at": at,
        "pay": pay,
        "title": _title(pay.month),
        "before": pay.month.plus(-1),
        "after": pay.month.plus(1) if pay.month < present else None,
        "zone": Organisation.the().timezone,
        "runs": may_run_pay(standing),
    }


def _title(month: Month) -> str:
    return date_format(month.first, "F Y")


def _none(request: HttpRequest, error: NoSuchMonthError) -> HttpResponse:
    return render(request, "404.html", {"message": str(error)}, status=404)
