"""Alerts and requests in Opsgenie's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from alerts import opsgenie
from alerts.episodes import Said
from alerts.models import Body, Episode
from alerts.outcomes import ACKNOWLEDGED

OWN = frozenset({"tags", "entity", "source", "responders", "priority"})
DEFAULT_PRIORITY = "P3"
ACTIONS = {
    str(Said.NEW): ("Create", "Created alert"),
    str(Said.REFRESHED): ("Create", "Alert is already open, so its count was raised"),
    str(Said.ENDED): ("Close", "Closed alert"),
    ACKNOWLEDGED: ("Acknowledge", "Acknowledged alert"),
    opsgenie.UNCHANGED: ("Update", "Nothing changed"),
    str(Said.DROPPED): ("Update", "Alert does not exist"),
}
"""What a request came to -> (their name of the action, a sentence)."""


def alert_words(episode: Episode) -> dict[str, Any]:
    """One alert, as `GET /v2/alerts/{id}` gives it."""
    alert, labels = episode.alert, episode.alert.labels
    details = {name: text for name, text in labels.items() if name not in OWN}
    return {
        "id": opsgenie.id_of(episode),
        "tinyId": str(episode.pk),
        "alias": alert.annotations.get("alias") or alert.fingerprint,
        "message": alert.title,
        "status": "closed" if episode.closed_at else "open",
        "acknowledged": episode.acked_at is not None,
        "isSeen": episode.acked_at is not None,
        "snoozed": bool(episode.incident and episode.incident.silenced_until),
        "tags": [one for one in labels.get("tags", "").split(",") if one],
        "count": 1,
        "createdAt": _instant(episode.opened_at),
        "updatedAt": _instant(max(alert.last_seen_at, episode.closed_at or alert.last_seen_at)),
        "lastOccurredAt": _instant(alert.last_seen_at),
        "source": labels.get("source", ""),
        "owner": "",
        "priority": labels.get("priority", DEFAULT_PRIORITY),
        "entity": labels.get("entity", ""),
        "description": alert.annotations.get("description", ""),
        "responders": [],
        "details": details,
        "integration": {"id": alert.source.slug, "name": str(alert.source), "type": "API"},
        "actions": [],
        "incident": str(episode.incident) if episode.incident else "",
    }


def paging_words(request: HttpRequest, first: int, most: int, found: int) -> dict[str, str]:
    """Where the list goes on, and where it was before."""

    def at(offset: int) -> str:
        asked = request.GET.copy()
        asked["offset"], asked["limit"] = str(offset), str(most)
        return f"{settings.SHARPEND_URL}{request.path}?{asked.urlencode()}"

    words = {"first": at(0)}
    if first:
        words["prev"] = at(max(first - most, 0))
    if found == most:
        words["next"] = at(first + most)
    return words


def request_words(body: Body, episode: Episode | None) -> dict[str, Any]:
    """What became of a request."""
    said = str(body.outcome.get("decision", ""))
    said = next(iter(body.outcome.get("alerts", {}).values()), said)
    action, status = ACTIONS.get(said, (said.capitalize(), f"{said.capitalize()} done"))
    success = said != Said.DROPPED
    found = episode if success else None
    return {
        "success": success,
        "isSuccess": success,
        "action": action,
        "status": status,
        "processedAt": _instant(body.received_at),
        "integrationId": body.source.slug,
        "alertId": opsgenie.id_of(found) if found else "",
        "alias": (found.alert.annotations.get("alias") or found.alert.fingerprint) if found else "",
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
