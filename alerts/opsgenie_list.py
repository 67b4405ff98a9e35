"""Which of a source's alerts a list in Opsgenie's way asks for: a few of its search words, and no guess at the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from alerts.models import Episode, Source
from alerts.payloads.alert import bounded_key

MOST, USUAL = 100, 20
FURTHEST = 20_000
"""Opsgenie's own bound on `offset` and `limit` together."""
SORTS = {"createdat": "opened_at", "updatedat": "alert__last_seen_at", "lastoccurredat": "alert__last_seen_at"}
TERM = re.compile(r'\s*(?:([A-Za-z]+)\s*[:=]\s*)?("[^"]*"|[^\s":=()]+)(?:\s+AND\b)?\s*', re.IGNORECASE)


class NotUnderstood(Exception):
    """What the list was asked for has no meaning here; the text says it to the sender."""


def _truth(field: str) -> Callable[[str], Q]:
    def of(word: str) -> Q:
        if word not in ("true", "false"):
            raise NotUnderstood(_("It is true or false, not %s.") % word[:50])
        return Q(**{f"{field}__isnull": word == "false"})

    return of


def _status(word: str) -> Q:
    if word not in ("open", "closed"):
        raise NotUnderstood(_("A status is open or closed, not %s.") % word[:50])
    return Q(closed_at__isnull=word == "open")


FIELDS: Mapping[str, Callable[[str], Q]] = {
    "status": lambda word: _status(word.lower()),
    "acknowledged": lambda word: _truth("acked_at")(word.lower()),
    "alias": lambda word: Q(alert__fingerprint=bounded_key(word)),
    "tinyid": lambda word: Q(pk=int(word)) if word.isascii() and word.isdecimal() and len(word) < 19 else Q(pk=None),  # noqa: PLR2004
    "priority": lambda word: Q(alert__labels__priority=word.upper()),
    "entity": lambda word: Q(alert__labels__entity=word),
    "source": lambda word: Q(alert__labels__source=word),
    "message": lambda word: Q(alert__title__icontains=word),
    "tag": lambda word: Q(alert__labels__tags__iregex=rf"(^|,){re.escape(word)}(,|$)"),
}
FIELDS = {**FIELDS, "tags": FIELDS["tag"]}


def asked_for(source: Source, asked: QueryDict) -> QuerySet[Episode]:
    """The alerts of `source` that fit the request's `query`, as it sorts them. Raises NotUnderstood."""
    found = Episode.objects.filter(_conditions(asked.get("query", "").replace("\x00", "")), alert__source=source)
    by = SORTS.get(asked.get("sort", "createdAt").lower())
    if by is None:
        raise NotUnderstood(_("The alerts are sorted by createdAt, updatedAt or lastOccurredAt."))
    sign = "" if asked.get("order", "").lower() == "asc" else "-"
    return found.select_related("alert__source", "incident").order_by(f"{sign}{by}", f"{sign}pk")


def span(asked: QueryDict) -> tuple[int, int]:
    """First and how many. Raises NotUnderstood for what is no number, or too far."""
    first, most = _number(asked.get("offset", ""), 0), _number(asked.get("limit", ""), USUAL)
    if not 1 <= most <= MOST or first + most > FURTHEST:
        raise NotUnderstood(_("`limit` is 1 to 100, and with `offset` at most 20000."))
    return first, most


def _number(text: str, usual: int) -> int:
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) < 9):  # noqa: PLR2004
        raise NotUnderstood(_("`limit` and `offset` are whole numbers."))
    return int(text)


def _conditions(query: str) -> Q:
    """All of the words at once; a word alone is looked for in the message."""
    found, at = Q(), 0
    while at < len(query):
        term = TERM.match(query, at)
        field = (term[1] or "message").lower() if term else ""
        if term is None or field not in FIELDS or term[2].upper() in ("OR", "NOT", "AND"):
            raise NotUnderstood(
                _("This search is not understood here: it takes field:word, with AND between, for %s.")
                % ", ".join(FIELDS)
            )
        found &= FIELDS[field](term[2].strip('"'))
        at = term.end()
    return found
