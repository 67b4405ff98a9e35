"""How acts on an incident are taken back, by doors that exist. Whoever acted since is named, and then nothing is taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from desk.guard import find_incident, require, roles_in
from desk.undo_offer import Asking, Offer, TakenBack
from incidents import command, lifecycle, undoing
from incidents.models import Incident, Kind, NotAllowed, State, TimelineEntry
from paging import asking
from teams.models import Severity, User
from teams.permissions import may_act_on_incident, may_change_state

WORDS = frozenset({Kind.ROLE, Kind.EDITED})
"""Lines that move no state: whoever guides may take them back too."""
UNDOABLE = frozenset({Kind.ACKNOWLEDGED, Kind.MITIGATED, Kind.RESOLVED, Kind.STATE, Kind.CLASS, Kind.ROLE, Kind.EDITED})


def offer_for(incident: Incident, *, was: str, by: User, at: datetime) -> Offer | None:
    """What takes back the line that `by` just wrote into the story at `at`; None when there is none, or no way back.

    `was` is the state that the incident had before.
    """
    entry = incident.timeline.filter(by=by, at=at, kind__in=UNDOABLE).order_by("pk").last()
    if entry is None:
        return None
    facts = {"number": incident.number, "entry": entry.pk, "was": was}
    return Offer("story", facts, incident.path, _means(entry))


def _means(entry: TimelineEntry) -> str:
    """What else comes of taking it back: nobody is paged by surprise."""
    if entry.kind == Kind.RESOLVED:
        return _("it is open again, and paging starts again")
    if entry.kind != Kind.ACKNOWLEDGED:
        return ""
    before = _had_it(entry)
    return _("%s has it again, and is paged") % before.short_name if before else _("paging starts again")


def _had_it(entry: TimelineEntry) -> User | None:
    """From whom an acknowledged incident was taken."""
    return User.objects.active().filter(email=entry.data.get("from") or "").first()


def take_back(ask: Asking) -> TakenBack:
    """Take back one line of an incident's story, if nothing rests on it since."""
    found = find_incident(ask.by, str(ask.facts["number"]))
    incident = Incident.objects.locked(found.pk)
    entry = get_object_or_404(incident.timeline, pk=ask.facts["entry"])
    may = may_act_on_incident if entry.kind in WORDS else may_change_state
    require(may(ask.standing, roles_in(incident, ask.by)))
    refuse_if_overtaken(ask, entry)
    return TakenBack(BACK[entry.kind](ask, incident, entry), incident.path)


def refuse_if_overtaken(ask: Asking, entry: TimelineEntry) -> None:
    """Raise NotAllowed, naming who acted since, when something rests on this line of the story by now."""
    since = undoing.overtaken(entry)
    if since is None:
        return
    words = {"what": since.get_kind_display(), "incident": entry.incident}
    if since.by_id == ask.by.pk:
        raise NotAllowed(_("You did something else to %(incident)s since (%(what)s).") % words, lost_race=True)
    words["who"] = since.by or since.cause or _("Sharp End")
    raise NotAllowed(_("%(who)s did something to %(incident)s since (%(what)s).") % words, lost_race=True)


def _acknowledged(ask: Asking, incident: Incident, entry: TimelineEntry) -> str:
    if before := _had_it(entry):
        asking.hand_over(incident, to=before, by=ask.by, at=ask.at)
        return _("%(person)s has %(incident)s again.") % {"person": before, "incident": incident}
    lifecycle.unacknowledge(incident, by=ask.by, at=ask.at)
    return _("%s is given back: paging starts again.") % incident


def _looked_at(state: object) -> str:
    """The state before; "nobody has looked" is never true again."""
    return State.INVESTIGATING if state == State.TRIAGE else str(state)


def _mitigated(ask: Asking, incident: Incident, entry: TimelineEntry) -> str:
    undoing.still_felt(incident, to=_looked_at(ask.facts["was"]), by=ask.by, at=ask.at)
    return _("%s is not mitigated: customers still feel it.") % incident


def _resolved(ask: Asking, incident: Incident, entry: TimelineEntry) -> str:
    lifecycle.reopen(incident, by=ask.by, at=ask.at)
    return _("%s is open again: paging starts again.") % incident


def _state(ask: Asking, incident: Incident, entry: TimelineEntry) -> str:
    incident = lifecycle.change_state(incident, to=_looked_at(entry.data["from"]), by=ask.by, at=ask.at)
    return _("%(incident)s is %(state)s again.") % {"incident": incident, "state": incident.get_state_display()}


def _class(ask: Asking, incident: Incident, entry: TimelineEntry) -> str:
    before = Severity(str(entry.data["from"]))
    lifecycle.change_class(incident, to=before, by=ask.by, at=ask.at, reason=_("taken back"))
    return _("%(incident)s is %(class)s again.") % {"incident": incident, "class": before.label}


def _title(ask: Asking, incident: Incident, entry: TimelineEntry) -> str:
    lifecycle.retitle(incident, title=str(entry.data["old"]), by=ask.by, at=ask.at)
    return _("%s has its old title again.") % incident


def _role(ask: Asking, incident: Incident, entry: TimelineEntry) -> str:
    """Back to whom it was taken from at that instant; else nobody holds it."""
    role = str(entry.data["role"])
    holder = get_object_or_404(User, email=entry.data["person"])
    before = incident.tenures.filter(role=role, end=entry.at).exclude(person=holder).select_related("person").last()
    if before and before.person.is_active:
        command.take_role(incident, role=role, person=before.person, by=ask.by, at=ask.at)
        return _("%s has this role again.") % before.person
    undoing.leave_role(incident, role=role, person=holder, by=ask.by, at=ask.at)
    return _("Nobody has this role now.") if holder == ask.by else _("%s no longer has this role.") % holder


BACK: dict[str, Callable[[Asking, Incident, TimelineEntry], str]] = {
    Kind.ACKNOWLEDGED: _acknowledged,
    Kind.MITIGATED: _mitigated,
    Kind.RESOLVED: _resolved,
    Kind.STATE: _state,
    Kind.CLASS: _class,
    Kind.EDITED: _title,
    Kind.ROLE: _role,
}
