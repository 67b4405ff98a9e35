"""Versions of rules: what is saved becomes one, and each can be tried on the last days and brought back.

The rules are those of one source, or (for None) the routes that were made by hand; those of the organisation's file
have their versions where the file is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from alerts.models import Route, RuleVersion, Source
from teams.audit import acting
from teams.models import Playbook, Service, User
from teams.people import Refused
from teams.setup import VIA, one_at_a_time

OF_SOURCE = ("kind", "service_id", "grouping", "group_by", "class_from", "mapping")
SPANS = ("resolve_hold", "reopen_window", "group_window")
"""In seconds, as JSON has no durations."""
OF_ROUTE = ("source_id", "match", "service_id", "severity", "playbook_id")
Rules = list[dict[str, Any]]
"""A source's are one record, routes are one each, in the order in which they are tried."""


def said_now(source: Source | None) -> Rules:
    """The rules as they stand in the database."""
    if source is None:
        return [_said(route, OF_ROUTE) for route in Route.objects.filter(from_file=False)]
    return [said_by(row) for row in Source.objects.filter(pk=source.pk)]


def said_by(source: Source) -> dict[str, Any]:
    """The rules of a source as this row says them."""
    spans = {name: getattr(source, name) for name in SPANS}
    seconds = {name: None if span is None else span.total_seconds() for name, span in spans.items()}
    return _said(source, OF_SOURCE) | seconds


def _said(row: Route | Source, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


@contextmanager
def kept(source: Source | None, *, by: User | None, at: datetime, back_to: int | None = None) -> Iterator[None]:
    """What is saved inside is the next version; a change of nothing is none. Call inside a transaction.

    What was there before versions were kept becomes the first one, by nobody.
    """
    one_at_a_time(RuleVersion)
    before = said_now(source)
    if (before or source is None) and not RuleVersion.objects.filter(source=source).exists():
        RuleVersion.objects.create(source=source, number=1, at=at, rules=before)
    yield
    after = said_now(source)
    if after != before:
        last = RuleVersion.objects.filter(source=source).aggregate(last=Max("number"))["last"] or 0
        RuleVersion.objects.create(source=source, number=last + 1, at=at, by=by, rules=after, back_to=back_to)


def source_as(source: Source, version: RuleVersion) -> Source:
    """`source` with the rules of `version`, not saved. Raises `Refused` where its service is not there any more."""
    planned, said = copy(source), version.rules[0]
    for name in OF_SOURCE:
        setattr(planned, name, said[name])
    for name in SPANS:
        setattr(planned, name, None if said[name] is None else timedelta(seconds=said[name]))
    _still_there(Service, {said["service_id"]})
    return planned


def routes_as(version: RuleVersion) -> list[Route]:
    """The routes by hand of `version`, those that are there still as themselves; not saved, in their order.

    Raises `Refused` where a service, source or playbook that they name is not in use any more.
    """
    rules: Rules = version.rules
    _still_there(Service, {said["service_id"] for said in rules})
    _still_there(Source, {said["source_id"] for said in rules})
    _still_there(Playbook, {said["playbook_id"] for said in rules})
    hand = list(Route.objects.filter(from_file=False))
    first = min((route.position for route in hand), default=_behind_the_file())
    planned = []
    for position, said in enumerate(rules, first):
        same = (one for one in hand if (one.source_id, one.match) == (said["source_id"], said["match"]))
        route = next(same, None) or Route()
        for name in OF_ROUTE:
            setattr(route, name, said[name])
        route.position = position
        planned.append(route)
    return planned


def _behind_the_file() -> int:
    last: int | None = Route.objects.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _still_there(model: type[Service | Source | Playbook], named: set[int | None]) -> None:
    wanted = {one for one in named if one is not None}
    there = set(model.objects.filter(pk__in=wanted, archived_at=None).values_list("pk", flat=True))
    if gone := wanted - there:
        row = model.objects.filter(pk__in=gone).first()
        what = model._meta.verbose_name
        said = _("“%s”, which these rules name, is archived: bring it back first.") % row
        raise Refused(said if row else _("These rules name a %s that is gone.") % what)


@transaction.atomic
def go_back(version: RuleVersion, *, by: User, at: datetime) -> None:
    """Let the rules of `version` hold again; that is a version of its own.

    Raises `Refused` for a source of the organisation's file, and where something that they name is not in use any more.
    """
    source = version.source
    one_at_a_time(Route if source is None else Source)
    with kept(source, by=by, at=at, back_to=version.number), acting(by, VIA):
        if source is None:
            planned = routes_as(version)
            Route.objects.filter(from_file=False).exclude(pk__in=[one.pk for one in planned if one.pk]).delete()
            for route in planned:
                route.save()
        else:
            row = Source.objects.select_for_update().get(pk=source.pk)
            if row.from_file:
                raise Refused(_("This comes from the organisation's file and is changed there."))
            source_as(row, version).save()
