"""Check your alertmanager.yml: the traps in what was pasted, and the block to write. Nothing of it is kept."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from alerts.doctor import LONGEST, Trap, Unreadable, examine, receiver_block
from alerts.models import Source
from desk.setup_fields import Plain
from desk.snippets import KEY, address_of


class DoctorForm(forms.Form):
    """The text of the file."""

    text = Plain(
        label=gettext_lazy("Your alertmanager.yml"),
        lines=True,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def doctor(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and what was found in what it sent. POST changes nothing: the file may be long and holds secrets."""
    source = get_object_or_404(Source.objects.select_related("service"), slug=slug, archived_at=None)
    form = DoctorForm(request.POST if request.method == "POST" else None)
    traps: list[Trap] | None = None
    if form.is_bound and form.is_valid():
        try:
            traps = examine(form.cleaned_data["text"], base=settings.SHARPEND_URL)
        except Unreadable as error:
            form.add_error("text", str(error))
    service = source.service.slug if source.service else ""
    context = {
        "source": source,
        "form": form,
        "traps": traps,
        "snippet": receiver_block(address_of(source.kind) + KEY, "service", service),
    }
    response = render(request, "desk/doctor.html", context, status=422 if form.errors else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
