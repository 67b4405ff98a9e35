"""The form of a silence or a maintenance window, and what it would have kept quiet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.models import Alert, Silence
from alerts.quieted import covered
from alerts.quieting import Blanket
from alerts.silencing import Wish
from desk.guard import not_hidden, visible
from desk.matcher_rows import match_of, matchers
from desk.override import WallClock
from desk.setup_fields import Plain, offer
from desk.setup_form import PartForm, Parts
from incidents.models import OPEN_Q, Incident
from oncall.wallclock import LocalTimeError, check_typed
from teams.models import Service, User
from teams.permissions import Standing, may_silence

WEEK = timedelta(days=7)
LOOKED_AT = 5000
"""Alerts that a preview looks at: of the week, the last ones heard first, and as many that fire, the newest incidents first."""
SHOWN = 20


class ServiceRow(PartForm):
    """One service."""

    service = forms.ModelChoiceField(
        Service.objects.live(), label=gettext_lazy("Service"), to_field_name="slug", empty_label=gettext_lazy("choose")
    )

    def __init__(self, data: QueryDict | None = None, *, standing: Standing, **options: Any) -> None:
        super().__init__(data, **options)
        mine = [one for one in Service.objects.live() if may_silence(standing, [one.team_id])]
        offer(self.fields["service"], mine, empty=_("choose"))


class EndForm(forms.Form):
    """Until when, on the viewer's clock."""

    ends = WallClock(label=gettext_lazy("Quiet until"))

    def __init__(self, *args: Any, zone: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone
        self.fields["ends"].help_text = _("On your clock: %s.") % zone

    def instant(self, name: str) -> datetime | None:
        """What was typed as an instant. A time that the clock skips or shows twice is asked back."""
        typed = self.cleaned_data[name]
        try:
            return check_typed(typed, self.zone) if typed else None
        except LocalTimeError as error:
            raise forms.ValidationError(str(error)) from None
        except (OverflowError, ValueError):
            raise forms.ValidationError(_("Choose a time between 1971 and 2099.")) from None

    def clean_ends(self) -> datetime | None:
        """The instant."""
        return self.instant("ends")


class SilenceForm(EndForm):
    """What, from when, until when, why."""

    reason = Plain(
        label=gettext_lazy("Why"), max_length=300, help_text=gettext_lazy("Whoever looks at a quiet incident reads it.")
    )
    starts = WallClock(label=gettext_lazy("From"), required=False)
    ends = WallClock(label=gettext_lazy("Quiet until"))
    all_of_it = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None, *, kind: str, user: User, standing: Standing, initial: Any = None
    ) -> None:  # noqa: ANN401
        given: Mapping[str, Any] = initial or {}
        super().__init__(data, zone=user.timezone, initial=given)
        self.kind = kind
        self.order_fields(["reason", "starts", "ends"])
        self.fields["starts"].help_text = _("Empty: now.")
        services = Parts(
            "services",
            ServiceRow,
            data,
            given.get("services", ()),
            blank=0 if "services" in given else 1,
            options={"standing": standing},
        )
        window = kind == Silence.Kind.MAINTENANCE
        least = _("Every alert of these services is quiet.") if window else _("None: alerts of all services.")
        self.services = services.called(_("On which services"), _("Another service"), help_text=least, compact=True)
        self.groups = [self.services]
        if not window:
            words = _("All of these must hold. Patterns are RE2 and fit the whole value, as in Alertmanager.")
            self.matchers = matchers(data, given.get("matchers", ()), help_text=words)
            self.groups = [self.matchers, self.services]

    def clean_starts(self) -> datetime | None:
        """The instant, None for now."""
        return self.instant("starts")

    def is_valid(self) -> bool:
        """Fields and rows, each of them judged; a label stands once."""
        right = all([super().is_valid(), *[group.is_valid() for group in self.groups]])
        once = _("This label stands above already: use “is one of”.")
        return right and (self.kind == Silence.Kind.MAINTENANCE or self.matchers.refuse_twice("label", once))

    def be_quiet(self) -> None:
        """Show what was typed without judging it yet."""
        self._errors = forms.utils.ErrorDict()
        for group in self.groups:
            group.be_quiet()

    def wish(self, at: datetime) -> Wish:
        """What was typed, as the writer takes it."""
        data = self.cleaned_data
        services = {one.cleaned_data["service"].pk: one.cleaned_data["service"] for one in self.services.filled}
        return Wish(
            kind=self.kind,
            match={} if self.kind == Silence.Kind.MAINTENANCE else match_of(self.matchers),
            services=list(services.values()),
            starts_at=data["starts"] or at,
            ends_at=data["ends"],
            reason=data["reason"],
            all_of_it=bool(data["all_of_it"]),
        )


@dataclass(frozen=True)
class Preview:
    """What it would keep quiet: open incidents (those of the viewer), and how often alerts of the last week began.

    `cut` says that only the newest alerts of the week were looked at, `cut_open` the same of the open incidents.
    """

    incidents: list[Incident]
    loud: list[Incident]
    alerts: Sequence[Alert]
    more: int
    cut: bool
    cut_open: bool = False


def preview(wish: Wish, user: User, at: datetime) -> Preview:
    """What a silence as wished would keep quiet; nothing is written or locked."""
    cover = wish.cover()
    blanket = Blanket.of(at)
    blanket.covers.append(cover)
    groups, cut_open = _firing_of(visible(user))
    groups = {
        one: alerts for one, alerts in groups.items() if any(cover.fits(a.labels, one.service_id) for a in alerts)
    }
    quiet = [one for one, alerts in groups.items() if covered(alerts, blanket)]
    rows = Alert.objects.filter(not_hidden(user, "incident"), last_seen_at__gte=at - WEEK)
    begun = Count("episodes", filter=Q(episodes__opened_at__gte=at - WEEK))
    rows = rows.annotate(begun=begun).select_related("incident__service", "source").order_by("-last_seen_at", "-pk")
    looked = list(rows[:LOOKED_AT])
    fits = [one for one in looked if cover.fits(one.labels, one.incident.service_id if one.incident else None)]
    loud = [one for one in groups if one not in quiet]
    more, cut = max(len(fits) - SHOWN, 0), len(looked) == LOOKED_AT
    return Preview(quiet, loud, fits[:SHOWN], more, cut=cut, cut_open=cut_open)


def _firing_of(incidents: QuerySet[Incident]) -> tuple[dict[Incident, list[Alert]], bool]:
    """The firing alerts of the open ones of `incidents`, by incident in the order of their numbers; and whether some were
    left out: the first `LOOKED_AT` alerts of the newest incidents are read.
    """
    found = Alert.objects.filter(firing=True, incident__in=incidents.filter(OPEN_Q).order_by().values("pk"))
    rows = found.select_related("incident__service").only("labels", "title", "incident", "incident__service")
    looked = list(rows.order_by("-incident_id", "pk")[: LOOKED_AT + 1])
    groups: dict[Incident, list[Alert]] = defaultdict(list)
    for one in looked[:LOOKED_AT]:
        if one.incident:
            groups[one.incident].append(one)
    return dict(sorted(groups.items(), key=lambda pair: pair[0].pk)), len(looked) > LOOKED_AT
