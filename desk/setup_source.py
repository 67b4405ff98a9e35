"""A source: what sends, which service its alerts are about, how they group, and how its words become classes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from alerts import setup, watching
from alerts.am_api import MOST_ADDRESSES
from alerts.kinds import KINDS
from alerts.models import Source
from alerts.replay import Replay, replay, rules_of
from alerts.signatures import is_usable
from desk import sources
from desk.guard import person
from desk.intake_words import kind_word
from desk.replay import seen_again
from desk.setup_fields import Plain, may_make, offer, own_teams
from desk.setup_form import PartForm, Parts, SetupForm
from desk.setup_page import Thing, answer
from foundation.egress.addresses import is_plain
from teams.models import Service, Severity, User
from teams.permissions import Standing, may_edit_team_config

FIRST = ("alertmanager", "grafana", "generic")
"""The kinds that most people look for stand first."""

USUAL = {
    "label": "severity",
    "map": [("critical", "critical"), ("error", "major"), ("warning", "major")],
    "default": "standard",
}
"""What a new source of Alertmanager begins with."""


class ClassForm(PartForm):
    """One word of the sender, and our class for it."""

    value = Plain(label=gettext_lazy("When the label says"))
    severity = forms.ChoiceField(
        label=gettext_lazy("the class is"), choices=Severity.choices, initial=Severity.STANDARD
    )


class SourceForm(SetupForm):
    """A sender with a key."""

    name = Plain(label=gettext_lazy("Name"))
    kind = forms.ChoiceField(label=gettext_lazy("What sends?"))
    service = forms.ModelChoiceField(
        Service.objects.live(),
        label=gettext_lazy("Service that its alerts are about"),
        to_field_name="slug",
        required=False,
    )
    grouping = forms.ChoiceField(
        label=gettext_lazy("Which alerts become one incident"),
        choices=Source.Grouping.choices,
        initial=Source.Grouping.LABELS,
    )
    watching = forms.BooleanField(
        label=gettext_lazy("Only watch: page nobody yet"),
        required=False,
        help_text=gettext_lazy(
            "Beside the tool that pages today: its page shows what would have been opened, and who would have been paged."
        ),
    )
    reconcile_urls = Plain(
        label=gettext_lazy("Address of its Alertmanager, to ask it"),
        lines=True,
        required=False,
        max_length=2000,
        help_text=gettext_lazy(
            "Such as http://alertmanager:9093. It is asked once a minute what still fires and what is silenced: "
            "a lost message is made good. Several of one cluster: one a line. Empty: it is not asked."
        ),
    )
    signing_secret = Plain(
        label=gettext_lazy("Signing secret"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "With one, only bodies are taken that its sender signed with it. It is never shown again; empty: as it is."
        ),
    )
    unsigned = forms.BooleanField(label=gettext_lazy("Take bodies that are not signed"), required=False)
    class_label = Plain(
        label=gettext_lazy("Label that says how bad it is"),
        required=False,
        help_text=gettext_lazy("Empty: the service's class, else what the sender says."),
    )
    class_default = forms.ChoiceField(
        label=gettext_lazy("Class when the label says something else"),
        choices=[("", gettext_lazy("the service's")), *Severity.choices],
        required=False,
    )

    def fit(self) -> None:
        """Kinds by name; services of teams that are theirs; by routes alone for directors and administrators."""
        rest = sorted(KINDS - set(FIRST))
        self.fields["kind"].choices = [(kind, kind_word(kind)) for kind in (*FIRST, *rest)]  # type: ignore[attr-defined]
        mine = Service.objects.live().filter(team__in=own_teams(self.standing))
        whole = may_edit_team_config(self.standing, None)
        offer(self.fields["service"], mine, empty=_("none: routes say it") if whole else None)

    def stored(self, row: Source) -> dict[str, Any]:
        """As the form says it."""
        rule = row.class_from or {}
        pairs = sorted(dict(rule.get("map", {})).items())
        return {
            "name": row.name or row.slug,
            "kind": row.kind,
            "service": row.service.slug if row.service else "",
            "grouping": row.grouping,
            "watching": row.watching,
            "reconcile_urls": "\n".join(row.reconcile_urls),
            "unsigned": not row.signing_secret,
            "class_label": rule.get("label", ""),
            "class_default": rule.get("default", ""),
            "classes": [{"value": value, "severity": severity} for value, severity in pairs],
        }

    def offered(self, asked: dict[str, str]) -> dict[str, Any]:
        """Alertmanager as most people run it."""
        mine = Service.objects.live().filter(team__in=own_teams(self.standing))
        service = mine.filter(slug=asked.get("service", "").replace("\x00", "")).first() or mine.first()
        classes = [{"value": value, "severity": severity} for value, severity in USUAL["map"]]
        return {
            "name": "" if Source.objects.filter(name="Alertmanager", archived_at=None).exists() else "Alertmanager",
            "kind": FIRST[0],
            "service": service.slug if service else "",
            "unsigned": True,
            "class_label": USUAL["label"],
            "class_default": USUAL["default"],
            "classes": classes,
        }

    def grouped(self, data: QueryDict | None, initial: Mapping[str, Any]) -> list[Parts]:
        """The sender's words for our classes."""
        classes = Parts("classes", ClassForm, data, initial.get("classes", ()))
        return [classes.called(_("Classes"), _("Another word"), compact=True)]

    def clean_reconcile_urls(self) -> list[str]:
        """One a line, http or https."""
        urls = str(self.cleaned_data["reconcile_urls"]).split()
        if wrong := next((url for url in urls if not is_plain(url)), ""):
            raise ValidationError(_("“%s” is not an http or https address without a password.") % wrong[:80])
        if len(urls) > MOST_ADDRESSES:
            raise ValidationError(_("At most %d addresses are asked.") % MOST_ADDRESSES)
        return urls

    def clean_signing_secret(self) -> str:
        """A secret of Standard Webhooks is base64 behind its prefix; one that says nothing protects nothing."""
        secret = str(self.cleaned_data["signing_secret"])
        if not is_usable(secret):
            raise ValidationError(_("Behind whsec_ stands the secret in base64: copy all of it from the sender."))
        return secret

    def agrees(self) -> bool:
        """One class for a word; words need a label that says them."""
        if self.groups[0].filled and not self.cleaned_data["class_label"]:
            self.add_error("class_label", _("Name the label that says these words."))
            return False
        return self.groups[0].refuse_twice("value", _("This word has a class already."))

    def is_allowed(self) -> bool:
        """For a service of a team of theirs."""
        service = self.cleaned_data["service"]
        return may_edit_team_config(self.standing, service.team_id if service else None)

    def write(self, row: Source) -> None:
        """What was typed, into `row`: its rules."""
        data = self.cleaned_data
        for name in ("name", "kind", "service", "grouping", "reconcile_urls"):
            setattr(row, name, data[name])
        words = {one.cleaned_data["value"]: one.cleaned_data["severity"] for one in self.groups[0].filled}
        rule = {"label": data["class_label"], "map": words, "default": data["class_default"]}
        row.class_from = rule if data["class_label"] else {}

    def save(self, row: Any, *, by: User, at: datetime) -> None:  # noqa: ANN401
        """Through the writer; a new one gets its key when it is shown."""
        self.write(row)
        data = self.cleaned_data
        if data["signing_secret"] or data["unsigned"]:
            row.signing_secret = data["signing_secret"]
        row.watching = row.watching or data["watching"]
        setup.save_source(row, by=by, at=at)
        if not data["watching"]:
            watching.start_paging(row, by=by, at=at)


