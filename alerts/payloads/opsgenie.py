"""Opsgenie's Alert API (and Jira Service Management's, which is the same): an alert is made, then spoken of by its alias. Pure.

Source of the rules: intake rules, "Opsgenie / JSM Alert API". Values that are too long are cut for display, never refused.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from alerts.payloads.alert import (
    IncomingAlert,
    Malformed,
    Mark,
    Parsed,
    bounded_key,
    details_of,
    one_line,
    text_of,
)
from alerts.payloads.reading import Reading

PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
TEXTS = ("entity", "source")
MOST_TAGS = 100
TAG_LENGTH = 50
NOTE_LENGTH = 20_000


class MessageMissing(Malformed):
    """The one field that an alert must have."""

    def __init__(self) -> None:
        super().__init__("`message` can not be empty.")


def read_opsgenie(reading: Reading, source_name: str = "") -> Parsed:
    """Read one request that makes an alert; without an alias it gets one. Raises Malformed (MessageMissing)."""
    body = object_of(reading)
    message = text_in(body, "message")
    if not message:
        raise MessageMissing
    marks: list[str] = []
    alias = text_in(body, "alias") or str(uuid.uuid4())
    labels, annotations = details_of(body.get("details"))
    labels |= {name: text[:200] for name in TEXTS if (text := text_in(body, name))}
    if tags := tags_of(body):
        labels["tags"] = tags
    if responders := _responders(body):
        labels["responders"] = responders
    if text_in(body, "priority"):
        labels |= priority_of(body, marks)
    for name in ("description", "user", "note"):
        if text := text_in(body, name):
            annotations[name] = text
    alert = IncomingAlert(
        fingerprint=bounded_key(alias),
        labels=labels,
        annotations={"summary": message, "alias": alias} | annotations,
        starts_at=None,
        ends_at=None,
        resolved=False,
        title=one_line(message) or one_line(alias) or "Opsgenie alert",
        description=annotations.get("description", ""),
        severity=labels.get("priority", ""),
        dedup_key=alias,
        marks=tuple(marks),
        event=True,
    )
    return Parsed(alerts=(alert,), marks=reading.marks, dedup_key=alias)


def named(fingerprint: str, *, resolved: bool = False) -> IncomingAlert:
    """A word about an alert that is known by its fingerprint already."""
    return IncomingAlert(
        fingerprint=fingerprint,
        labels={},
        annotations={},
        starts_at=None,
        ends_at=None,
        resolved=resolved,
        title=one_line(fingerprint) or "Opsgenie alert",
        event=True,
    )


def object_of(reading: Reading) -> Mapping[str, Any]:
    """The body's object. Raises Malformed for any other value."""
    if not isinstance(reading.value, dict):
        raise Malformed("The body must be a JSON object.")
    return reading.value


def text_in(body: Mapping[str, Any], name: str) -> str:
    """A word or a number of the body; "" for what is neither."""
    value = body.get(name)
    return text_of(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def tags_of(body: Mapping[str, Any], before: str = "") -> str:
    """The tags as one label, each once, after those that were there before."""
    given = body.get("tags")
    listed = given if isinstance(given, list) else text_of(given).split(",") if given else []
    found = [one for one in before.split(",") if one] + [
        one_line(text_of(one), TAG_LENGTH) for one in listed[:MOST_TAGS]
    ]
    return ",".join(list(dict.fromkeys(one for one in found if one))[:MOST_TAGS])


def priority_of(body: Mapping[str, Any], marks: list[str]) -> dict[str, str]:
    """The priority as a label; nothing for one that is none, which leaves a mark."""
    word = text_in(body, "priority").upper()
    if word in PRIORITIES:
        return {"priority": word}
    marks.append(Mark.STATUS_UNKNOWN)
    return {}


def _responders(body: Mapping[str, Any]) -> str:
    given = body.get("responders") or body.get("teams")
    people = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    names = (text_in(one, "name") or text_in(one, "username") or text_in(one, "id") for one in people)
    return ",".join(one_line(name, 100) for name in names if name)[:1000]
