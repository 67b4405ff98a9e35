"""Incidents in the field: by number, by words of the title, open ones first; and what can be done to them from there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from desk.guard import movable, visible
from desk.palette_rows import Group, Press, Row
from desk.palette_spoken import Spoken, has_trigram
from incidents.models import OPEN_Q, Incident, IncidentQuerySet
from teams.models import User
from teams.permissions import Standing

SHOWN = 6
NEWEST = 10_000
"""Words too short for the index of titles are looked for in so many of the newest incidents."""
RELATED = ("service", "held_by")
Rows = TypeVar("Rows", bound="QuerySet[Any]")


def newest(rows: Rows, count: int) -> Rows:
    """`rows` among the newest `count` keys of their table: what has no index is searched so far and no farther."""
    keys = rows.model._default_manager.order_by("-pk").annotate(floor=F("pk") - count)
    return rows.filter(pk__gt=Subquery(keys.values("floor")[:1]))


def in_all(words: Iterable[str], *fields: str) -> Q:
    """Every word in one of the fields, as it was typed: signs that SQL gives a meaning have none."""
    found = Q()
    for word in words:
        one = Q()
        for field in fields:
            one |= Q(**{f"{field}__icontains": word})
        found &= one
    return found


def numbered(user: User, number: int) -> Incident | None:
    """The incident with this number that `user` may see; whoever was paged for a restricted one is one of its people."""
    known = IncidentQuerySet(Incident).filter(pk=number).select_related(*RELATED)
    return known.visible_to(user).first() or known.filter(pages__person=user).first()


def titled(user: User, words: list[str]) -> list[Incident]:
    """Incidents with all words in their titles: open ones before others, the newest first. Two queries."""
    found = visible(user).filter(in_all(words, "title")).select_related(*RELATED).order_by("-pk")
    if not has_trigram(words):
        found = newest(found, NEWEST)
    return [*found.filter(OPEN_Q)[:SHOWN], *found.exclude(OPEN_Q)[:SHOWN]]


def to_take(user: User) -> list[Incident]:
    """Open incidents that nobody has, the newest first."""
    return list(
        visible(user).open().filter(held_by=None, held_by_sender="").select_related(*RELATED).order_by("-pk")[:SHOWN]
    )


def held(user: User) -> list[Incident]:
    """Open incidents that `user` has, the newest first."""
    return list(visible(user).open().filter(held_by=user).select_related(*RELATED).order_by("-pk")[:SHOWN])


def address(incident: Incident, act: str) -> str:
    """Where an act on it is sent to."""
    return reverse("desk:act", args=[incident.number, act])


def row(incident: Incident, *, takes: bool = False) -> Row:
    """An incident as a line; with `takes` it can be acknowledged beside it while nobody has it."""
    press = Press(_("Acknowledge"), address(incident, "acknowledge")) if takes and not incident.is_held else None
    return Row("list", incident.title, incident.path, press=press, incident=incident)


def group(user: User, who: Standing, spoken: Spoken) -> list[Group]:
    """The incidents that were asked for, by number before words; a constant number of queries."""
    first = numbered(user, spoken.number) if spoken.number and not spoken.verb else None
    found = titled(user, spoken.words) if spoken.words else []
    rows = [*([first] if first else []), *(one for one in found if one != first)]
    may = movable(who, rows)
    shown = [row(one, takes=one.pk in may) for one in rows[: SHOWN + 2]]
    if not shown:
        return []
    more = f"{reverse('desk:incidents')}?{urlencode({'state': 'all', 'q': spoken.text})}"
    return [Group(_("Incidents"), shown, more if len(rows) >= SHOWN else "", _("All with these words"))]
