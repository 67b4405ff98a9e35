"""Asking people by hand: a test page to oneself, and pulling in anybody."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from incidents import lifecycle
from incidents.models import OVER, Incident, Kind, NotAllowed
from paging import notices, outbox
from paging.models import Page
from paging.outbox import SENDING, Call
from teams.models import Membership, User


@transaction.atomic
def page_me(user: User, *, at: datetime) -> Page:
    """A real page to oneself on every method, as an incident of the worst class would send it.

    Raises NotAllowed when no method could ring.
    """
    written = outbox.write(
        [Call(user, _("you asked for a test page"))], reason=Page.Reason.TEST, severity="critical", at=at
    )
    wake(SENDING)
    if written.unreachable:
        raise NotAllowed(_("No verified method could ring. Add one under My phone & alarms."))
    return written.first()


@transaction.atomic
def pull_in(incident: Incident, *, person: User, by: User, reason: str, at: datetime) -> Page:
    """Page somebody for help, whoever has the incident; logged, and their lead is told. No approval is needed.

    Raises NotAllowed when the incident is over, or the person is not active.
    """
    incident = Incident.objects.locked(incident.pk)
    if incident.state in OVER:
        raise NotAllowed(_("%s is %s.") % (incident, incident.get_state_display()), lost_race=True)
    if not person.is_active:
        raise NotAllowed(_("%s is not active here any more.") % person)
    because = _("%(who)s asks for your help: %(why)s") % {"who": by.short_name, "why": reason or _("please look")}
    written = outbox.write(
        [Call(person, because)], reason=Page.Reason.ASKED_FOR_HELP, severity=incident.severity, at=at, incident=incident
    )
    lifecycle.reacted(incident, at)
    wake(SENDING)
    incident.tell(Kind.PULLED_IN, by=by, at=at, text=reason, person=person.email)
    outbox.tell_paged(incident, written, at=at, reason=Page.Reason.ASKED_FOR_HELP, label=_("asked for help"))
    lifecycle.save(incident)
    _tell_leads(incident, person, by, at)
    return written.first()


@transaction.atomic
def hand_over(incident: Incident, *, to: User, by: User, at: datetime) -> Incident:
    """`to` has the incident from now on, and is paged so that they know. Raises NotAllowed when it is over or they left."""
    if not to.is_active:
        raise NotAllowed(_("%s is not active here any more.") % to)
    incident = lifecycle.hand_over(incident, to=to, by=by, at=at)
    if to.pk == by.pk:
        return incident
    calls = [Call(to, _("%s hands it over to you") % by.short_name)]
    written = outbox.write(calls, reason=Page.Reason.HANDOVER, severity=incident.severity, at=at, incident=incident)
    wake(SENDING)
    outbox.tell_paged(incident, written, at=at, reason=Page.Reason.HANDOVER, label=_("handed over"))
    return lifecycle.save(incident)


def _tell_leads(incident: Incident, person: User, by: User, at: datetime) -> None:
    """The lead of the person pulled in hears it: it is their people's time."""
    teams = Membership.objects.filter(user=person).values("team")
    leads = (
        User.objects.active().filter(memberships__team__in=teams, memberships__place=Membership.Place.LEAD).distinct()
    )
    for lead in leads.exclude(pk__in=[person.pk, by.pk]):
        subject = _("%(person)s was pulled in by %(number)s") % {"person": person, "number": incident.number}
        notices.tell(lead, subject=subject, at=at, path=incident.path, thread=incident.number)
