"""Alertmanager's webhook, versions 4 and 3. Pure.

Source of the rules: Alertmanager's `template.Data` and `webhook.Message`, and recorded deliveries of a real one. The
body's own `status` and `groupKey` decide nothing: a resolved alert comes in a body whose status is firing.
"""

from dataclasses import dataclass
from datetime import datetime

from alerts.payloads.alert import (
    IncomingAlert,
    Malformed,
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
from alerts.payloads.generic import looks_generic, read_generic
from alerts.payloads.instants import read_instant
from alerts.payloads.reading import Reading

STATUSES = {"firing": False, "resolved": True}
REASONS_KEPT = 10
MOST_TRUNCATED = 10**9
# Where an alert says what to open: annotation -> what the link is called.
LINK_ANNOTATIONS = {
    "runbook_url": "Runbook",
    "runbook": "Runbook",
    "playbook_url": "Playbook",
    "dashboard_url": "Dashboard",
    "dashboard": "Dashboard",
}
# What Grafana says of each alert beside Alertmanager's own fields.
LINK_FIELDS = {
    "dashboardURL": "Dashboard",
    "panelURL": "Panel",
    "silenceURL": "Silence it",
    "imageURL": "Picture",
}
NO_VERSION = (
    "The body has no `version`, so it is not an Alertmanager webhook: "
    "send a custom payload to a source of the kind generic."
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """Who speaks this format: its versions that we know, and what its own address is called."""

    name: str
    versions: tuple[str, ...]


ALERTMANAGER = Dialect("Alertmanager", ("4", "3"))


def read_alertmanager(reading: Reading, source_name: str = "", *, dialect: Dialect = ALERTMANAGER) -> Parsed:
    """Read one delivery. A body without `version` that looks like a generic event is read as one, with a mark.

    Raises Malformed when it is no such delivery or none of its alerts can be read; a good alert beside a bad one is
    kept, the bad one counted.
    """
    body = reading.value
    if not isinstance(body, dict):
        raise Malformed("The body must be a JSON object with `version` and `alerts`.")
    version = text_of(body.get("version"))
    if not version:
        if "alerts" not in body and looks_generic(body):
            return read_generic(reading, source_name, marks=(Mark.READ_AS_GENERIC,))
        raise Malformed(NO_VERSION)
    if "alerts" not in body:
        raise Malformed("The body has no `alerts`.")
    entries = body["alerts"] if body["alerts"] is not None else []  # Go writes an empty list as null
    if not isinstance(entries, list):
        raise Malformed("`alerts` must be a list.")
    marks = list(reading.marks)
    if version not in dialect.versions:
        marks.append(Mark.VERSION_UNKNOWN)
    labels = body.get("groupLabels")
    group_labels = texts_of(labels) if isinstance(labels, dict) else None
    external_url = safe_link(body.get("externalURL"))
    alerts, bad = _read_all(entries, group_labels, (dialect.name, external_url))
    if bad and not alerts:
        raise Malformed(bad[0])
    return Parsed(
        alerts=tuple(alerts),
        truncated=_truncated(body.get("truncatedAlerts"), marks),
        group_key=text_of(body.get("groupKey")),
        group_labels=group_labels,
        external_url=external_url,
        receiver=text_of(body.get("receiver")),
        bad=len(bad),
        bad_reasons=tuple(bad[:REASONS_KEPT]),
        marks=(*marks, Mark.BAD_ALERTS) if bad else tuple(marks),
    )


def _read_all(
    entries: list[object], group_labels: dict[str, str] | None, home: tuple[str, str]
) -> tuple[list[IncomingAlert], list[str]]:
    alerts: list[IncomingAlert] = []
    bad: list[str] = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            bad.append(f"Alert {number} is not an object.")
        elif not isinstance(entry.get("labels"), dict):
            bad.append(f"Alert {number} has no `labels` object.")
        else:
            alerts.append(read_alert(entry, group_labels, home))
    return alerts, bad


def read_alert(entry: dict[str, object], group_labels: dict[str, str] | None, home: tuple[str, str]) -> IncomingAlert:
    """One entry of `alerts`, which has an object of labels; `home` is what its sender is called and its address."""
    labels = texts_of(entry["labels"])  # type: ignore[arg-type]
    given = entry.get("annotations")
    annotations = texts_of(given) if isinstance(given, dict) else {}
    marks: list[str] = []
    resolved = _resolved(entry.get("status"), marks)
    raw_starts_at = entry.get("startsAt")
    starts_at = _instant(raw_starts_at, marks)
    generator_url = safe_link(entry.get("generatorURL"))
    fingerprint = text_of(entry.get("fingerprint"))
    if not fingerprint:  # version 3 has none
        fingerprint = hash_of(labels)
        marks.append(Mark.FINGERPRINT_MADE)
    return IncomingAlert(
        fingerprint=bounded_key(fingerprint),
        labels=labels,
        annotations=annotations,
        starts_at=starts_at,
        ends_at=_instant(entry.get("endsAt"), marks),
        resolved=resolved,
        title=title_of(labels, annotations) or one_line(f"Alert {fingerprint}"),
        description=annotations.get("description") or annotations.get("message") or _values(entry),
        links=_links(entry, annotations, generator_url, home, marks),
        generator_url=generator_url,
        group_labels=group_labels,
        severity=labels.get("severity", ""),
        raw_starts_at=text_of(raw_starts_at),
        marks=tuple(marks),
    )


def _resolved(status: object, marks: list[str]) -> bool:
    """An alert without a status that we know fires: a false page beats a missed one."""
    word = status.strip().lower() if isinstance(status, str) else ""
    if word not in STATUSES:
        marks.append(Mark.STATUS_UNKNOWN)
    return STATUSES.get(word, False)


def _instant(value: object, marks: list[str]) -> datetime | None:
    at, mark = read_instant(value)
    if mark and mark not in marks:
        marks.append(mark)
    return at


def _links(
    entry: dict[str, object], annotations: dict[str, str], generator_url: str, home: tuple[str, str], marks: list[str]
) -> tuple[tuple[str, str], ...]:
    links: dict[str, str] = {}  # address -> what it is called: each address once
    said = [(name, annotations.get(key)) for key, name in LINK_ANNOTATIONS.items()]
    said += [(name, entry.get(key)) for key, name in LINK_FIELDS.items() if key in entry]  # type: ignore[misc]
    for name, value in said:
        if value:
            if url := safe_link(value):
                links.setdefault(url, name)
            else:
                _drop(marks)
    if generator_url:
        links.setdefault(generator_url, "Source")
    elif entry.get("generatorURL"):
        _drop(marks)
    if home[1]:
        links.setdefault(home[1], home[0])
    return tuple((name, url) for url, name in links.items())


def _values(entry: dict[str, object]) -> str:
    """What Grafana measured, for an alert without a description."""
    return text_of(entry.get("valueString")) or text_of(entry.get("values") or None)


def _drop(marks: list[str]) -> None:
    if Mark.LINK_DROPPED not in marks:
        marks.append(Mark.LINK_DROPPED)


def _truncated(value: object, marks: list[str]) -> int:
    """How many alerts the sender left out. What cannot be read counts as one: a cut delivery never closes anything."""
    if value is None or value == "":
        return 0
    try:
        return max(0, min(int(value), MOST_TRUNCATED))  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError, OverflowError):
        marks.append(Mark.TRUNCATED_UNREADABLE)
        return 1
