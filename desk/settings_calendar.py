"""Shifts in one's calendar program: secret addresses, made and revoked here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.answers import SeeOther
from desk.guard import person, row_number
from oncall.feeds import address_of, name_of, open_feed, revoke_feed
from oncall.models import Feed, Schedule
from teams.models import Team, User


class FeedForm(forms.Form):
    """Whose shifts: one's own, those of a schedule (`schedule:slug`), or of a team (`team:slug`)."""

    of = forms.ChoiceField(label=gettext_lazy("Whose shifts?"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        schedules = [(f"schedule:{one.slug}", str(one)) for one in Schedule.objects.filter(archived_at=None)]
        teams = [(f"team:{one.slug}", str(one)) for one in Team.objects.filter(archived_at=None)]
        groups = [(_("Schedules"), schedules), (_("All schedules of a team"), teams)]
        field = self.fields["of"]
        field.choices = [("me", _("Mine")), *((name, rows) for name, rows in groups if rows)]  # type: ignore[attr-defined]

    def feed(self, owner: User) -> Feed:
        """The owner's feed of what was chosen."""
        kind, _sep, slug = self.cleaned_data["of"].partition(":")
        schedule = Schedule.objects.get(slug=slug) if kind == "schedule" else None
        team = Team.objects.get(slug=slug) if kind == "team" else None
        return open_feed(owner, schedule=schedule, team=team, at=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
def settings_calendar(request: HttpRequest) -> HttpResponse:
    """One's addresses; POST makes one, POST with `revoke` ends one."""
    user = person(request)
    if request.method != "POST":
        return _show(request, FeedForm(initial={"of": request.GET.get("of", "me")}))
    if "revoke" in request.POST:
        if feed := _own(user).filter(pk=row_number(request.POST["revoke"])).first():
            revoke_feed(feed, at=timezone.now())
        messages.success(request, _("That address does not work any more."))
        return SeeOther(reverse("desk:settings_calendar"))
    form = FeedForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    made = form.feed(user)
    messages.success(request, _("Paste the address into your calendar program: %s.") % name_of(made))
    return SeeOther(f"{reverse('desk:settings_calendar')}#feed-{made.pk}")


def _own(user: User) -> Any:  # noqa: ANN401 - a queryset of feeds
    return Feed.objects.filter(owner=user, revoked_at=None).select_related("owner", "schedule", "team")


def _show(request: HttpRequest, form: FeedForm, status: int = 200) -> HttpResponse:
    feeds = [
        {"feed": feed, "name": name_of(feed), "address": (address := address_of(feed)), "webcal": _webcal(address)}
        for feed in _own(person(request))
    ]
    context = {"at": timezone.now(), "form": form, "feeds": feeds}
    return render(request, "desk/settings_calendar.html", context, status=status)


def _webcal(address: str) -> str:
    """The same address as calendar programs take it from a press."""
    return "webcal:" + address.partition(":")[2]
