"""Who would be paged for this alert at that time? Asked of the functions that page; nothing is written or sent.

By service and class, or by the body that a source's sender would post.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from alerts import dry_run, sample
from alerts.dry_run import Heard, Outcome
from alerts.episodes import Said
from alerts.models import Source
from alerts.payloads import Malformed
from desk.forecast import NextPage, next_page
from desk.guard import person, visible
from desk.matcher_rows import shown
from desk.override import WallClock
from desk.setup_fields import Plain
from incidents.lifecycle import Opening
from incidents.models import Incident
from oncall.wallclock import first_instant, to_local
from paging.rehearsal import Rehearsal, rehearse
from teams.models import Service, Severity, User

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
LARGEST = 200_000
HEARD = 20
MOST_GROUPS = 5
"""Incidents of one body whose paging is shown; the others are counted."""

SAID: dict[Said, str | Promise] = {
    Said.NEW: gettext_lazy("begins to fire"),
    Said.REFRESHED: gettext_lazy("fires already: nothing new"),
    Said.FLAPPED: gettext_lazy("begins to fire again"),
    Said.AGAIN: gettext_lazy("fires again"),
    Said.DUPLICATE: gettext_lazy("known already: nothing new"),
    Said.LATE: gettext_lazy("an older episode: nothing new"),
    Said.ENDED: gettext_lazy("ends"),
    Said.OLD: gettext_lazy("ends an older episode"),
    Said.NOTHING: gettext_lazy("has ended already"),
}


class WhenForm(forms.Form):
    """The instant, on the viewer's clock."""

    at = WallClock(label=gettext_lazy("When"))

    def __init__(self, *args: Any, zone: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone
        self.fields["at"].help_text = _("On your clock: %s.") % zone
        self.order_fields([name for name in self.fields if name != "at"] + ["at"])

    def clean_at(self) -> datetime:
        """The instant; where the clocks change, the first that is meant."""
        typed = self.cleaned_data["at"]
        if not FIRST.year < typed.year < LAST.year:
            raise forms.ValidationError(_("Choose a time between 1971 and 2099."))
        return first_instant(typed, self.zone)


class ServiceForm(WhenForm):
    """An incident of a class on a service."""

    service = forms.ModelChoiceField(
        Service.objects.filter(archived_at=None), label=gettext_lazy("Service"), to_field_name="slug"
    )
    severity = forms.ChoiceField(label=gettext_lazy("Class"), choices=Severity.choices, initial=Severity.MAJOR)


class Labels(Plain):
    """Labels of an alert, `name=value`, one a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(lines=True, required=False, max_length=8000, **options)

    def clean(self, value: Any) -> Any:  # noqa: ANN401
        """Label -> value."""
        pairs = [line.partition("=") for line in super().clean(value).splitlines() if line.strip()]
        if odd := next((name for name, sign, _value in pairs if not sign or not name.strip()), None):
            raise forms.ValidationError(_("“%s” is no label such as severity=critical.") % odd[:80])
        return {name.strip(): text.strip().strip('"') for name, _sign, text in pairs}


class AlertForm(WhenForm):
    """What a source's sender posts."""

    source = forms.ModelChoiceField(
        Source.objects.filter(archived_at=None), label=gettext_lazy("Source"), to_field_name="slug"
    )
    labels = Labels(
        label=gettext_lazy("Labels of one alert"),
        help_text=gettext_lazy("One a line, such as severity=critical. Or leave them, and paste a body."),
    )
    body = forms.CharField(
        label=gettext_lazy("What it posts"),
        max_length=LARGEST,
        strip=False,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
    )

    def clean(self) -> dict[str, Any]:
        """Labels or a body."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "labels" in data and not data["labels"] and not data.get("body"):
            self.add_error("body", _("Type labels, or paste what the sender posts."))
        return data

    def posted(self) -> bytes:
        """The body: of the labels, where some were typed."""
        data = self.cleaned_data
        if data["labels"]:
            return json.dumps(sample.body_of_labels(data["source"], data["labels"])).encode()
        return str(data["body"]).encode()


@dataclass(frozen=True)
class Answer:
    """What one group of alerts, or one incident, would come to. `incident` is set where it joins one; None with `secret`
    where that is not the viewer's to see. `goes_on` is what paging for it does next, where it does not begin anew."""

    outcome: Outcome
    rehearsal: Rehearsal | None
    incident: Incident | None = None
    secret: bool = False
    goes_on: NextPage | None = None


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """GET `?service=&severity=&at=` asks for a service; `?source=` shows the form for an alert, whose POST asks for a body.
    Neither changes anything."""
    user = person(request)
    if request.method == "POST":
        return _by_alert(request, user)
    if "source" in request.GET or request.GET.get("by") == "alert":
        return _show(request, AlertForm(initial=_alert_initial(request, user), zone=user.timezone), by_alert=True)
    if "at" not in request.GET:
        return _show(request, ServiceForm(initial=_service_initial(request, user), zone=user.timezone))
    form = ServiceForm(request.GET, zone=user.timezone)
    if not form.is_valid():
        return _show(request, form, status=422)
    data = form.cleaned_data
    opening = Opening(_("A dry run"), data["service"], data["severity"])
    answer = Answer(Outcome([], opening), rehearse(opening, at=data["at"]))
    return _show(request, form, answers=[answer], then=data["at"])


def _by_alert(request: HttpRequest, user: User) -> HttpResponse:
    form = AlertForm(request.POST, zone=user.timezone)
    if not form.is_valid():
        return _show(request, form, by_alert=True, status=422)
    data = form.cleaned_data
    try:
        found = dry_run.ask(data["source"], form.posted(), data["at"])
    except Malformed as error:
        form.add_error("body", str(error))
        return _show(request, form, by_alert=True, status=422)
    answers = [_answer(outcome, user, data["at"]) for outcome in found.outcomes[:MOST_GROUPS]]
    more = len(found.outcomes) - len(answers)
    return _show(request, form, by_alert=True, answers=answers, heard=found.heard, more=more, then=data["at"])


def _answer(outcome: Outcome, user: User, at: datetime) -> Answer:
    joins = outcome.joins
    secret = joins is not None and not visible(user).filter(pk=joins.pk).exists()
    if outcome.pages_anew or joins is None:
        return Answer(outcome, rehearse(outcome.opening, at=at), None if secret else joins, secret)
    return Answer(outcome, None, None if secret else joins, secret, None if secret else next_page(joins))


def _tried(one: Heard) -> list[dict[str, Any]]:
    """The routes that were tried, in words."""
    return [
        {"number": number, "rules": shown(route.match), "route": route, "hit": hit}
        for number, (route, hit) in enumerate(one.tried, 1)
    ]


def _service_initial(request: HttpRequest, user: User) -> dict[str, Any]:
    """Now, and the service of the link with its own class."""
    slug = request.GET.get("service", "").replace("\x00", "")
    found = Service.objects.filter(slug=slug, archived_at=None).first()
    usual = {"severity": found.default_class} if found and found.default_class else {}
    return {"service": slug, "at": _now(user), **usual}


def _alert_initial(request: HttpRequest, user: User) -> dict[str, Any]:
    """Now, and for the source of the link what its sender would post as a test."""
    slug = request.GET.get("source", "").replace("\x00", "")
    found = Source.objects.filter(slug=slug, archived_at=None).first()
    body = json.dumps(sample.body_of(found, by=user), indent=2) if found else ""
    return {"source": slug, "at": _now(user), "body": body}


def _now(user: User) -> datetime:
    return to_local(timezone.now(), user.timezone).replace(second=0, microsecond=0)


def _show(
    request: HttpRequest,
    form: WhenForm,
    *,
    by_alert: bool = False,
    answers: Sequence[Answer] = (),
    heard: Sequence[Heard] = (),
    more: int = 0,
    then: datetime | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "at": timezone.now(),
        "form": form,
        "by_alert": by_alert,
        "answers": answers,
        "heard": [(one, SAID[one.said], _tried(one)) for one in heard[:HEARD]],
        "heard_count": len(heard),
        "more": more,
        "then": then,
    }
    return render(request, "desk/dry_run.html", context, status=status)
