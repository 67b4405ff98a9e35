"""The allow-list: the one place where rows become public. Nothing public is a model dump.

`ALLOWED` names every column that leaves the database for the public page; `pk` joins rows and is never shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from postmortems.models import Clock, Postmortem, Remediation
from status import bars, states
from status.models import PublicIncident
from status.public import (
    IMPACTS,
    Affected,
    FollowUp,
    Page,
    Promise,
    Report,
    ShownComponent,
    ShownIncident,
    ShownUpdate,
    Stamps,
)
from teams.models import Organisation

ALLOWED: dict[str, tuple[str, ...]] = {
    "component": ("pk", "code", "name", "group", "created_at"),
    "change": ("component", "update", "component__code", "component__name", "old", "new", "at"),
    "update": ("pk", "public", "code", "status", "body", "at", "next_by"),
    "incident": (
        "pk",
        "incident",
        "code",
        "title",
        "created_at",
        "incident__severity",
        "incident__impact_started_at",
        "incident__detected_at",
        "incident__acked_at",
        "incident__mitigated_at",
        "incident__resolved_at",
    ),
    "postmortem": ("incident", "published_text", "published_at"),
    "clock": ("postmortem__incident", "state", "due_at", "extended_to"),
    "follow_up": ("postmortem__incident", "title", "state"),
}
FOLLOW_UPS = {
    Remediation.State.PROPOSED: "planned",
    Remediation.State.ACCEPTED: "planned",
    Remediation.State.IN_PROGRESS: "in progress",
    Remediation.State.BLOCKED: "in progress",
    Remediation.State.DONE: "done",
    Remediation.State.VERIFIED: "done",
}
"""What of an item is told; the others (declined, superseded, risk accepted) are ours."""
OWED = (Clock.State.RUNNING, Clock.State.MISSED)
Row = dict[str, Any]


def page_url() -> str:
    """The address of the public page."""
    return f"{settings.SHARPEND_URL}/status/"


def read(at: datetime) -> Page:
    """Everything that the public may know at `at`. Eight queries, however much there is."""
    changes: list[Row] = list(
        states.standing_changes().filter(component__public=True).order_by("at", "pk").values(*ALLOWED["change"])
    )
    return Page(
        name=Organisation.the().name or "Status",
        url=page_url(),
        at=at,
        components=tuple(_components(changes, at)),
        incidents=tuple(_incidents(changes, at)),
    )


def _components(changes: Iterable[Row], at: datetime) -> Iterable[ShownComponent]:
    by_component = _grouped(changes, "component")
    for row in states.shown_components().values(*ALLOWED["component"]):
        said = [bars.Change(change["at"], change["new"]) for change in by_component[row["pk"]]]
        yield ShownComponent(
            code=row["code"],
            name=row["name"],
            group=row["group"],
            state=said[-1].state if said else bars.OPERATIONAL,
            created_at=row["created_at"],
            updated_at=said[-1].at if said else row["created_at"],
            days=tuple(bars.days(row["created_at"], said, at)),
        )


def _incidents(changes: Iterable[Row], at: datetime) -> Iterable[ShownIncident]:
    """Newest first; what was withdrawn, or never said a word, is not there."""
    updates = _grouped(_updates(changes), "public")
    reports = _reports()
    promises = _promises(at)
    follow_ups = _grouped(_follow_ups(), "postmortem__incident")
    for row in PublicIncident.objects.order_by("-created_at", "-pk").values(*ALLOWED["incident"]):
        key, said = row["incident"], updates[row["pk"]]
        report = reports.get(key)
        if not said and not report:
            continue
        yield ShownIncident(
            code=row["code"],
            title=row["title"],
            created_at=row["created_at"],
            impact=IMPACTS[row["incident__severity"]],
            stamps=_stamps(row),
            updates=tuple(one["shown"] for one in said),
            report=report,
            promise=None if report else promises.get(key),
            follow_ups=tuple(one["shown"] for one in follow_ups[key]) if report else (),
        )


def _stamps(row: Row) -> Stamps:
    return Stamps(
        began=row["incident__impact_started_at"],
        detected=row["incident__detected_at"],
        acknowledged=row["incident__acked_at"],
        mitigated=row["incident__mitigated_at"],
        resolved=row["incident__resolved_at"],
    )


def _updates(changes: Iterable[Row]) -> Iterable[Row]:
    """Each update with the key of its incident, newest first."""
    by_update = _grouped(changes, "update")
    for row in states.standing_updates().order_by("-at", "-pk").values(*ALLOWED["update"]):
        affected = tuple(
            Affected(one["component__code"], one["component__name"], one["old"], one["new"], one["at"])
            for one in by_update[row["pk"]]
        )
        shown = ShownUpdate(row["code"], row["status"], row["body"], row["at"], row["next_by"], affected)
        yield {"public": row["public"], "shown": shown}


def _reports() -> dict[int, Report]:
    published = Postmortem.objects.filter(published_at__isnull=False)
    return {
        row["incident"]: Report(row["published_text"], row["published_at"])
        for row in published.values(*ALLOWED["postmortem"])
    }


def _promises(at: datetime) -> dict[int, Promise]:
    """What the latest round of the public clock owes; a pause, a waiver or an end owes nothing."""
    owed: dict[int, Promise] = {}
    clocks = Clock.objects.filter(Q(kind=Clock.Kind.PUBLIC), ~Q(state=Clock.State.CANCELLED)).order_by("round")
    for row in clocks.values(*ALLOWED["clock"]):
        key = row["postmortem__incident"]
        due = max(filter(None, (row["due_at"], row["extended_to"])))
        owed[key] = Promise(due, extended=row["extended_to"] is not None, late=at > due)
        if row["state"] not in OWED:
            del owed[key]
    return owed


def _follow_ups() -> Iterable[Row]:
    found = Remediation.objects.filter(public=True, state__in=FOLLOW_UPS).order_by("pk")
    for row in found.values(*ALLOWED["follow_up"]):
        yield {**row, "shown": FollowUp(row["title"], FOLLOW_UPS[row["state"]])}


def _grouped(rows: Iterable[Row], key: str) -> defaultdict[Any, list[Row]]:
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found
