"""PagerDuty's Events API, versions 2 and 1: one event, told by its key. Pure.

Source of the rules: intake rules, "PagerDuty Events API". Only a trigger says what the alert is; an acknowledge and a resolve
name it by its key, and what else they carry is not looked at. An event has no beginning: a repeated trigger with another
`timestamp` is still the same alert, so the time that it names is kept as an annotation.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.payloads.alert import (
    IncomingAlert,
    Malformed,
    Mark,
    Parsed,
    bounded_key,
    details_of,
    one_line,
    safe_link,
    text_of,
)
from alerts.payloads.instants import read_instant
from alerts.payloads.reading import Reading

TRIGGER, ACKNOWLEDGE, RESOLVE = "trigger", "acknowledge", "resolve"
ACTIONS = (TRIGGER, ACKNOWLEDGE, RESOLVE)
SEVERITIES = ("critical", "error", "warning", "info")
KEY_LENGTH = 255
SUMMARY_LENGTH = 1024
LABELS = ("severity", "source", "component", "group", "class")


class InvalidEvent(Malformed):
    """The event breaks the protocol; `errors` say how, one sentence each, and `str()` of it says all of them."""

    def __init__(self, *errors: str) -> None:
        super().__init__(" ".join(f"{error}." for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """Something that was changed, which is no alert. `at` is when, None where the sender gave no time."""

    summary: str
    source: str
    at: datetime | None
    details: dict[str, str]
    links: tuple[tuple[str, str], ...]


def read_pagerduty(reading: Reading, source_name: str = "") -> Parsed:
    """Read one event of version 2, or of version 1, which has a `service_key` or an `event_type`.

    Raises InvalidEvent for what the protocol refuses.
    """
    body = _event(reading)
    old = "event_type" in body or ("service_key" in body and "event_action" not in body)
    return _read(_of_version_1(body), reading.marks) if old else _read(body, reading.marks, _errors(body))


def read_version_1(reading: Reading, source_name: str = "") -> Parsed:
    """Read one event of version 1. Raises InvalidEvent."""
    return _read(_of_version_1(_event(reading)), reading.marks)


def read_change(reading: Reading) -> ChangeEvent:
    """Read one change event. Raises InvalidEvent."""
    body = _event(reading)
    payload = body.get("payload")
    if not isinstance(payload, dict):
        raise InvalidEvent("'payload' is missing or blank")
    summary = _text(payload, "summary")
    if errors := _summary_errors(summary):
        raise InvalidEvent(*errors)
    at, _mark = read_instant(payload.get("timestamp"))
    labels, rest = details_of(payload.get("custom_details"))
    marks: list[str] = []
    return ChangeEvent(summary, _text(payload, "source"), at, labels | rest, _links(body, marks))


def _event(reading: Reading) -> dict[str, Any]:
    if not isinstance(reading.value, dict):
        raise InvalidEvent("The event must be a JSON object")
    return reading.value


def _read(event: Mapping[str, Any], odd: tuple[str, ...], errors: Sequence[str] = ()) -> Parsed:
    if errors:
        raise InvalidEvent(*errors)
    action, payload = _text(event, "event_action").lower(), _payload(event)
    key = _text(event, "dedup_key") or uuid.uuid4().hex
    alert = _triggered(event, payload, key) if action == TRIGGER else _named(payload, key, resolved=action == RESOLVE)
    acks, alerts = ((alert,), ()) if action == ACKNOWLEDGE else ((), (alert,))
    return Parsed(alerts=alerts, acks=acks, marks=odd, dedup_key=key)


def _payload(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found = event.get("payload")
    return found if isinstance(found, dict) else {}


def _errors(event: Mapping[str, Any]) -> list[str]:
    """What the protocol refuses in an event of version 2."""
    action, key, payload = _text(event, "event_action").lower(), _text(event, "dedup_key"), _payload(event)
    if action not in ACTIONS:
        missing = "is missing or blank" if not action else "must be one of: trigger, acknowledge, resolve"
        return [f"'event_action' {missing}"]
    errors = [f"'dedup_key' is too long (maximum is {KEY_LENGTH} characters)"] if len(key) > KEY_LENGTH else []
    if action != TRIGGER:
        return errors if key else ["'dedup_key' is missing or blank"]
    if not payload:
        return [*errors, "'payload' is missing or blank"]
    errors += _summary_errors(_text(payload, "summary"))
    if not _text(payload, "source"):
        errors.append("'payload.source' is missing or blank")
    severity = _text(payload, "severity").lower()
    if not severity:
        errors.append("'payload.severity' is missing or blank")
    elif severity not in SEVERITIES:
        errors.append("'payload.severity' must be one of: critical, error, warning, info")
    return errors


def _summary_errors(summary: str) -> list[str]:
    if not summary:
        return ["'payload.summary' is missing or blank"]
    too_long = len(summary) > SUMMARY_LENGTH
    return [f"'payload.summary' is too long (maximum is {SUMMARY_LENGTH} characters)"] if too_long else []


def _triggered(event: Mapping[str, Any], payload: Mapping[str, Any], key: str) -> IncomingAlert:
    marks: list[str] = []
    own = {name: text for name in LABELS if (text := _text(payload, name))}
    severity = own.get("severity", "").lower()
    labels, annotations = details_of(payload.get("custom_details"))
    if stamp := _text(payload, "timestamp"):
        annotations["timestamp"] = stamp
    if client := _text(event, "client"):
        annotations["client"] = client
    summary = _text(payload, "summary")
    return IncomingAlert(
        fingerprint=bounded_key(key),
        labels=labels | own | ({"severity": severity} if severity else {}),
        annotations={"summary": summary} | annotations,
        starts_at=None,
        ends_at=None,
        resolved=False,
        title=one_line(summary) or one_line(key) or "PagerDuty event",
        description=annotations.get("description", ""),
        links=_links(event, marks),
        severity=severity,
        dedup_key=key,
        marks=tuple(marks),
        event=True,
    )


def _named(payload: Mapping[str, Any], key: str, *, resolved: bool) -> IncomingAlert:
    return IncomingAlert(
        fingerprint=bounded_key(key),
        labels={},
        annotations={},
        starts_at=None,
        ends_at=None,
        resolved=resolved,
        title=one_line(_text(payload, "summary")) or one_line(key) or "PagerDuty event",
        dedup_key=key,
        event=True,
    )


def _of_version_1(body: Mapping[str, Any]) -> dict[str, Any]:
    """An event of version 1 in the words of version 2. Raises InvalidEvent."""
    action, description = _text(body, "event_type").lower(), _text(body, "description")
    if action not in ACTIONS:
        raise InvalidEvent("'event_type' must be one of: trigger, acknowledge, resolve")
    if len(_text(body, "incident_key")) > KEY_LENGTH:
        raise InvalidEvent(f"'incident_key' is too long (maximum is {KEY_LENGTH} characters)")
    if action == TRIGGER and not description:
        raise InvalidEvent("'description' is missing or blank")
    if action != TRIGGER and not _text(body, "incident_key"):
        raise InvalidEvent("'incident_key' is missing or blank")
    contexts = [one for one in _list(body.get("contexts")) if isinstance(one, dict)]
    return {
        "event_action": action,
        "dedup_key": _text(body, "incident_key"),
        "payload": {"summary": description[:SUMMARY_LENGTH], "custom_details": body.get("details")},
        "links": [one for one in contexts if one.get("type") != "image"],
        "images": [one for one in contexts if one.get("type") == "image"],
        "client": body.get("client"),
        "client_url": body.get("client_url"),
    }


def _text(event: Mapping[str, Any], name: str) -> str:
    """A word or a number; "" for what is neither."""
    value = event.get(name)
    return text_of(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _links(event: Mapping[str, Any], marks: list[str]) -> tuple[tuple[str, str], ...]:
    """Links, images, what an image leads to, and the client's page: each address once, http and https only."""
    given = [one for one in _list(event.get("links")) if isinstance(one, dict)]
    images = [one for one in _list(event.get("images")) if isinstance(one, dict)]
    found = [(one.get("text") or "Link", one.get("href")) for one in given]
    found += [(one.get("alt") or "Image", one.get("src")) for one in images]
    found += [(one.get("alt") or "Link", one.get("href")) for one in images]
    found.append((event.get("client") or "Client", event.get("client_url")))
    links: dict[str, str] = {}
    for name, value in found:
        if url := safe_link(value):
            links.setdefault(url, one_line(text_of(name)) or "Link")
        elif value and Mark.LINK_DROPPED not in marks:
            marks.append(Mark.LINK_DROPPED)
    return tuple((name, url) for url, name in links.items())
