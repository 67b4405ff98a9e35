"""What can be done by typing it: each act is a form to the act's own address, and says before who is paged by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import palette_finds as finds
from desk import palette_incidents as found
from desk.forecast import if_escalated
from desk.guard import movable
from desk.incident_alerts import still_firing
from desk.pagers import pagers_of, reachable_by
from desk.palette_rows import Press, Row, Word
from desk.palette_spoken import Spoken
from incidents.models import Incident, NotAllowed
from paging.forecast import would_page
from teams.models import User
from teams.permissions import Standing, may_declare, may_write

TITLE = 300


@dataclass(frozen=True)
class Asking:
    """Who typed what, and when."""

    spoken: Spoken
    user: User
    who: Standing
    at: datetime


@dataclass(frozen=True)
class Moving:
    """An act on one incident: its button, what it brings about, and what was typed for "which one?"."""

    label: Word
    icon: str
    tells: Callable[[Incident, Asking], str]
    typed: Word
    sure: bool = False
    kind: str = ""


def _acknowledging(incident: Incident, asking: Asking) -> str:
    if incident.held_by_id == asking.user.pk:
        raise NotAllowed(_("You have it already."))
    if incident.is_held:
        return _("%s has it now: you take it over.") % incident.holder
    return _("You have it, and nobody else is paged for it.")


def _giving_back(incident: Incident, asking: Asking) -> str:
    if not incident.is_held:
        raise NotAllowed(_("Nobody has it, so there is nothing to give back."))
    return _("Paging starts again. %s") % would_page(incident.service, asking.at).sentence


def _resolving(incident: Incident, asking: Asking) -> str:
    firing = still_firing(incident)
    if firing:
        return _("%d of its alerts still fire: you are asked once more.") % firing
    return _("The response is over, and nobody is paged for it any more.")


def _mitigating(incident: Incident, asking: Asking) -> str:
    if incident.mitigated_at is not None:
        raise NotAllowed(_("It is mitigated already."))
    return _("Customers no longer feel it. The incident stays open.")


def _escalating(incident: Incident, asking: Asking) -> str:
    return _("%s is paged at once.") % if_escalated(incident, asking.at)


MOVING = {
    "acknowledge": Moving(gettext_lazy("Acknowledge"), "hand", _acknowledging, "ack", sure=True, kind="primary"),
    "unacknowledge": Moving(gettext_lazy("Give it back"), "undo-2", _giving_back, "give back"),
    "resolve": Moving(gettext_lazy("Resolve"), "circle-check", _resolving, "resolve"),
    "mitigate": Moving(gettext_lazy("Mitigated"), "wrench", _mitigating, "mitigated"),
    "escalate": Moving(gettext_lazy("Escalate now"), "bell-ring", _escalating, "escalate", kind="red"),
}


def acts(spoken: Spoken, user: User, who: Standing, at: datetime) -> list[Row]:
    """What the person asked to do, as lines; nothing when no act was typed. A constant number of queries."""
    asking = Asking(spoken, user, who, at)
    if spoken.verb in MOVING:
        return _move(asking, MOVING[spoken.verb])
    return OTHERS[spoken.verb](asking) if spoken.verb in OTHERS else []


def _move(asking: Asking, moving: Moving) -> list[Row]:
    if not may_write(asking.who):
        return [_sentence(_("Observers read; they do nothing to an incident."))]
    if asking.spoken.number:
        incident = found.numbered(asking.user, asking.spoken.number)
        return [_moved(asking, moving, incident) if incident else _unknown(asking.spoken.number)]
    rows = [one for one in _meant(asking) if one.is_open]
    if asking.spoken.verb == "acknowledge":
        may = movable(asking.who, rows)
        return [found.row(one, takes=one.pk in may) for one in rows if one.held_by_id != asking.user.pk]
    return [_ask_again(asking.spoken, moving, one) for one in rows]


def _meant(asking: Asking) -> list[Incident]:
    """Without a number: those whose titles have the words, else those that one would mean."""
    if asking.spoken.rest:
        return found.titled(asking.user, asking.spoken.rest.split())
    unheld = asking.spoken.verb in {"acknowledge", "escalate"}
    return found.to_take(asking.user) if unheld else found.held(asking.user)


def _moved(asking: Asking, moving: Moving, incident: Incident) -> Row:
    """The act on this incident, or the sentence why it cannot be done."""
    try:
        if not incident.is_open:
            raise NotAllowed(_("It is %s.") % incident.get_state_display())
        if not movable(asking.who, [incident]):
            raise NotAllowed(_("You only guide this incident: somebody else changes its state."))
        told = moving.tells(incident, asking)
    except NotAllowed as refusal:
        return Row(moving.icon, incident.title, incident.path, str(refusal), incident=incident)
    act = found.address(incident, asking.spoken.verb)
    press = Press(moving.label, act, kind=moving.kind, sure=moving.sure and not incident.is_held)
    return Row(moving.icon, incident.title, "", told, press, incident)


def _ask_again(spoken: Spoken, moving: Moving, incident: Incident) -> Row:
    """One of several: its number is put behind the act, and the field asked again."""
    title = f"{moving.label}: {incident.number} {incident.title}"
    return Row(moving.icon, title, f"{reverse('desk:find')}?{urlencode({'q': f'{moving.typed} {incident.number}'})}")


def _note(asking: Asking) -> list[Row]:
    spoken = asking.spoken
    if not may_write(asking.who):
        return [_sentence(_("Observers read; they write no notes."))]
    if not spoken.number:
        return [_hint("note 12 …", _("Type the number of the incident, then the note."))] if not spoken.rest else []
    incident = found.numbered(asking.user, spoken.number)
    if incident is None:
        return [_unknown(spoken.number)]
    if not spoken.rest:
        return [Row("message-square", _("Write a note on %s") % incident, f"{incident.path}#note", incident.title)]
    press = Press(_("Add the note"), found.address(incident, "note"), (("text", spoken.rest),), "primary", sure=True)
    return [Row("message-square", incident.title, "", f"“{spoken.rest}”", press, incident)]


def _declare(asking: Asking) -> list[Row]:
    if not may_declare(asking.who):
        return [_sentence(_("Observers read; they declare no incident."))]
    return [declare_row(asking.spoken.rest)]


def declare_row(title: str) -> Row:
    """The way to the form, with its title filled in: it says who would be paged."""
    query = f"?{urlencode({'title': title[:TITLE]})}" if title else ""
    name = _("Declare “%s”") % title[:TITLE] if title else _("Declare an incident")
    return Row("siren", name, reverse("desk:declare") + query, _("The form says who is paged before you send it."))


def page_me_row(user: User) -> Row:
    """A real test page to oneself, and by what it comes; one query."""
    methods = reachable_by([user]).get(user.pk)
    if not methods:
        told = _("No verified way reaches you yet: add one first.")
        return Row("bell-ring", _("Page me: a test"), reverse("desk:settings_methods"), told, warns=True)
    told = _("You are paged now, for real: %s.") % ", ".join(map(str, methods))
    return Row("bell-ring", _("Page me: a test"), "", told, Press(_("Page me"), reverse("desk:page_me")))


def _pull_in(asking: Asking) -> list[Row]:
    """People by name, with the button that pages them for the incident that was typed, else for one that I have."""
    spoken = asking.spoken
    if not may_write(asking.who):
        return [_sentence(_("Observers read; they page nobody but themselves."))]
    if not spoken.rest:
        return [page_me_row(asking.user), _hint("page …", _("Type a name to pull somebody in."))]
    named = [one for one in finds.people(spoken.rest.split()) if one.pk != asking.user.pk]
    one = found.numbered(asking.user, spoken.number) if spoken.number else None
    if spoken.number and one is None:
        return [_unknown(spoken.number)]
    for_them = one or next(iter(found.held(asking.user)), None)
    if not named or for_them is None or not for_them.is_open:
        why = _("Pulling in needs an open incident: type its number behind the name.")
        return [_hint(f"pull in {spoken.rest} 12", why)] if named else []
    told = _("Paged at once, on every way of theirs. Nobody has to approve it.")
    return [Row("user-plus", str(who), "", told, finds.pull_in(for_them, who)) for who in named]


def _who(asking: Asking) -> list[Row]:
    schedules = finds.schedules(asking.spoken.rest.split(), asking.user)
    return [finds.pager_row(pager, asking.who) for pager in pagers_of(schedules, asking.user, asking.at)]


def _override(asking: Asking) -> list[Row]:
    if not may_write(asking.who):
        return [_sentence(_("Observers read; they move no shift."))]
    title = _("Somebody else takes the pager of %s")
    return [
        Row("calendar-days", title % one, reverse("desk:override", args=[one.slug]), str(one.team))
        for one in finds.schedules(asking.spoken.rest.split(), asking.user)
    ]


def _help(asking: Asking) -> list[Row]:
    return [
        Row("circle-help", _("Help: the first page"), reverse("desk:first_run")),
        Row("info", _("Everything that can be typed"), reverse("desk:find"), _("An empty field says it.")),
    ]


def _sign_out(asking: Asking) -> list[Row]:
    press = Press(_("Sign out"), reverse("account_logout"))
    return [Row("log-out", _("Sign out"), "", _("This browser no longer shows when you are paged."), press)]


def _sentence(text: str) -> Row:
    return Row("info", text)


def _hint(typed: str, told: str) -> Row:
    """What could be typed, and what it would do."""
    return Row("info", typed, "", told)


def _unknown(number: int) -> Row:
    return _sentence(_("There is no incident INC-%d, or it is not yours to see.") % number)


OTHERS: dict[str, Callable[[Asking], list[Row]]] = {
    "note": _note,
    "declare": _declare,
    "page_me": lambda asking: [page_me_row(asking.user)],
    "pull_in": _pull_in,
    "who": _who,
    "override": _override,
    "help": _help,
    "sign_out": _sign_out,
}
