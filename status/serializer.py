"""The allow-list: the one place where rows become public. Nothing public is a model dump.

`ALLOWED` names every column that leaves the database for the public page; `pk` joins rows and is never shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings

from postmortems.models import Clock, Postmortem, Remediation
from status import bars, near, states
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
Row = dict[str, Any]


def page_url() -> str:
    """The address of the public page."""
    return f"{settings.SHARPEND_URL}/status/"


def bare(at: datetime) -> Page:
    """The page without anything on it."""
    return Page(Organisation.the().name or "Status", page_url(), at, (), ())


def read(at: datetime, also: Collection[int] = ()) -> Page:
    """What the front of the page tells at `at` (`near.keys`), and the incidents `also` (their keys). A fixed number of
    queries, and no more rows with every year of history.
    """
    return replace(bare(at), components=tuple(_components(at)), incidents=_incidents(near.keys(at) | set(also), at))


def month(name: str, at: datetime) -> tuple[ShownIncident, ...]:
    """Every public incident of a month ("2026-11"), newest first."""
    return _incidents(set(near.of_month(name).values_list("incident", flat=True)), at)


def _components(at: datetime) -> Iterable[ShownComponent]:
    """Each with the changes of the days that are drawn, and the last one before them."""
    drawn = at - bars.DAYS * bars.ONE_DAY
    by_component = _grouped(states.changes_since(drawn).order_by("at", "pk").values(*ALLOWED["change"]), "component")
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


def _incidents(keys: Collection[int], at: datetime) -> tuple[ShownIncident, ...]:
    """Those of `keys`, newest first; what was withdrawn, or never said a word, is not there. Six queries."""
    updates = _grouped(_updates(keys), "public")
    reports = _reports(keys)
    promises = _promises(keys, at)
    follow_ups = _grouped(_follow_ups(reports), "postmortem__incident")
    rows = PublicIncident.objects.filter(incident__in=keys).order_by("-created_at", "-pk").values(*ALLOWED["incident"])
    found = []
    for row in rows:
        key, said = row["incident"], updates[row["pk"]]
        report = reports.get(key)
        if not said and not report:
            continue
        one = ShownIncident(
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
        found.append(one)
    return tuple(found)


def _stamps(row: Row) -> Stamps:
    return Stamps(
        began=row["incident__impact_started_at"],
        detected=row["incident__detected_at"],
        acknowledged=row["incident__acked_at"],
        mitigated=row["incident__mitigated_at"],
        resolved=row["incident__resolved_at"],
    )


def _updates(keys: Collection[int]) -> Iterable[Row]:
    """Each update with the key of its incident, newest first."""
    changes = states.standing_changes().filter(update__public__incident__in=keys, component__public=True)
    by_update = _grouped(changes.order_by("at", "pk").values(*ALLOWED["change"]), "update")
    rows = states.standing_updates().filter(public__incident__in=keys).order_by("-at", "-pk")
    for row in rows.values(*ALLOWED["update"]):
        affected = tuple(
            Affected(one["component__code"], one["component__name"], one["old"], one["new"], one["at"])
            for one in by_update[row["pk"]]
        )
        shown = ShownUpdate(row["code"], row["status"], row["body"], row["at"], row["next_by"], affected)
        yield {"public": row["public"], "shown": shown}


def _reports(keys: Collection[int]) -> dict[int, Report]:
    published = Postmortem.objects.filter(published_at__isnull=False, incident__in=keys)
    return {
        row["incident"]: Report(row["published_text"], row["published_at"])
        for row in published.values(*ALLOWED["postmortem"])
    }


def _promises(keys: Collection[int], at: datetime) -> dict[int, Promise]:
    """What the latest round of the public clock owes; a pause, a waiver or an end owes nothing."""
    owed: dict[int, Promise] = {}
    clocks = Clock.objects.filter(kind=Clock.Kind.PUBLIC, postmortem__incident__in=keys).order_by("round")
    clocks = clocks.exclude(state=Clock.State.CANCELLED)
    for row in clocks.values(*ALLOWED["clock"]):
        key = row["postmortem__incident"]
        due = max(filter(None, (row["due_at"], row["extended_to"])))
        owed[key] = Promise(due, extended=row["extended_to"] is not None, late=at > due)
        if row["state"] not in near.OWED:
            del owed[key]
    return owed


def _follow_ups(keys: Collection[int]) -> Iterable[Row]:
    found = Remediation.objects.filter(public=True, state__in=FOLLOW_UPS, postmortem__incident__in=keys).order_by("pk")
    for row in found.values(*ALLOWED["follow_up"]):
        yield {**row, "shown": FollowUp(row["title"], FOLLOW_UPS[row["state"]])}


def _grouped(rows: Iterable[Row], key: str) -> defaultdict[Any, list[Row]]:
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found
