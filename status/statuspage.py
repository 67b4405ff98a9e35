"""Pure: what is public in the shapes of Statuspage's API, version 2, so that its readers read ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from status import bars
from status.public import Affected, Page, ShownComponent, ShownIncident, ShownUpdate, code_of

NEWEST = 50
UNRESOLVED = ("investigating", "identified", "monitoring")
DESCRIPTIONS = {
    bars.OPERATIONAL: "All Systems Operational",
    bars.DEGRADED: "Minor Service Outage",
    bars.PARTIAL: "Partial System Outage",
    bars.MAJOR: "Major Service Outage",
    bars.MAINTENANCE: "Service Under Maintenance",
    bars.NO_DATA: "Nothing Is Measured Yet",
    "incident": "Incident Under Investigation",
}
Shape = dict[str, Any]


def documents(page: Page) -> dict[str, Shape]:
    """File name -> document, for everything below `api/v2/`."""
    head = {"page": _page(page)}
    status = {"status": {"indicator": page.indicator, "description": DESCRIPTIONS[page.state]}}
    components = {"components": _components(page)}
    unresolved = {"incidents": [_incident(page, one) for one in page.incidents if one.status in UNRESOLVED]}
    newest = {"incidents": [_incident(page, one) for one in page.incidents[:NEWEST]]}
    return {
        "incidents.json": head | newest,
        "incidents/unresolved.json": head | unresolved,
        "components.json": head | components,
        "status.json": head | status,
        "summary.json": head | components | unresolved | {"scheduled_maintenances": []} | status,
    }


def instant(at: datetime | None) -> str | None:
    """ "2026-11-21T12:03:00.000Z"."""
    if at is None:
        return None
    there = at.astimezone(UTC)
    return f"{there:%Y-%m-%dT%H:%M:%S}.{there.microsecond // 1000:03d}Z"


def _page(page: Page) -> Shape:
    return {
        "id": page.code,
        "name": page.name,
        "url": page.url,
        "time_zone": "Etc/UTC",
        "updated_at": instant(page.updated_at),
    }


def _components(page: Page) -> list[Shape]:
    """Groups stand before their components, as rows of their own."""
    shapes: list[Shape] = []
    seen: set[str] = set()
    for component in page.components:
        if component.group and component.group not in seen:
            seen.add(component.group)
            shapes.append(_group(page, component.group))
        shapes.append(_component(page, component))
    return [shape | {"position": position} for position, shape in enumerate(shapes, start=1)]


def _group_code(page: Page, name: str) -> str:
    return code_of(f"{page.url} group {name}")


def _group(page: Page, name: str) -> Shape:
    inside = [component for component in page.components if component.group == name]
    return {
        **_row(page, _group_code(page, name), name),
        "status": bars.worst(component.state for component in inside),
        "created_at": instant(min(component.created_at for component in inside)),
        "updated_at": instant(max(component.updated_at for component in inside)),
        "start_date": None,
        "group_id": None,
        "group": True,
        "components": [component.code for component in inside],
    }


def _component(page: Page, component: ShownComponent) -> Shape:
    return {
        **_row(page, component.code, component.name),
        "status": component.state,
        "created_at": instant(component.created_at),
        "updated_at": instant(component.updated_at),
        "start_date": f"{component.created_at.astimezone(UTC):%Y-%m-%d}",
        "group_id": _group_code(page, component.group) if component.group else None,
        "group": False,
    }


def _row(page: Page, code: str, name: str) -> Shape:
    return {
        "id": code,
        "name": name,
        "position": 0,
        "description": None,
        "showcase": True,
        "page_id": page.code,
        "only_show_if_degraded": False,
    }


def _incident(page: Page, shown: ShownIncident) -> Shape:
    named = shown.components
    shape: Shape = {
        "id": shown.code,
        "name": shown.title,
        "status": shown.status,
        "created_at": instant(shown.created_at),
        "updated_at": instant(shown.updated_at),
        "monitoring_at": instant(shown.said_at("monitoring")),
        "resolved_at": None if shown.is_open else instant(shown.said_at("resolved")),
        "impact": shown.impact,
        "shortlink": f"{page.url}incidents/{shown.code}/",
        "started_at": instant(shown.started_at),
        "page_id": page.code,
        "incident_updates": [_update(shown, update) for update in shown.updates],
        "components": [_component(page, one) for one in page.components if one.code in named],
        "postmortem_body": None,
        "postmortem_published_at": None,
    }
    if shown.report:
        shape["postmortem_body"] = shown.report.text
        shape["postmortem_published_at"] = instant(shown.report.published_at)
    return shape


def _update(shown: ShownIncident, update: ShownUpdate) -> Shape:
    return {
        "id": update.code,
        "status": update.status,
        "body": update.body,
        "incident_id": shown.code,
        "created_at": instant(update.at),
        "updated_at": instant(update.at),
        "display_at": instant(update.at),
        "affected_components": list(_affected(update.affected)),
        "deliver_notifications": True,
    }


def _affected(said: tuple[Affected, ...]) -> Iterator[Shape]:
    for one in said:
        yield {"code": one.code, "name": one.name, "old_status": one.old, "new_status": one.new}