def _connected(request: HttpRequest, row: Source, made: bool) -> HttpResponse | None:
    """A new source is answered with its key, at no address; sent twice, the key that was not used gives way to another."""
    if not made:
        return None
    secret = setup.first_key(row, by=person(request), at=timezone.now())
    return sources.show(request, row, new_key=secret, onward=request.POST.get("next", "")) if secret else None


def _foreseen(form: SourceForm, row: Source, at: datetime) -> dict[str, Any]:
    """What its deliveries would have become. `row` was read afresh, and is not saved."""
    if row.pk is None:
        return seen_again(Replay())
    form.write(row)
    return seen_again(replay(rules_of([form.row], {row.pk: row}, None, at), at))


def _may(standing: Standing, row: Source) -> bool:
    if row.pk:
        return may_edit_team_config(standing, row.service.team_id if row.service else None)
    return may_make(standing)


SOURCE = Thing(
    Source,
    SourceForm,
    gettext_lazy("A new source"),
    gettext_lazy("Source"),
    _may,
    lambda row: reverse("desk:source", args=[row.slug]),
    lambda row: [_("routes") for _route in row.routes.all()[:1]],
    look=gettext_lazy("Try it on the last 7 days"),
    foresee=_foreseen,
    done=_connected,
)


@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """A source, or a new one."""
    return answer(request, SOURCE, slug)
