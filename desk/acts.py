"""What people do to an incident: one POST address per act, each a plain form, each answered without a script too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from alerts import merging, stale
from alerts.am_silences import silence_there
from desk.act_forms import (
    ClassForm,
    HandOverForm,
    MergeForm,
    NoteForm,
    Nothing,
    PullInForm,
    QuietForm,
    ReasonForm,
    RoleForm,
    StateForm,
    TitleForm,
    WorthForm,
)
from desk.answers import see_other
from desk.guard import find_incident, person, require, roles_in, who
from desk.incident import LIVE_RELATED, render_incident, render_resolve
from desk.incident_alerts import still_firing
from desk.public_updates import UpdateForm, WithdrawForm, take_back, tell_public
from desk.undo_offer import tell
from desk.undo_story import offer_for
from foundation.ui import times
from incidents import command, lifecycle
from incidents.models import Incident, NotAllowed, RoleTenure, State
from paging import answers, asking, methods, verdicts
from postmortems.lifecycle import close_incident
from teams.models import Severity, User
from teams.permissions import may_act_on_incident, may_change_state, may_silence, standing


class Warned(str):
    """What was done, and what is not well about it."""

    __slots__ = ()


@dataclass(frozen=True)
class Doing:
    """Who does what to which incident and when."""

    incident: Incident
    by: User
    at: datetime
    data: dict[str, object]

    def text(self, name: str) -> str:
        """A cleaned text field."""
        return str(self.data.get(name) or "")

    def someone(self, name: str) -> User:
        """A cleaned person."""
        found = self.data[name]
        assert isinstance(found, User)  # noqa: S101 - the form's field cleans to a person
        return found


def _acknowledge(do: Doing) -> str:
    incident = answers.acknowledge(do.incident, by=do.by, at=do.at, via="web")
    return answers.in_part(incident) or _("You have %s.") % incident


def _unacknowledge(do: Doing) -> str:
    lifecycle.unacknowledge(do.incident, by=do.by, at=do.at)
    return _("%s is given back: paging starts again.") % do.incident


def _mitigate(do: Doing) -> str:
    lifecycle.mitigate(do.incident, by=do.by, at=do.at)
    return _("%s is mitigated: customers no longer feel it.") % do.incident


def _resolve(do: Doing) -> str:
    lifecycle.resolve(do.incident, by=do.by, at=do.at)
    return _("%s is resolved.") % do.incident


def _reopen(do: Doing) -> str:
    lifecycle.reopen(do.incident, by=do.by, at=do.at)
    return _("%s is open again: paging starts again.") % do.incident


def _escalate(do: Doing) -> str:
    lifecycle.escalate(do.incident, by=do.by, at=do.at)
    return _("Paging goes on to the next step of %s now.") % do.incident


def _quiet(do: Doing) -> str:
    minutes = do.data["minutes"]
    assert isinstance(minutes, int)  # noqa: S101 - the form's field cleans to a number
    until = do.at + timedelta(minutes=minutes)
    lifecycle.quiet_until(do.incident, until=until, because=do.text("reason"), by=do.by, at=do.at)
    words = {"incident": do.incident, "until": times.short(until, now=do.at)}
    return _("%(incident)s is quiet until %(until)s; then it comes back as a page.") % words


def _silence(do: Doing) -> str:
    minutes = do.data["minutes"]
    assert isinstance(minutes, int)  # noqa: S101 - the form's field cleans to a number
    until = do.at + timedelta(minutes=minutes)
    teams = [do.incident.service.team_id] if do.incident.service else []
    require(may_silence(standing(do.by), teams))
    silence_there(do.incident, until=until, because=do.text("reason"), by=do.by, at=do.at)
    words = {"incident": do.incident, "until": times.short(until, now=do.at)}
    return _("The alerts of %(incident)s are silenced in Alertmanager until %(until)s.") % words


def _note(do: Doing) -> str:
    command.note(do.incident, by=do.by, text=do.text("text"), at=do.at)
    return ""


def _cancel(do: Doing) -> str:
    lifecycle.cancel(do.incident, by=do.by, at=do.at, reason=do.text("reason"))
    return _("%s is cancelled: it counts nowhere.") % do.incident


def _class(do: Doing) -> str:
    lifecycle.change_class(do.incident, to=do.text("severity"), by=do.by, at=do.at, reason=do.text("reason"))
    return _("%(incident)s is %(class)s now.") % {"incident": do.incident, "class": Severity(do.text("severity")).label}


def _state(do: Doing) -> str:
    lifecycle.change_state(do.incident, to=do.text("state"), by=do.by, at=do.at)
    return _("%(incident)s is %(state)s now.") % {"incident": do.incident, "state": State(do.text("state")).label}


def _title(do: Doing) -> str:
    lifecycle.retitle(do.incident, title=do.text("title"), by=do.by, at=do.at)
    return _("%s has its new title.") % do.incident


def _role(do: Doing) -> str:
    holder = do.someone("person") if do.data.get("person") else do.by
    command.take_role(do.incident, role=do.text("role"), person=holder, by=do.by, at=do.at)
    words = {"person": _("You") if holder == do.by else holder, "role": RoleTenure.Role(do.text("role")).label}
    return _("%(person)s, from now on: %(role)s.") % words


def _hand_over(do: Doing) -> str:
    to = do.someone("to")
    asking.hand_over(do.incident, to=to, by=do.by, at=do.at)
    words = {"person": to, "incident": do.incident}
    if methods.rings(to):
        return _("%(person)s has %(incident)s now.") % words
    return Warned(
        _("%(person)s has %(incident)s now, and nothing rings: they have no verified way. Call them.") % words
    )


def _pull_in(do: Doing) -> str:
    asked = do.someone("person")
    asking.pull_in(do.incident, person=asked, by=do.by, reason=do.text("reason"), at=do.at)
    if methods.rings(asked):
        return _("%s is being paged.") % asked
    return Warned(_("Nothing can wake %s: they have no verified way. Call them, or pull in somebody else.") % asked)


def _update(do: Doing) -> str:
    return tell_public(do.incident, do.data, by=do.by, at=do.at)


def _withdraw(do: Doing) -> str:
    return take_back(do.incident, do.text("reason"), by=do.by, at=do.at)


def _merge(do: Doing) -> str:
    try:
        other = find_incident(do.by, do.text("into"))
    except Http404 as missing:
        raise NotAllowed(str(missing)) from None
    require(may_change_state(standing(do.by), roles_in(other, do.by)))
    merging.merge(do.incident, into=other, by=do.by, at=do.at)
    return _("%(child)s is part of %(other)s now.") % {"child": do.incident, "other": other}


def _worth(do: Doing) -> str:
    verdicts.judge(do.incident, by=do.by, worth=do.text("worth") == "yes", at=do.at)
    return _("Thank you: your answer counts in on-call health.")


def _close(do: Doing) -> str:
    close_incident(do.incident, do.by, do.at)
    return _("%s is closed: nothing is left to do.") % do.incident


@dataclass(frozen=True)
class Act:
    """One act: what does it, what it asks for, and whether it moves the state (which a guide may not)."""

    run: Callable[[Doing], str]
    form: type[forms.Form] = Nothing
    moves_state: bool = True


ACTS: dict[str, Act] = {
    "acknowledge": Act(_acknowledge),
    "unacknowledge": Act(_unacknowledge),
    "mitigate": Act(_mitigate),
    "resolve": Act(_resolve),
    "reopen": Act(_reopen),
    "escalate": Act(_escalate),
    "quiet": Act(_quiet, QuietForm),
    "silence": Act(_silence, QuietForm),
    "note": Act(_note, NoteForm, moves_state=False),
    "still_true": Act(lambda do: stale.still_true(do.incident, by=do.by, at=do.at)),
    "alerts_over": Act(lambda do: stale.over(do.incident, by=do.by, at=do.at)),
    "cancel": Act(_cancel, ReasonForm),
    "merge": Act(_merge, MergeForm),
    "class": Act(_class, ClassForm),
    "state": Act(_state, StateForm),
    "title": Act(_title, TitleForm, moves_state=False),
    "role": Act(_role, RoleForm, moves_state=False),
    "page": Act(_pull_in, PullInForm, moves_state=False),
    "hand_over": Act(_hand_over, HandOverForm),
    "update": Act(_update, UpdateForm, moves_state=False),
    "withdraw": Act(_withdraw, WithdrawForm, moves_state=False),
    "worth": Act(_worth, WorthForm, moves_state=False),
    "close": Act(_close),
}


@require_POST
def act(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Do `name` to the incident; 303 back to it, or its live part for a script.

    Refusals: 404 not there or not theirs, 403 not allowed, 422 a field is wrong, 409 somebody else was faster (who is said).
    """
    known = ACTS.get(name)
    if known is None:
        raise Http404
    by = person(request)
    incident = find_incident(by, number, related=LIVE_RELATED)
    may = may_change_state if known.moves_state else may_act_on_incident
    require(may(who(request), roles_in(incident, by)))
    form = known.form(request.POST)
    if not form.is_valid():
        return _refused(request, incident, _sentence(form), status=422)
    if name == "resolve" and not request.POST.get("sure") and (firing := still_firing(incident)):
        return render_resolve(request, incident, firing)
    at, was = timezone.now(), incident.state
    try:
        said = known.run(Doing(incident, by, at, form.cleaned_data))
    except NotAllowed as refusal:
        return _refused(request, incident, str(refusal), status=409 if refusal.lost_race else 422)
    if request.htmx:  # type: ignore[attr-defined]
        return render_incident(
            request, find_incident(by, number, related=LIVE_RELATED), part=True, said=said, tone=_tone(said)
        )
    if isinstance(said, Warned):
        messages.warning(request, said)
    elif said:
        tell(request, said, offer_for(incident, was=was, by=by, at=at), at=at)
    return see_other(request, incident.path)


def _tone(said: str) -> str:
    return "warn" if isinstance(said, Warned) else "good"


def _sentence(form: forms.Form) -> str:
    """The first thing that is wrong, with the field's name when it has one."""
    for name, errors in form.errors.items():
        label = form.fields[name].label or name.replace("_", " ") if name in form.fields else ""
        return f"{label}: {errors[0]}" if label else str(errors[0])
    return _("This cannot be read.")


def _refused(request: HttpRequest, incident: Incident, sentence: str, *, status: int) -> HttpResponse:
    """The incident as it is now, with the sentence above it: who won is seen, and nothing typed is lost."""
    fresh = find_incident(person(request), incident.number, related=LIVE_RELATED)
    if request.htmx:  # type: ignore[attr-defined]
        return render_incident(request, fresh, part=True, refused=sentence, status=status)
    # Outside the part that is polled, so that the next poll does not wipe it away.
    messages.error(request, sentence)
    return render_incident(request, fresh, status=status)
