"""A heartbeat: how often it is expected, how long nobody worries, and who is in trouble when it is silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from alerts import heartbeat_setup
from alerts.beats import CRON_LENGTH, check_cron
from alerts.models import Heartbeat, Source
from alerts.silence_rules import wide
from desk import heartbeats
from desk.guard import person
from desk.setup_fields import Matchers, Plain, Zone, may_make, offer, own_teams
from desk.setup_form import SetupForm
from desk.setup_page import Thing, answer
from desk.span_field import Span
from teams.models import Service, User
from teams.permissions import Standing, may_edit_team_config


class HeartbeatForm(SetupForm):
    """Something that is heard again and again."""

    name = Plain(label=gettext_lazy("Name"))
    service = forms.ModelChoiceField(
        Service.objects.live(), label=gettext_lazy("Service that is in trouble without it"), to_field_name="slug"
    )
    every = Span(label=gettext_lazy("It is expected every"))
    cron = Plain(
        label=gettext_lazy("Or by a cron line, instead"),
        required=False,
        max_length=CRON_LENGTH,
        help_text=gettext_lazy("Five fields, such as 30 2 * * 1-5: minute, hour, day, month, weekday."),
    )
    timezone = Zone(label=gettext_lazy("Time zone of the cron line"))
    grace = Span(
        label=gettext_lazy("It may be late by"),
        help_text=gettext_lazy("Late is shown and pages nobody. A run that has started has this long to finish."),
    )
    source = forms.ModelChoiceField(
        Source.objects.live(),
        label=gettext_lazy("Source that can ping it"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("none: only its own address"),
        help_text=gettext_lazy("An Alertmanager whose watchdog this is, or an Opsgenie sender that pings by name."),
    )
    match = Matchers(
        label=gettext_lazy("Alerts of that source that are pings"),
        help_text=gettext_lazy("Such as alertname=Watchdog: they keep this alive and never open an incident."),
    )

    def fit(self) -> None:
        """Services and sources of teams that are theirs."""
        teams = own_teams(self.standing)
        offer(self.fields["service"], Service.objects.live().filter(team__in=teams))
        sources = Source.objects.live().filter(service__team__in=teams)
        if may_edit_team_config(self.standing, None):
            sources = Source.objects.live()
        offer(self.fields["source"], sources, empty=_("none: only its own address"))

    def stored(self, row: Heartbeat) -> dict[str, Any]:
        """As the form says it."""
        return {
            "name": row.name or row.slug,
            "service": row.service.slug if row.service else "",
            "every": row.period,
            "cron": row.cron,
            "timezone": row.timezone,
            "grace": row.grace,
            "source": row.source.slug if row.source else "",
            "match": row.match,
        }

    def offered(self, asked: dict[str, str]) -> dict[str, Any]:
        """A nightly job; or the watchdog of the source that the address names."""
        daily = {"every": timedelta(days=1), "grace": timedelta(hours=1), "timezone": self.user.timezone}
        wanted = asked.get("source", "").replace("\x00", "")
        source = Source.objects.live().filter(slug=wanted).select_related("service").first() if wanted else None
        if source is None:
            return daily | {"service": asked.get("service", "")}
        return daily | {
            "name": _("%s lives") % source,
            "service": source.service.slug if source.service else "",
            "every": timedelta(minutes=5),
            "grace": timedelta(minutes=5),
            "source": source.slug,
            "match": {"alertname": "Watchdog"},
        }

    def clean_cron(self) -> str:
        """Tried by what reads it."""
        line = " ".join(str(self.cleaned_data["cron"]).split())
        if line:
            try:
                check_cron(line)
            except ValueError as error:
                raise ValidationError(str(error)) from None
        return line

    def agrees(self) -> bool:
        """A matcher needs a source whose alerts it matches."""
        if self.cleaned_data["match"] and not self.cleaned_data["source"]:
            self.add_error("source", _("Name the source whose alerts these are."))
        if self.cleaned_data["match"] and wide(self.cleaned_data["match"]):
            self.add_error("match", _("This fits nearly every alert, and none of them would page: name its alertname."))
        return not self.errors

    def is_allowed(self) -> bool:
        """For a service and a source of teams of theirs."""
        source = self.cleaned_data["source"]
        teams = [self.cleaned_data["service"].team_id]
        teams += [source.service.team_id if source.service else None] if source else []
        return all(may_edit_team_config(self.standing, team) for team in teams)

    def save(self, row: Any, *, by: User, at: datetime) -> None:  # noqa: ANN401
        """Through the writer; a new one gets its key when it is shown."""
        for name in ("name", "service", "cron", "timezone", "source", "match"):
            setattr(row, name, self.cleaned_data[name])
        row.period, row.grace = self.cleaned_data["every"], self.cleaned_data["grace"]
        heartbeat_setup.save_heartbeat(row, by=by)


def _made(request: HttpRequest, row: Heartbeat, made: bool) -> HttpResponse | None:
    """A new one is answered with its key, at no address; a watchdog needs none."""
    if not made or row.match:
        return None
    secret = heartbeat_setup.first_key(row, by=person(request), at=timezone.now())
    return heartbeats.show(request, row, new_key=secret) if secret else None


def _may(standing: Standing, row: Heartbeat) -> bool:
    return heartbeats.may_edit(standing, row) if row.pk else may_make(standing)


def _needed(row: Heartbeat) -> list[str]:
    return [_("the alert that it opened (pause it first)")] if row.down_since else []


HEARTBEAT = Thing(
    Heartbeat,
    HeartbeatForm,
    gettext_lazy("A new heartbeat"),
    gettext_lazy("Heartbeat"),
    _may,
    lambda row: reverse("desk:heartbeat", args=[row.slug]),
    _needed,
    done=_made,
)


@require_http_methods(["GET", "HEAD", "POST"])
def heartbeat(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """A heartbeat, or a new one."""
    return answer(request, HEARTBEAT, slug)
