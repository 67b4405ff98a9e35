"""Noise: what each alert rule cost in a week, which to tune or delete, and what was decided about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from alerts.models import Source
from desk.answers import SeeOther
from desk.guard import person, require, row_number, who
from desk.setup_fields import Plain
from incidents.models import NotAllowed
from review.noise import decide, decided, noise_of
from review.noise_rows import NoiseDecision
from review.noise_rules import Noise, Rule
from review.week import NoSuchWeekError, Week
from teams.models import Organisation, Service, User
from teams.permissions import Standing, may_silence

PAGE = 50
BRIEF = 5
"""Rules that stand in the weekly review; the page of noise has them all."""


class DecisionForm(forms.Form):
    """What becomes of one rule."""

    verdict = forms.ChoiceField(label=gettext_lazy("What becomes of it?"), choices=NoiseDecision.Verdict.choices)
    because = Plain(label=gettext_lazy("Why, or what was changed"), max_length=500)


@dataclass(frozen=True)
class Row:
    """One rule's week with its source and service by name, and the last word of this week and of the one before."""

    noise: Noise
    source: Source
    service: Service | None
    now: NoiseDecision | None
    before: NoiseDecision | None
    may: bool

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.noise.rule.source}:{self.noise.rule.service or 0}:{self.noise.rule.name}"


@require_safe
def present(request: HttpRequest) -> HttpResponse:
    """On to the week that runs."""
    return redirect("desk:noise_week", str(Week.at(timezone.now(), Organisation.the().timezone)))


@require_http_methods(["GET", "HEAD", "POST"])
def week(request: HttpRequest, text: str) -> HttpResponse:
    """The noise of one week (`?from=` goes on in the list); POST writes down what becomes of a rule."""
    at = timezone.now()
    try:
        asked = Week.read(text)
    except NoSuchWeekError as error:
        raise Http404(str(error)) from None
    if asked > Week.at(at, Organisation.the().timezone):
        raise Http404(_("%s has not begun.") % asked)
    rows = rows_of(asked, person(request), who(request))
    if request.method == "POST":
        return _decide(request, asked, rows, at)
    return _show(request, asked, rows, at, DecisionForm())


def rows_of(week: Week, user: User, standing: Standing) -> list[Row]:
    """Every rule of the week whose incidents this person may see."""
    found = noise_of(week.window(Organisation.the().timezone), user)
    sources = Source.objects.in_bulk({one.rule.source for one in found})
    services = Service.objects.in_bulk({one.rule.service for one in found if one.rule.service})
    words = decided([str(week), str(week.before)])
    rows = []
    for one in found:
        service = services.get(one.rule.service) if one.rule.service else None
        may = may_silence(standing, [service.team_id] if service else [])
        said = words.get((str(week), one.rule)), words.get((str(week.before), one.rule))
        rows.append(Row(one, sources[one.rule.source], service, *said, may))
    return rows


def _decide(request: HttpRequest, week: Week, rows: list[Row], at: datetime) -> HttpResponse:
    row = next((one for one in rows if one.key == request.POST.get("rule")), None)
    if row is None:
        raise Http404(_("No alert of this rule opened an incident in this week."))
    require(row.may, _("Those of the service's team decide about its alerts."))
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _show(request, week, rows, at, form, asked=row.noise.rule, status=422)
    try:
        made = decide(row.noise.rule, week=str(week), by=person(request), at=at, **form.cleaned_data)
    except NotAllowed as refusal:
        form.add_error("because", str(refusal))
        return _show(request, week, rows, at, form, asked=row.noise.rule, status=422)
    messages.success(
        request, _("Written down: %(rule)s, %(verdict)s.") % {"rule": made.rule, "verdict": made.get_verdict_display()}
    )
    return SeeOther(reverse("desk:noise_week", args=[week]))


def _show(
    request: HttpRequest,
    week: Week,
    rows: list[Row],
    at: datetime,
    form: DecisionForm,
    *,
    asked: Rule | None = None,
    status: int = 200,
) -> HttpResponse:
    first = min(row_number(request.GET.get("from", "")) or 0, len(rows))
    shown = rows[first : first + PAGE]
    running = Week.at(at, Organisation.the().timezone)
    last = [one for (name, _rule), one in decided([str(week.before)]).items() if name == str(week.before)]
    known = {row.source.pk for row in rows}
    context = {
        "at": at,
        "week": week,
        "before": week.before,
        "after": week.after if week < running else None,
        "running": week == running,
        "offered": [row for row in shown if row.noise.is_offered],
        "others": [row for row in shown if not row.noise.is_offered],
        "last": [one for one in last if one.source_id in known or who(request).role in ("admin", "director")],
        "form": form,
        "asked": asked,
        "next_url": f"?from={first + PAGE}" if len(rows) > first + PAGE else None,
        "first_url": reverse("desk:noise_week", args=[week]) if first else None,
    }
    return render(request, "desk/noise.html", context, status=status)
