"""What is done to a postmortem beside writing it: a form each, at an address that a mail can link to. GET shows, POST does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.act_forms import PersonField
from desk.answers import SeeOther
from desk.guard import person, require, who
from desk.learning import faces_of
from desk.override import WallClock
from desk.postmortem import writable
from desk.postmortem_blocked import cannot_go_on
from desk.postmortem_can import can_of
from incidents.models import NotAllowed
from oncall.wallclock import first_instant
from postmortems import lifecycle
from postmortems.models import Clock, Postmortem
from teams.models import User


@dataclass(frozen=True)
class Doing:
    """Who does what to which postmortem and when."""

    pm: Postmortem
    by: User
    at: datetime
    data: dict[str, Any]
    can: dict[str, bool]


class HandOverForm(forms.Form):
    """Who owns it from now on."""

    to = PersonField(label=gettext_lazy("Who writes it from now on?"))


class KindForm(forms.Form):
    """Which of both deadlines is meant."""

    kind = forms.ChoiceField(label=gettext_lazy("Which one?"), choices=Clock.Kind.choices)


class ExtendForm(KindForm):
    """More time; who may grant it says until when."""

    until = WallClock(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("On your clock. Empty: as long as one extension may give."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why is more time needed?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("At least 20 characters."),
    )

    def clean_until(self) -> datetime | None:
        """The instant."""
        typed: datetime | None = self.cleaned_data["until"]
        if typed and not 1970 < typed.year < 2100:  # noqa: PLR2004 - what a calendar here may show
            raise forms.ValidationError(_("A year between 1970 and 2100."))
        return first_instant(typed, get_current_timezone_name()) if typed else None


class BlockedForm(forms.Form):
    """What stands in the way of writing it."""

    text = forms.CharField(
        label=gettext_lazy("It cannot go on because"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class WaiveForm(KindForm):
    """Why it is not written."""

    code = forms.ChoiceField(label=gettext_lazy("Because"), choices=Clock.Waiver.choices)
    text = forms.CharField(
        label=gettext_lazy("In your words"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    link = forms.URLField(
        label=gettext_lazy("Address of the provider's report"), max_length=500, required=False, assume_scheme="https"
    )


class OwedForm(forms.Form):
    """Facts from which duties follow."""

    data_loss = forms.BooleanField(label=gettext_lazy("Data of customers was lost or altered"), required=False)
    security = forms.BooleanField(label=gettext_lazy("It touches security"), required=False)
    public = forms.ChoiceField(
        label=gettext_lazy("A public postmortem is"),
        choices=[
            ("", gettext_lazy("as the rule says")),
            ("yes", gettext_lazy("owed")),
            ("no", gettext_lazy("not owed")),
        ],
        required=False,
    )
    because = forms.CharField(
        label=gettext_lazy("Why the rule does not fit"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("At least 20 characters; needed to decide against the rule."),
    )


def _hand_over(do: Doing) -> str:
    to: User = do.data["to"]
    lifecycle.hand_over(do.pm, to, do.by, do.at)
    return _("%s writes it from now on, and was told.") % to


def _extend(do: Doing) -> str:
    kind, reason = do.data["kind"], do.data["reason"]
    if not do.can["extend"]:
        lifecycle.ask_extension(do.pm, kind, reason, do.by, do.at)
        return _("Asked. Until somebody grants it, the deadline stands.")
    lifecycle.extend(do.pm, kind, do.data["until"], reason=reason, by=do.by, at=do.at)
    return _("It has more time now.")


def _waive(do: Doing) -> str:
    data = do.data
    lifecycle.waive(do.pm, data["kind"], data["code"], data["text"], data["link"], by=do.by, at=do.at)
    return _("It is waived; the weekly review lists it.")


def _owed(do: Doing) -> str:
    pm, by_hand = do.pm, {"yes": True, "no": False}.get(do.data["public"])
    lifecycle.flag(
        pm.incident,
        data_loss=do.data["data_loss"] if do.data["data_loss"] != pm.data_loss else None,
        security=do.data["security"] if do.data["security"] != pm.security else None,
        public_by_hand=by_hand if by_hand != pm.public_by_hand else None,
        because=do.data["because"],
        by=do.by,
        at=do.at,
    )
    return _("Noted. The deadlines follow from it.")


def _blocked(do: Doing) -> str:
    told = cannot_go_on(do.pm, do.data["text"].replace("\x00", ""), by=do.by, at=do.at)
    return _("%s was told.") % told if told else _("It is in the story.")


@dataclass(frozen=True)
class Act:
    """One form: what does it, its words, and the permission that it needs beside writing."""

    form: type[forms.Form]
    run: Callable[[Doing], str]
    title: str | Promise
    button: str | Promise
    help: str | Promise = ""
    needs: str = "write"


FORMS: dict[str, Act] = {
    "hand-over": Act(
        HandOverForm, _hand_over, gettext_lazy("Who writes it?"), gettext_lazy("Hand over"),
        gettext_lazy("One person owns a postmortem. The deadlines stay as they are."),
    ),
    "extend": Act(
        ExtendForm, _extend, gettext_lazy("More time"), gettext_lazy("Ask for it"),
        gettext_lazy(
            "Internal: twice, by 24 hours each. Public: once, by 7 days, and customers read the new date. An extended "
            "deadline counts as kept, but not as on time."
        ),
    ),
    "blocked": Act(
        BlockedForm, _blocked, gettext_lazy("It cannot go on"), gettext_lazy("Tell the manager"),
        gettext_lazy("The manager of the team is told and it stands in the story. The deadline stays as it is."),
    ),
    "waive": Act(
        WaiveForm, _waive, gettext_lazy("Waive it"), gettext_lazy("Waive it"),
        gettext_lazy("Nobody writes it then. The weekly review lists it with your name and reason."), needs="waive",
    ),
    "owed": Act(OwedForm, _owed, gettext_lazy("What is owed?"), gettext_lazy("Save")),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """The form called `name`; POST does it and goes back to the postmortem.

    Refusals: 404 not there or not theirs, 403 not allowed, 422 a field or a rule, 409 somebody was faster.
    """
    act = FORMS.get(name)
    if act is None:
        raise Http404
    pm = writable(request, number)
    can = can_of(who(request), pm)
    require(can[act.needs])
    if request.method != "POST":
        return _show(request, pm, act, act.form(initial=_initial(request, pm, name)), can)
    typed = act.form(request.POST)
    if not typed.is_valid():
        return _show(request, pm, act, typed, can, status=422)
    try:
        said = act.run(Doing(pm, person(request), timezone.now(), typed.cleaned_data, can))
    except NotAllowed as refusal:
        _say_where(typed, refusal)
        return _show(request, pm, act, typed, can, status=refusal.status_code)
    messages.success(request, said)
    return SeeOther(pm.path)


def _say_where(typed: forms.Form, refusal: NotAllowed) -> None:
    """The refusal at the field that it names, else above the form."""
    name = next((name for name in refusal.fields if name in typed.fields), None)
    typed.add_error(name, str(refusal))


def _initial(request: HttpRequest, pm: Postmortem, name: str) -> dict[str, Any]:
    """What is true now; the deadline that runs out first is the one that is meant."""
    if name == "owed":
        public = {True: "yes", False: "no", None: ""}[pm.public_by_hand]
        return {
            "data_loss": pm.data_loss,
            "security": pm.security,
            "public": public,
            "because": pm.public_by_hand_because,
        }
    if name in {"extend", "waive"}:
        asked = request.GET.get("kind", "")
        first = faces_of(pm.incident, timezone.now(), pm).runs_out
        return {"kind": asked if asked in Clock.Kind.values else first.kind if first else ""}
    return {}


def _show(
    request: HttpRequest, pm: Postmortem, act: Act, typed: forms.Form, can: dict[str, bool], status: int = 200
) -> HttpResponse:
    at = timezone.now()
    grants = act.run is _extend and can["extend"]
    if act.run is _extend and not grants:
        del typed.fields["until"]
    context = {
        "at": at,
        "pm": pm,
        "incident": pm.incident,
        "faces": faces_of(pm.incident, at, pm),
        "asked": _asked(pm) if grants else None,
        "act": act,
        "form": typed,
        "button": _("Grant it") if grants else act.button,
    }
    return render(request, "desk/postmortem_form.html", context, status=status)


def _asked(pm: Postmortem) -> Clock | None:
    """The extension that the owner asked for and nobody granted yet."""
    waiting = pm.clocks.filter(extension_asked_at__isnull=False, ended_at=None, extended_by=None)
    return waiting.order_by("-extension_asked_at").first()
