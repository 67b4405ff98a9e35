"""What became of a delivery, as it is kept beside its body: every accepted alert ends in a decision that can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.episodes import Said, Story
from alerts.payloads import Parsed
from alerts.routing import Place

ACKNOWLEDGED = "acknowledged at the sender"
DECISIONS_KEPT = 200
INCIDENTS_KEPT = 200
TITLE_KEPT = 120


def belongs(story: Story) -> list[int]:
    """The incidents that an alert of this delivery belongs to: that of its open episode, and of those it ended."""
    spans = [span for span in story.spans() if span is story.open or span.was_open]
    found = [span.incident_id for span in spans if span.incident_id]
    return found or ([story.incident_id] if story.incident_id and not story.open else [])


def outcome_of(
    parsed: Parsed,
    told: Sequence[Story],
    places: dict[str, Place],
    incidents: list[int],
    *,
    opened: list[int],
    acked: Mapping[str, int | None],
) -> dict[str, Any]:
    """Decisions, counts and marks; and the way of each alert: its route, service and class, and what gave it that."""
    counts: dict[str, int] = {}
    for story in told:
        counts[str(story.said)] = counts.get(str(story.said), 0) + 1
    answers = {key: ACKNOWLEDGED if pk else str(Said.DROPPED) for key, pk in acked.items()}
    for said in answers.values():
        counts[said] = counts.get(said, 0) + 1
    shown = told[:DECISIONS_KEPT]
    quiet = {story.fingerprint: found.because for story in shown if (found := places[story.fingerprint].quiet)}
    outcome: dict[str, Any] = {
        "decision": "opened" if opened else next(iter(counts), "nothing"),
        "counts": counts,
        "alerts": dict(list(answers.items())[:DECISIONS_KEPT])
        | {story.fingerprint: str(story.said) for story in shown},
        "incidents": [f"INC-{pk}" for pk in incidents[:INCIDENTS_KEPT]],
        "marks": list(parsed.marks),
        "ways": {story.fingerprint: _way(story, places[story.fingerprint]) for story in shown},
    }
    odd = {story.fingerprint: list(story.last.marks) for story in shown if story.last and story.last.marks}
    more = {"silenced": quiet, "alert_marks": odd, "truncated": parsed.truncated, "acknowledged": len(parsed.acks)}
    more |= {"receiver": parsed.receiver, "bad": parsed.bad, "bad_reasons": list(parsed.bad_reasons)}
    return outcome | {key: value for key, value in more.items() if value}


def _way(story: Story, place: Place) -> dict[str, Any]:
    """Where one alert went; what is empty is left out."""
    found = {
        "title": story.last.title[:TITLE_KEPT] if story.last else "",
        "route": place.route.pk if place.route else None,
        "service": place.service.slug if place.service else "",
        "class": place.severity,
        "class_by": place.severity_by,
        "incident": next((f"INC-{pk}" for pk in belongs(story)), ""),
    }
    return {name: value for name, value in found.items() if value}


def decisions(outcome: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The decision on each alert, at most `DECISIONS_KEPT` of them, as its sender is told."""
    ways: Mapping[str, Mapping[str, Any]] = outcome.get("ways", {})
    return [
        {
            "fingerprint": fingerprint,
            "decision": said,
            "incident": ways.get(fingerprint, {}).get("incident"),
            "service": ways.get(fingerprint, {}).get("service"),
            "class": ways.get(fingerprint, {}).get("class"),
            "silenced": fingerprint in outcome.get("silenced", {}),
        }
        for fingerprint, said in outcome.get("alerts", {}).items()
    ]
