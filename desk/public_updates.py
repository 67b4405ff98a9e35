"""What customers are told about one incident: the form on its page, what was said, and the promise of the next word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Incident, NotAllowed
from status import publishing, states
from status.models import ComponentState, PublicIncident, PublicUpdate
from status.writers import post_update, withdraw
from teams.models import User

CADENCE = {"critical": 20, "major": 60}
"""Minutes after which customers hear again, by class (section 8 of the incident rules)."""
PROMISES = (20, 30, 60, 120, 240)
SHOWN = 20
PREFIX = "component-"


class UpdateForm(forms.Form):
    """One word to the public. The states of components come beside it, each in a field of its own."""

    title = forms.CharField(label=gettext_lazy("Title for customers"), max_length=200, required=False)
    status = forms.ChoiceField(label=gettext_lazy("Where it stands"), choices=PublicUpdate.Status.choices)
    body = forms.CharField(label=gettext_lazy("What customers should know"), max_length=20_000, widget=forms.Textarea)
    next_in = forms.TypedChoiceField(
        choices=[("", ""), *((minutes, minutes) for minutes in PROMISES)], coerce=int, required=False, empty_value=None
    )

    def clean(self) -> dict[str, Any]:
        """With the states that were chosen, by slug."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        sent = {str(name).removeprefix(PREFIX): str(self.data[name]) for name in self.data if name.startswith(PREFIX)}
        data["components"] = {slug: state for slug, state in sent.items() if state}
        return data


class WithdrawForm(forms.Form):
    """Why everything that was said is taken back."""

    reason = forms.CharField(label=gettext_lazy("Why"), max_length=1000)


def tell_public(incident: Incident, data: Mapping[str, Any], *, by: User, at: datetime) -> str:
    """Publish what the form said. Raises NotAllowed, with the sentence of the field that is wrong."""
    minutes = data["next_in"]
    try:
        update = post_update(
            incident,
            title=data["title"],
            status=data["status"],
            body=data["body"],
            components=data["components"],
            by=by,
            at=at,
            next_by=at + timedelta(minutes=minutes) if minutes else None,
        )
    except NotAllowed as refusal:
        sentences = [one for lines in refusal.fields.values() for one in lines]
        raise NotAllowed(" ".join([str(refusal), *sentences]), lost_race=refusal.lost_race) from None
    if publishing.stands(update.public, update.code):
        return _("Customers can read it now.")
    return _("It is kept. The public page could not be written just now; it is tried again each minute.")


def take_back(incident: Incident, reason: str, *, by: User, at: datetime) -> str:
    """Withdraw everything that customers were told of this incident."""
    if publishing.stands(withdraw(incident, reason=reason, by=by, at=at)):
        return _(
            "It is taken back. The public page still shows it: it could not be written, and is tried again each minute."
        )
    return _("It is off the public page.")


def told(request: HttpRequest, incident: Incident, *, may_write: bool, refused: bool = False) -> dict[str, Any]:
    """What was said, newest first, and the form: as it was typed when this request was refused."""
    typed = request.POST if refused and request.path.endswith("/update/") else None
    public = PublicIncident.objects.filter(incident=incident).first()
    standing = states.standing_updates().filter(public=public) if public else PublicUpdate.objects.none()
    updates = list(standing.select_related("by").prefetch_related("changes__component").order_by("-at", "-pk")[:SHOWN])
    latest = updates[0] if updates else None
    promise = latest.next_by if latest and latest.status != PublicUpdate.Status.RESOLVED else None
    return {
        "public": public if updates else None,
        "updates": updates,
        "promise": promise,
        "form": _form(typed, incident, public, latest) if may_write and not incident.drill else None,
    }


def _form(
    sent: QueryDict | None, incident: Incident, public: PublicIncident | None, latest: PublicUpdate | None
) -> dict[str, Any]:
    typed = sent or QueryDict()
    cadence = CADENCE.get(incident.severity) if incident.is_open else None
    components = list(states.shown_components().order_by("group", "position", "slug"))
    now = states.current_states(components)
    return {
        "open": sent is not None,
        "first": latest is None,
        "title": typed.get("title", public.title if public else ""),
        "body": typed.get("body", ""),
        "status": typed.get("status", _next_status(incident, latest)),
        "statuses": PublicUpdate.Status.choices,
        "next_in": str(typed.get("next_in", cadence or "")),
        "promises": [str(minutes) for minutes in PROMISES],
        "components": [
            {"component": one, "now": ComponentState(now[one.pk]).label, "chosen": typed.get(f"{PREFIX}{one.slug}", "")}
            for one in components
        ],
        "component_states": ComponentState.choices,
    }


def _next_status(incident: Incident, latest: PublicUpdate | None) -> str:
    """What it probably is: resolved when it is over, monitoring once mitigated, else where the last word left it."""
    if not incident.is_open:
        return str(PublicUpdate.Status.RESOLVED)
    if incident.mitigated_at:
        return str(PublicUpdate.Status.MONITORING)
    return latest.status if latest else str(PublicUpdate.Status.INVESTIGATING)
