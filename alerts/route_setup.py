"""The doors of routes that are made by hand: saved, moved, taken out; who may is asked before, in the view.

Those of the organisation's file come first and are changed there; those made by hand stay behind them in their order.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from alerts import versions
from alerts.models import Route
from teams.audit import acting
from teams.models import User
from teams.people import Refused
from teams.setup import VIA, one_at_a_time

FROM_FILE = "This comes from the organisation's file and is changed there."


@transaction.atomic
def save_route(route: Route, *, by: User, at: datetime) -> Route:
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
    with versions.kept(None, by=by, at=at), acting(by, VIA):
        route.save()
    return route


def moved(route: Route, *, up: bool) -> list[Route]:
    """The routes made by hand as they would be tried with `route` one place earlier or later; at the end as they are."""
    order = list(Route.objects.filter(from_file=False).select_related("service", "playbook"))
    place = next((n for n, one in enumerate(order) if one.pk == route.pk), 0)
    other = place - 1 if up else place + 1
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
    return order


@transaction.atomic
def move(route: Route, *, up: bool, by: User, at: datetime) -> None:
    """One place earlier or later among those that were made by hand; at the end nothing happens. Raises `Refused`."""
    one_at_a_time(Route)
    if route.from_file:
        raise Refused(_(FROM_FILE))
    order = moved(route, up=up)
    first = min(one.position for one in order)
    with versions.kept(None, by=by, at=at), acting(by, VIA):
        for position, one in enumerate(order, first):
            if one.position != position:
                one.position = position
                one.save(update_fields=["position"])


@transaction.atomic
def remove(route: Route, *, by: User, at: datetime) -> None:
    """It matches nothing any more; its version keeps what it said. Raises `Refused` for one of the file."""
    one_at_a_time(Route)
    if route.from_file:
        raise Refused(_(FROM_FILE))
    with versions.kept(None, by=by, at=at), acting(by, VIA):
        route.delete()
