"""What Alertmanager's own interface (`/api/v2`) says of alerts and silences. Pure.

Source of the rules: Alertmanager's `api/v2/openapi.yaml`. An alert here ends in the future while it fires, its status is
an object, and it names every receiver that it is routed to, of which we are one at most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alerts.payloads.alert import IncomingAlert, one_line, text_of, texts_of
from alerts.payloads.alertmanager import read_alert
from alerts.payloads.instants import read_instant


class NotThat(Exception):  # noqa: N818 - what answered is no Alertmanager, or said something that it never says
    """The answer cannot be believed; nothing may follow from it."""


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that Alertmanager holds now. `silenced_by` are ids of silences; inhibited ones have none."""

    alert: IncomingAlert
    suppressed: bool
    silenced_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hush:
    """A silence there: until when, who made it and why."""

    until: datetime
    by: str
    comment: str


def read_held(value: Any) -> dict[str, Held]:  # noqa: ANN401 - JSON
    """`GET /api/v2/alerts` by fingerprint. Raises NotThat for anything else: absence must not be read out of nonsense."""
    if not isinstance(value, list):
        raise NotThat
    return {one.alert.fingerprint: one for one in map(_held, value)}


def _held(entry: Any) -> Held:  # noqa: ANN401
    status = entry.get("status") if isinstance(entry, dict) else None
    if not isinstance(status, dict) or not isinstance(entry.get("labels"), dict) or not entry.get("fingerprint"):
        raise NotThat
    by = status.get("silencedBy")
    alert = read_alert({**entry, "status": "firing", "endsAt": None}, None, ("", ""))
    ids = tuple(text_of(one) for one in by) if isinstance(by, list) else ()
    return Held(alert, status.get("state") == "suppressed", ids)


def read_groups(value: Any, receivers: set[str]) -> dict[str, IncomingAlert]:  # noqa: ANN401
    """`GET /api/v2/alerts/groups`: the alerts that one of `receivers` is told of, with the labels of their group."""
    if not isinstance(value, list):
        raise NotThat
    found: dict[str, IncomingAlert] = {}
    for group in value:
        receiver = group.get("receiver") if isinstance(group, dict) else None
        if not isinstance(receiver, dict) or text_of(receiver.get("name")) not in receivers:
            continue
        labels = group.get("labels")
        shared = texts_of(labels) if isinstance(labels, dict) else {}
        for one in read_held(group.get("alerts")).values():
            found[one.alert.fingerprint] = replace(one.alert, group_labels=shared)
    return found


def read_up_since(value: Any) -> datetime:  # noqa: ANN401
    """`GET /api/v2/status`: since when it runs. Raises NotThat."""
    at = read_instant(value.get("uptime"))[0] if isinstance(value, dict) else None
    if at is None:
        raise NotThat
    return at


def read_hush(value: Any) -> Hush:  # noqa: ANN401
    """`GET /api/v2/silence/{id}`. Raises NotThat."""
    until = read_instant(value.get("endsAt"))[0] if isinstance(value, dict) else None
    if until is None:
        raise NotThat
    return Hush(until, one_line(text_of(value.get("createdBy")), 100), one_line(text_of(value.get("comment"))))
