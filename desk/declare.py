"""Declaring an incident: three fields, and who is paged by it said before the button is pressed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from desk.answers import SeeOther
from desk.guard import person, require, who
from incidents import declaring
from incidents.models import NotAllowed
from paging.forecast import would_page
from teams.models import Service, Severity
from teams.permissions import may_declare


class DeclareForm(forms.Form):
    """What is known when somebody says that it burns."""

    title = forms.CharField(label=gettext_lazy("What is wrong?"), max_length=300)
    service = forms.ModelChoiceField(
        Service.objects.filter(archived_at=None),
        label=gettext_lazy("Service"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("not known"),
        widget=forms.Select(
            attrs={
                "hx-get": reverse_lazy("desk:declare_preview"),
                "hx-trigger": "change",
                "hx-target": "#declare-preview",
                "hx-swap": "outerHTML",
            }
        ),
    )
    severity = forms.ChoiceField(label=gettext_lazy("Class"), choices=Severity.choices, initial=Severity.MAJOR)
    details = forms.CharField(
        label=gettext_lazy("What do you see?"), max_length=20_000, required=False, widget=forms.Textarea
    )
    restricted = forms.BooleanField(label=gettext_lazy("Only its team and the people in it may see it"), required=False)
    drill = forms.BooleanField(label=gettext_lazy("It is a drill: it pages, and counts nowhere"), required=False)

    def clean_title(self) -> str:
        """One line without NUL bytes, which PostgreSQL cannot store."""
        return " ".join(str(self.cleaned_data["title"]).replace("\x00", "").split())


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """The form; POST opens the incident and sees to it that paging looks at once."""
    by = person(request)
    require(may_declare(who(request)), _("Observers read; they declare no incident."))
    if request.method != "POST":
        return _show(request, DeclareForm(initial={key: request.GET.get(key, "") for key in ("title", "service")}))
    form = DeclareForm(request.POST)
    if "preview" in request.POST:
        return _show(request, DeclareForm(initial=request.POST.dict()))
    if not form.is_valid():
        return _show(request, form, status=422)
    data = form.cleaned_data
    try:
        incident = declaring.declare(
            title=data["title"],
            service=data["service"],
            severity=data["severity"],
            by=by,
            at=timezone.now(),
            restricted=data["restricted"],
            drill=data["drill"],
            text=data["details"].replace("\x00", ""),
        )
    except NotAllowed as refusal:
        form.add_error(None, str(refusal))
        return _show(request, form, status=422)
    return SeeOther(incident.path)


@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """Who would be paged for `?service=`, as a fragment for the form."""
    return render(request, "desk/_declare_preview.html", {"preview": _preview(request.GET.get("service", ""))})


def _show(request: HttpRequest, form: DeclareForm, status: int = 200) -> HttpResponse:
    chosen = str(form["service"].value() or "")
    return render(request, "desk/declare.html", {"form": form, "preview": _preview(chosen)}, status=status)


def _preview(slug: str) -> dict[str, Any]:
    """{who: names, when: words, sentence} of the dry run for a service, or for none."""
    service = Service.objects.filter(slug=slug.replace("\x00", ""), archived_at=None).first() if slug else None
    forecast = would_page(service, timezone.now())
    first = forecast.first
    who_first = [str(user) for user in first.people] if first else [forecast.catch_all]
    return {"service": service, "who": who_first, "when": _("at once"), "sentence": forecast.sentence}
