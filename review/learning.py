"""Postmortems on time and remediation, as facts of the week."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from incidents.models import State
from postmortems.models import Clock, ItemEvent, Remediation, UnblockRequest
from postmortems.models.remediation import path_of_item
from review.facts import Deadline, Item, Obstacle
from review.names import Names, told_of
from review.values import Ref

OWED = Q(postmortem__incident__drill=False) & ~Q(postmortem__incident__state__in=[State.CANCELLED, State.MERGED])
LIVE = (Remediation.State.ACCEPTED, Remediation.State.IN_PROGRESS, Remediation.State.BLOCKED)
OPEN = (Remediation.State.PROPOSED, *LIVE)
DONE = (Remediation.State.DONE, Remediation.State.VERIFIED)
UNDONE = (Remediation.State.DECLINED, Remediation.State.RISK_ACCEPTED, Remediation.State.SUPERSEDED)


DEADLINES = (
    Clock.objects.filter(OWED)
    .exclude(state=Clock.State.CANCELLED)
    .order_by("due_at", "pk")
    .values_list(
        *told_of("postmortem__incident__"),
        *("kind", "state", "due_at", "extended_to", "ended_at"),
        *("waiver", "waiver_text", "waiver_link", "waived_by__name", "waived_by__email"),
    )
)


def deadlines_of(start: datetime, end: datetime, names: Names) -> tuple[Deadline, ...]:
    """Clocks that were due in [start, end), and those waived in it; cancelled ones owe nothing."""
    due = Q(kind__in=Clock.Kind.values, due_at__gte=start, due_at__lt=end)  # each kind: the index begins with it
    waived = Q(state=Clock.State.WAIVED, ended_at__gte=start, ended_at__lt=end)
    found = DEADLINES.filter(due | waived)
    return tuple(_deadline(names.ref(*row[:4]), row[4:9], row[9:]) for row in found)


def _deadline(ref: Ref, facts: tuple[Any, ...], waiver: tuple[Any, ...]) -> Deadline:
    kind, state, due, extended, ended = facts
    code, text, link, name, email = waiver
    said = (text, link, name or email or "") if not ref.hidden else ("", "", "")
    word = str(Clock.Waiver(code).label) if code else ""
    return Deadline(ref, kind, state, due, extended, ended, word, *said)


LAST_EVENT = Subquery(ItemEvent.objects.filter(item=OuterRef("pk")).order_by("-at").values("at")[:1])
"""When something last happened to an item: that ended those that end without being done, so only they are asked."""
ITEMS = (
    Remediation.objects.filter(postmortem__incident__drill=False)
    .annotate(
        opened_at=Coalesce("accepted_at", "created_at"),
        closed_at=Case(
            When(state__in=DONE, then=Coalesce("done_at", "verified_at", "created_at")),
            When(state__in=UNDONE, then=Coalesce(LAST_EVENT, "created_at")),
        ),
    )
    .order_by("due", "pk")
    .values_list(
        *told_of("postmortem__incident__"),
        *("pk", "title", "priority", "team__name", "owner__name", "owner__email", "due", "opened_at", "closed_at"),
    )
)


def items_of(first: datetime, last: datetime, names: Names) -> tuple[Item, ...]:
    """Items accepted until `last` that had not ended by `first`, a week before; one that is worked on was accepted."""
    begun = Q(accepted_at=None, created_at__lte=last, state__in=LIVE)
    found = ITEMS.filter(Q(accepted_at__lte=last) | begun, pk__in=_perhaps_open_since(first))
    found = found.filter(Q(closed_at=None) | Q(closed_at__gt=first))
    return tuple(_item(names.ref(*row[:4]), row[4:]) for row in found)


def _perhaps_open_since(start: datetime) -> QuerySet[Any]:
    """Keys of items that are open, or that ended since, and of others that something happened to since.

    Each part has an index, so that old ends cost nothing.
    """
    parts = (
        Remediation.objects.filter(state__in=OPEN).values("pk"),
        Remediation.objects.filter(done_at__gte=start).values("pk"),
        ItemEvent.objects.filter(at__gte=start).values("item"),
        Remediation.objects.filter(state__in=UNDONE, created_at__gte=start).values("pk"),
    )
    keys = [part.order_by() for part in parts]
    return keys[0].union(*keys[1:])


def _item(ref: Ref, shown: tuple[Any, ...]) -> Item:
    pk, title, priority, team, owner, email, due, *span = shown
    if ref.hidden:
        return Item(pk, ref, "", "", priority, "", "", due, *span)
    return Item(pk, ref, title, path_of_item(pk), priority, team or "", owner or email or "", due, *span)


OBSTACLES = (
    UnblockRequest.objects.filter(item__postmortem__incident__drill=False)
    .order_by("since", "pk")
    .values_list(
        *told_of("item__postmortem__incident__"),
        *("item", "item__title", "code", "manager__name", "manager__email"),
        *("since", "due_at", "answered_at", "answer", "ended_at"),
    )
)


def obstacles_of(start: datetime, end: datetime, names: Names) -> tuple[Obstacle, ...]:
    """What items could not go on because of, at some time in [start, end); oldest first."""
    found = OBSTACLES.filter(Q(ended_at=None) | Q(ended_at__gte=start), since__lt=end)
    return tuple(_obstacle(names.ref(*row[:4]), row[4:]) for row in found)


def _obstacle(ref: Ref, asked: tuple[Any, ...]) -> Obstacle:
    item, title, code, name, email, since, due, answered, answer, ended = asked
    why = str(UnblockRequest.Code(code).label)
    if ref.hidden:
        return Obstacle(item, ref, "", "", why, "", since, due, answered, "", ended)
    said = str(UnblockRequest.Answer(answer).label) if answer else ""
    who = name or email or ""
    return Obstacle(item, ref, title, path_of_item(item), why, who, since, due, answered, said, ended)
