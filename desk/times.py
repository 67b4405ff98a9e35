"""Correcting what is known of an incident: its time stamps, and when customers felt it. Each change says why."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.answers import see_other
from desk.guard import find_incident, person, require, roles_in, row_number, who
from desk.undo_offer import tell
from desk.undo_plans import impact_kept, impact_offer
from incidents import command
from incidents.models import ImpactInterval, Incident, NotAllowed
from teams.models import Service
from teams.permissions import may_change_state

CLOCK = "%Y-%m-%dT%H:%M:%S"


class Clock(forms.DateTimeField):
    """An instant on the viewer's clock."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format=CLOCK)


class StampsForm(forms.Form):
    """The stamps that people correct, in the order in which they happened."""

    impact_started_at = Clock(label=gettext_lazy("Customers began to feel it"), required=False)
    detected_at = Clock(label=gettext_lazy("We noticed"))
    acked_at = Clock(label=gettext_lazy("Somebody acknowledged"), required=False)
    mitigated_at = Clock(label=gettext_lazy("Customers no longer felt it"), required=False)
    resolved_at = Clock(label=gettext_lazy("The response was over"), required=False)
    reason = forms.CharField(label=gettext_lazy("Why the times are corrected"), max_length=1000)

    NAMES: ClassVar[tuple[str, ...]] = ("impact_started_at", "detected_at", "acked_at", "mitigated_at", "resolved_at")

    def changed(self) -> dict[str, datetime | None]:
        """Those that were typed anew."""
        return {name: self.cleaned_data[name] for name in self.NAMES if name in self.changed_data}


class ImpactForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """One stretch of customer impact."""

    start = Clock(label=gettext_lazy("From"))
    end = Clock(label=gettext_lazy("To"), required=False, help_text=gettext_lazy("Empty: it goes on."))
    share = forms.FloatField(
        label=gettext_lazy("Share of customers, 0 to 1"),
        min_value=0,
        max_value=1,
        widget=forms.NumberInput({"step": "any"}),
    )
    customer_visible = forms.BooleanField(label=gettext_lazy("Customers could see it"), required=False)
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=1000, required=False)

    class Meta:
        model = ImpactInterval
        fields: ClassVar[list[str]] = ["service", "kind", "start", "end", "share", "estimated", "customer_visible"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["service"].queryset = Service.objects.live()  # type: ignore[attr-defined]
        kind = self.fields["kind"]
        kind.choices = [("", _("choose")), *(one for one in kind.choices if one[0])]  # type: ignore[attr-defined]
        self.fields["estimated"].label = _("The share is an estimate")


@require_http_methods(["GET", "HEAD", "POST"])
def times(request: HttpRequest, number: str) -> HttpResponse:
    """The stamps and the stretches of impact; POST corrects the stamps (422 with the rule that a wrong order breaks)."""
    incident = _incident(request, number)
    if request.method != "POST":
        return _show(request, incident, StampsForm(initial=_stamps(incident)))
    form = StampsForm(request.POST, initial=_stamps(incident))
    if not form.is_valid():
        return _show(request, incident, form, status=422)
    if not (changed := form.changed()):
        form.add_error(None, _("Nothing was changed."))
        return _show(request, incident, form, status=422)
    try:
        command.edit_stamps(
            incident, stamps=changed, reason=form.cleaned_data["reason"], by=person(request), at=timezone.now()
        )
    except NotAllowed as refusal:
        _tell(form, refusal)
        return _show(request, incident, form, status=422)
    messages.success(request, _("The times of %s are corrected.") % incident)
    return see_other(request, incident.path)


@require_http_methods(["GET", "HEAD", "POST"])
def impact(request: HttpRequest, number: str, row: str) -> HttpResponse:
    """One stretch of impact, or a `new` one; POST saves it, or takes it out with `remove`."""
    incident = _incident(request, number)
    found = None if row == "new" else get_object_or_404(incident.impacts, pk=row_number(row))
    began = incident.impact_started_at or incident.detected_at
    fresh = ImpactInterval(incident=incident, service=incident.service, start=began, share=1.0)
    form = ImpactForm(request.POST or None, instance=found or fresh)
    if request.method == "POST":
        try:
            if _saved(request, incident, form, found):
                return see_other(request, f"{incident.path}times/")
        except NotAllowed as refusal:
            _tell(form, refusal)
    status = 422 if request.method == "POST" else 200
    return render(request, "desk/impact.html", {"incident": incident, "form": form, "found": found}, status=status)


def _saved(request: HttpRequest, incident: Incident, form: ImpactForm, found: ImpactInterval | None) -> bool:
    by, at = person(request), timezone.now()
    before = impact_kept(ImpactInterval.objects.filter(pk=found.pk).first() if found else None)  # as it is stored
    written: ImpactInterval | None = None
    if found and "remove" in request.POST:
        command.remove_impact(incident, interval=found, by=by, at=at, reason=request.POST.get("reason", "")[:1000])
    elif form.is_valid():
        reason = form.cleaned_data["reason"]
        written = command.set_impact(incident, interval=form.save(commit=False), by=by, at=at, reason=reason)
    else:
        return False
    said = _("The impact is saved.") if written else _("The impact is taken out.")
    tell(request, said, impact_offer(incident, written, before, by=by, at=at), at=at)
    return True


def _incident(request: HttpRequest, number: str) -> Incident:
    incident = find_incident(person(request), number, related=("service",))
    require(may_change_state(who(request), roles_in(incident, person(request))))
    return incident


def _stamps(incident: Incident) -> dict[str, datetime | None]:
    return {name: getattr(incident, name) for name in StampsForm.NAMES}


def _tell(form: forms.BaseForm, refusal: NotAllowed) -> None:
    """The sentence of a refusal above the form."""
    form.add_error(None, str(refusal))


def _show(request: HttpRequest, incident: Incident, form: StampsForm, *, status: int = 200) -> HttpResponse:
    impacts = incident.impacts.select_related("service")
    return render(request, "desk/times.html", {"incident": incident, "form": form, "impacts": impacts}, status=status)
