"""Acknowledging several at once: each through its own door, each with its own answer, nothing taken from anybody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from desk.answers import see_other
from desk.guard import movable, person, require, visible, who
from desk.undo_offer import tell
from desk.undo_story import offer_for
from incidents.models import NUMBER, Incident, IncidentQuerySet, NotAllowed
from paging import answers
from teams.models import User
from teams.permissions import Standing, may_write

MOST = 100
"""So many at once; the list has fewer on a page."""
NAMED = 10
"""So many refusals are told one by one."""


def takeable(standing: Standing, incidents: Iterable[Incident]) -> set[int]:
    """The ids of those that this person may acknowledge and that nobody has; one query."""
    return movable(standing, [incident for incident in incidents if not incident.is_held])


@require_POST
def acknowledge_many(request: HttpRequest) -> HttpResponse:
    """Acknowledge each `number` of the form; 303 back to the list, with a sentence for each that could not be.

    One after the other in the order of their numbers, each in a transaction of its own: what fails holds up nothing else.
    """
    by, standing, at = person(request), who(request), timezone.now()
    require(may_write(standing), _("Observers read; they do nothing to an incident."))
    asked = _numbers(request.POST.getlist("number"))
    found = {one.pk: one for one in _known(by, asked)}
    may = movable(standing, found.values())
    taken: list[Incident] = []
    refused: list[str] = [] if asked else [_("Nothing was ticked.")]
    for pk in asked:
        try:
            taken.append(_taken(found.get(pk), pk, may, by, at))
        except NotAllowed as refusal:
            refused.append(str(refusal))
    if len(taken) == 1:
        _offer(request, taken[0], found[taken[0].pk].state, by, at)
    _say(request, taken, refused)
    return see_other(request, reverse("desk:incidents"))


def _numbers(typed: list[str]) -> list[int]:
    """The ids that the form names, in order, each once; what is no number is left out."""
    return sorted({int(match[1]) for text in typed[:MOST] if (match := NUMBER.fullmatch(text))})


def _known(by: User, ids: list[int]) -> list[Incident]:
    """Those that are theirs to see; whoever was paged for a restricted one is one of its people."""
    rows = IncidentQuerySet(Incident).filter(pk__in=ids)
    return [*visible(by).filter(pk__in=ids), *rows.filter(restricted=True, pages__person=by).distinct()]


def _taken(incident: Incident | None, pk: int, may: set[int], by: User, at: datetime) -> Incident:
    """`by` has it now. Raises NotAllowed with the sentence to show."""
    if incident is None:
        raise NotAllowed(_("There is no incident INC-%d, or it is not yours to see.") % pk)
    if incident.is_open and pk not in may:
        raise NotAllowed(_("You only guide %s: somebody else changes its state.") % incident)
    with transaction.atomic():
        fresh = Incident.objects.locked(pk)
        if fresh.held_by and fresh.held_by_id != by.pk:
            told = {"person": fresh.held_by, "incident": fresh}
            raise NotAllowed(_("%(person)s has %(incident)s already: open it to take it over.") % told)
        return answers.acknowledge(fresh, by=by, at=at, via="web")


def _offer(request: HttpRequest, taken: Incident, was: str, by: User, at: datetime) -> None:
    """One alone can be taken back in the message, as on its own page; `was` is the state that it had before."""
    tell(request, answers.in_part(taken) or _("You have %s.") % taken, offer_for(taken, was=was, by=by, at=at), at=at)


def _say(request: HttpRequest, taken: list[Incident], refused: list[str]) -> None:
    """What was done, once, and what was not, one by one."""
    if len(taken) > 1:
        words = {"n": len(taken), "numbers": ", ".join(map(str, taken))}
        messages.success(request, _("You have %(n)d incidents: %(numbers)s.") % words)
    for sentence in refused[:NAMED]:
        messages.error(request, sentence)
    if (more := len(refused) - NAMED) > 0:
        told = ngettext("%d more could not be acknowledged.", "%d more could not be acknowledged.", more)
        messages.error(request, told % more)
