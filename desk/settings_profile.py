"""Name and time zone of the person who looks."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.answers import SeeOther
from desk.guard import person
from teams.audit import acting
from teams.models import User
from teams.regions import known


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """What a person says of themselves; the e-mail is their identity and is not changed here."""

    class Meta:
        model = User
        fields = ("name", "timezone", "region")
        widgets = {  # noqa: RUF012
            "timezone": forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
            "region": forms.TextInput(attrs={"list": "regions", "autocomplete": "off"}),
        }

    def clean_region(self) -> str:
        """As ISO writes it, in capital letters."""
        return str(self.cleaned_data["region"]).upper()


@require_http_methods(["GET", "HEAD", "POST"])
def settings_profile(request: HttpRequest) -> HttpResponse:
    """The form; POST saves it."""
    user = person(request)
    # A form writes into its instance before it knows whether that is valid: never into the one that draws the page.
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        with acting(user, "profile"):
            form.save()
        messages.success(request, _("Saved."))
        return SeeOther(reverse("desk:settings_profile"))
    context = {"at": timezone.now(), "form": form, "zones": sorted(available_timezones()), "regions": list(known())}
    return render(request, "desk/settings_profile.html", context, status=422 if form.errors else 200)
