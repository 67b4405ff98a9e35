"""Postmortems on time and remediation, as facts of the week."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max, Q

from incidents.models import State
from postmortems.models import Clock, Remediation, UnblockRequest
from review.facts import Deadline, Item, Obstacle
from review.names import Names

OWED = Q(postmortem__incident__drill=False) & ~Q(postmortem__incident__state__in=[State.CANCELLED, State.MERGED])
LIVE = (Remediation.State.ACCEPTED, Remediation.State.IN_PROGRESS, Remediation.State.BLOCKED)
ENDED = (
    Remediation.State.DONE,
    Remediation.State.VERIFIED,
    Remediation.State.DECLINED,
    Remediation.State.RISK_ACCEPTED,
    Remediation.State.SUPERSEDED,
)


def deadlines_of(start: datetime, end: datetime, names: Names) -> tuple[Deadline, ...]:
    """Clocks that were due in [start, end), and those waived in it; cancelled ones owe nothing."""
    due = Q(due_at__gte=start, due_at__lt=end)
    waived = Q(state=Clock.State.WAIVED, ended_at__gte=start, ended_at__lt=end)
    rows = (
        Clock.objects.filter(OWED, due | waived)
        .exclude(state=Clock.State.CANCELLED)
        .select_related("postmortem__incident", "waived_by")
        .order_by("due_at", "pk")
    )
    return tuple(_deadline(row, names) for row in rows)


def _deadline(row: Clock, names: Names) -> Deadline:
    hidden = names.hides(row.postmortem.incident)
    return Deadline(
        names.ref(row.postmortem.incident),
        str(row.kind),
        str(row.state),
        row.due_at,
        row.extended_to,
        row.ended_at,
        str(row.get_waiver_display()) if row.waiver else "",
        "" if hidden else row.waiver_text,
        "" if hidden else row.waiver_link,
        str(row.waived_by) if row.waived_by and not hidden else "",
    )


def items_of(start: datetime, end: datetime, names: Names) -> tuple[Item, ...]:
    """Accepted items that were open at some time in [start, end); one that is worked on was accepted."""
    begun = Q(accepted_at=None, created_at__lt=end, state__in=LIVE)
    rows = (
        Remediation.objects.filter(Q(accepted_at__lt=end) | begun, postmortem__incident__drill=False)
        .annotate(last_at=Max("events__at"))
        .exclude(state__in=ENDED, done_at__lt=start)
        .select_related("postmortem__incident", "owner", "team")
        .order_by("due", "pk")
    )
    return tuple(_item(row, names) for row in rows)


def _item(row: Remediation, names: Names) -> Item:
    hidden = names.hides(row.postmortem.incident)
    return Item(
        row.pk,
        names.ref(row.postmortem.incident),
        "" if hidden else row.title,
        "" if hidden else row.path,
        str(row.priority),
        "" if hidden or row.team is None else row.team.name,
        "" if hidden or row.owner is None else str(row.owner),
        row.due,
        row.accepted_at or row.created_at,
        _closed_at(row),
    )


def _closed_at(row: Remediation) -> datetime | None:
    """When it ended: done, or the last line of its history for the other ends."""
    if row.state not in ENDED:
        return None
    if row.state in (Remediation.State.DONE, Remediation.State.VERIFIED):
        return row.done_at or row.verified_at or row.created_at
    last: datetime | None = getattr(row, "last_at", None)
    return last or row.created_at


def obstacles_of(start: datetime, end: datetime, names: Names) -> tuple[Obstacle, ...]:
    """What items could not go on because of, at some time in [start, end); oldest first."""
    rows = (
        UnblockRequest.objects.filter(Q(ended_at=None) | Q(ended_at__gte=start), since__lt=end)
        .filter(item__postmortem__incident__drill=False)
        .select_related("item__postmortem__incident", "manager")
        .order_by("since", "pk")
    )
    return tuple(_obstacle(row, names) for row in rows)


def _obstacle(row: UnblockRequest, names: Names) -> Obstacle:
    hidden = names.hides(row.item.postmortem.incident)
    return Obstacle(
        row.item_id,
        names.ref(row.item.postmortem.incident),
        "" if hidden else row.item.title,
        "" if hidden else row.item.path,
        str(row.get_code_display()),
        "" if hidden or row.manager is None else str(row.manager),
        row.since,
        row.due_at,
        row.answered_at,
        "" if hidden else str(row.get_answer_display() or ""),
        row.ended_at,
    )
