"""The doors of routes that are made by hand: saved, moved, taken out; who may is asked before, in the view.

Those of the organisation's file come first and are changed there; those made by hand stay behind them in their order.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from alerts.models import Route
from teams.audit import acting
from teams.models import User
from teams.people import Refused
from teams.setup import VIA, one_at_a_time

FROM_FILE = "This comes from the organisation's file and is changed there."


@transaction.atomic
def save_route(route: Route, *, by: User) -> Route:
    """The route as it stands; a new one is the last. Raises `Refused` for one that could never be reached."""
    one_at_a_time(Route)
    if route.from_file:
        raise Refused(_(FROM_FILE))
    twin = Route.objects.filter(source=route.source, match=route.match).exclude(pk=route.pk).first()
    if twin:
        raise Refused(_("There is one with the same source and labels already: only the first would ever match."))
    if route.pk is None:
        last = Route.objects.aggregate(last=Max("position"))["last"]
        route.position = 0 if last is None else last + 1
    with acting(by, VIA):
        route.save()
    return route


@transaction.atomic
def move(route: Route, *, up: bool, by: User) -> None:
    """One place earlier or later among those that were made by hand; at the end nothing happens. Raises `Refused`."""
    one_at_a_time(Route)
    if route.from_file:
        raise Refused(_(FROM_FILE))
    order = list(Route.objects.filter(from_file=False))
    place = next(n for n, one in enumerate(order) if one.pk == route.pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(order):
        return
    order[place], order[other] = order[other], order[place]
    first = min(one.position for one in order)
    with acting(by, VIA):
        for position, one in enumerate(order, first):
            if one.position != position:
                one.position = position
                one.save(update_fields=["position"])


@transaction.atomic
def remove(route: Route, *, by: User) -> None:
    """It matches nothing any more; the history of settings keeps what it said. Raises `Refused` for one of the file."""
    if route.from_file:
        raise Refused(_(FROM_FILE))
    with acting(by, VIA):
        route.delete()
