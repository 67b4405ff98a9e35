"""Generic JSON and forms: what a script sends with one line of curl. Pure.

`{title, dedup_key, status firing|ack|resolved, severity, description, links, labels, service}`, a list of those, or
`{"alerts": [...]}`; also `{version, title, message, type}`. A missing status fires, `type: success` resolves. What
parses but tells us nothing that we understand becomes "Unmapped event from X" and pages: nothing is dropped.
"""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any

from alerts.payloads.alert import (
    IncomingAlert,
    Mark,
    Parsed,
    bounded_key,
    hash_of,
    one_line,
    safe_link,
    text_of,
    texts_of,
    title_of,
)
from alerts.payloads.instants import read_instant
from alerts.payloads.reading import Reading

TITLE = ("title", "summary", "subject", "name", "event", "message", "text")
DESCRIPTION = ("description", "message", "body", "text", "details")
DEDUP_KEY = ("dedup_key", "dedupKey", "dedup-key", "fingerprint", "incident_key", "alias")
SEVERITY = ("severity", "priority", "level")
STARTS_AT = ("starts_at", "startsAt", "timestamp", "time")
ENDS_AT = ("ends_at", "endsAt")
LINK = ("url", "link", "href", "generatorURL", "runbook_url", "dashboard_url")
LINK_NAMES = {"generatorURL": "Source", "runbook_url": "Runbook", "dashboard_url": "Dashboard"}
WORDS = (*TITLE, *DESCRIPTION, *DEDUP_KEY)


class State(Enum):
    """What an event says about its alert."""

    FIRING = auto()
    ACK = auto()
    RESOLVED = auto()


# Whole words, never parts of them: "not ok" and "unresolved" must not close anything.
STATUS_WORDS: Mapping[str, State] = {
    **dict.fromkeys(
        ("firing", "fire", "trigger", "triggered", "alert", "alerting", "problem", "open", "opened", "active", "down")
        + ("critical", "error", "warning", "fail", "failed", "failure", "unhealthy", "reopened", "new"),
        State.FIRING,
    ),
    **dict.fromkeys(("ack", "acked", "acknowledge", "acknowledged"), State.ACK),
    **dict.fromkeys(
        ("resolved", "resolve", "ok", "okay", "recovered", "recovery", "closed", "close", "up", "healthy", "success"),
        State.RESOLVED,
    ),
}
# `type` says what sort of message it is: only these words of it mean a state.
TYPE_WORDS: Mapping[str, State] = {"success": State.RESOLVED, "resolved": State.RESOLVED, "recovery": State.RESOLVED}
TYPE_SEVERITIES = frozenset({"critical", "error", "warning", "info"})


def looks_generic(body: Mapping[str, Any]) -> bool:
    """Whether an object says anything in the generic format's words."""
    return bool(_first(body, WORDS) or _mapping(body.get("labels")) or _mapping(body.get("annotations")))


def read_generic(reading: Reading, source_name: str = "", marks: Sequence[str] = ()) -> Parsed:
    """Read one delivery of events. Never refuses what is JSON or a form: at worst it is one unmapped alert."""
    body = reading.value
    events = body["alerts"] if isinstance(body, dict) and isinstance(body.get("alerts"), list) else body
    alerts: list[IncomingAlert] = []
    acks: list[IncomingAlert] = []
    for event in events if isinstance(events, list) else [events]:
        state, alert = read_event(event, source_name)
        (acks if state is State.ACK else alerts).append(alert)
    return Parsed(alerts=tuple(alerts), acks=tuple(acks), marks=(*reading.marks, *marks))


def read_event(event: object, source_name: str) -> tuple[State, IncomingAlert]:
    """One event and what it says of its alert; at worst it is an unmapped one."""
    if not isinstance(event, dict) or not looks_generic(event):
        return State.FIRING, _unmapped(event, source_name)
    marks: list[str] = []
    state = _state(event, marks)
    labels = _mapping(event.get("labels"))
    annotations = _mapping(event.get("annotations"))
    severity = _first(event, SEVERITY) or labels.get("severity", "") or _type_severity(event)
    service = text_of(event.get("service"))
    raw_starts_at = next((event[key] for key in STARTS_AT if event.get(key)), None)
    (starts_at, starts_mark), (ends_at, ends_mark) = read_instant(raw_starts_at), _ends_at(event)
    marks += sorted({mark for mark in (starts_mark, ends_mark) if mark})
    title = one_line(_first(event, TITLE)) or title_of(labels, annotations)
    dedup_key = _first(event, DEDUP_KEY)
    if not dedup_key:
        marks.append(Mark.FINGERPRINT_MADE)
    alert = IncomingAlert(
        fingerprint=bounded_key(dedup_key) if dedup_key else hash_of(title, service, labels),
        # Routes and classes look at labels only, so what an event says about itself is a label too.
        labels=labels | {k: v for k, v in (("severity", severity), ("service", service)) if v and k not in labels},
        annotations=annotations,
        starts_at=starts_at,
        ends_at=ends_at,
        resolved=state is State.RESOLVED,
        title=title or one_line(dedup_key) or unmapped_title(source_name),
        description=next((text_of(event[key]) for key in DESCRIPTION if event.get(key)), "")
        or annotations.get("description", ""),
        links=_links(event, marks),
        generator_url=safe_link(event.get("generatorURL")),
        severity=severity,
        dedup_key=dedup_key,
        raw_starts_at=text_of(raw_starts_at),
        marks=tuple(marks),
    )
    return state, alert


def unmapped_title(source_name: str) -> str:
    """What an event is called that says nothing that we understand."""
    return one_line(f"Unmapped event from {source_name or 'an unnamed source'}")


def _unmapped(event: object, source_name: str) -> IncomingAlert:
    """One alert per shape of event: the same strange sender does not open an incident each minute."""
    shape = sorted(event) if isinstance(event, dict) else type(event).__name__
    return IncomingAlert(
        fingerprint=hash_of("unmapped", shape),
        labels={},
        annotations={},
        starts_at=None,
        ends_at=None,
        resolved=False,
        title=unmapped_title(source_name),
        description=text_of(event),
        marks=(Mark.UNMAPPED,),
    )


def _state(event: Mapping[str, Any], marks: list[str]) -> State:
    """An event without a status fires, and so does one whose status we do not know."""
    status = next((event[key] for key in ("status", "state", "event_action") if event.get(key)), None)
    if status is None:
        return TYPE_WORDS.get(text_of(event.get("type")).strip().lower(), State.FIRING)
    state = STATUS_WORDS.get(text_of(status).strip().lower())
    if state is None:
        marks.append(Mark.STATUS_UNKNOWN)
    return state or State.FIRING


def _type_severity(event: Mapping[str, Any]) -> str:
    word = text_of(event.get("type")).strip().lower()
    return word if word in TYPE_SEVERITIES else ""


def _ends_at(event: Mapping[str, Any]) -> tuple[Any, Mark | None]:
    return read_instant(next((event[key] for key in ENDS_AT if event.get(key)), None))


def _first(event: Mapping[str, Any], keys: Sequence[str]) -> str:
    """The first of `keys` that says something in a word or a number."""
    return next((text_of(event[key]) for key in keys if event.get(key) and not isinstance(event[key], dict | list)), "")


def _mapping(value: object) -> dict[str, str]:
    """Labels as an object; a list becomes labels by its entries' own names, anything else nothing."""
    if isinstance(value, dict):
        return texts_of(value)
    if isinstance(value, list):
        return {text_of(one).partition("=")[0]: text_of(one).partition("=")[2] for one in value if one}
    return {}


def _links(event: Mapping[str, Any], marks: list[str]) -> tuple[tuple[str, str], ...]:
    """The http and https addresses of an event, each once, with what they are called."""
    found = [(LINK_NAMES.get(key, "Link"), event[key]) for key in LINK if event.get(key)]
    given = event.get("links")
    if isinstance(given, dict):
        found += [(one_line(name) or "Link", url) for name, url in given.items()]
    for one in given if isinstance(given, list) else [given] if isinstance(given, str) else []:
        if isinstance(one, dict):
            found.append((one_line(_first(one, ("text", "label", "title"))) or "Link", _first(one, ("href", "url"))))
        else:
            found.append(("Link", one))
    links: dict[str, str] = {}
    for name, value in found:
        if url := safe_link(value):
            links.setdefault(url, name)
        elif Mark.LINK_DROPPED not in marks:
            marks.append(Mark.LINK_DROPPED)
    return tuple((name, url) for url, name in links.items())
