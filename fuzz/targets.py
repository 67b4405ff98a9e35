"""What is fuzzed: bytes -> one parser. A target returns whatever its parser may say, and raises what it must not.

The nightly run, the cases that it found (`tests/fixtures/fuzzed`) and the tests with Hypothesis share this table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from alerts.payloads import READERS, Malformed, Oversize, Parsed, parse
from alerts.payloads.alertmanager_api import NotThat, read_groups, read_held, read_hush, read_up_since
from alerts.payloads.cloudevents import structured
from alerts.payloads.goalert import fields_of
from alerts.payloads.instants import read_instant
from alerts.payloads.mail import mail_as_json
from alerts.payloads.mapping import compile_mapping, read_mapped
from alerts.payloads.pagerduty import read_change, read_version_1
from alerts.payloads.presets import NAMES
from alerts.payloads.reading import Reading, read_value
from alerts.payloads.selectors import compile_selector
from alerts.payloads.sns_signature import certificate_url, confirmation_url, is_signed

Target = Callable[[bytes], None]
REFUSALS = (Malformed, Oversize)
TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "text/plain")
ENCODINGS = ("", "gzip", "deflate", "br")
PRESETS = tuple(sorted(NAMES))


def _read(kind: str, body: bytes, content_type: str = "", content_encoding: str = "", mapping: Any = None) -> Parsed:
    """What a reader gives, held to what everybody relies on."""
    parsed = parse(kind, body, content_type, content_encoding, source_name="x", mapping=mapping)
    for alert in (*parsed.alerts, *parsed.acks):
        if not alert.title or not 0 < len(alert.fingerprint) <= 128:  # noqa: PLR2004
            raise AssertionError(f"an alert without a name: {alert!r}")
        if not all(url.lower().startswith(("http://", "https://")) for _label, url in alert.links):
            raise AssertionError(f"a link that is none: {alert.links!r}")
        json.dumps([alert.labels, alert.annotations, alert.description]).encode()
    return parsed


def _of_kind(kind: str) -> Target:
    def target(data: bytes) -> None:
        with suppress(*REFUSALS):
            _read(kind, data)

    return target


def _value(data: bytes) -> Any:
    with suppress(*REFUSALS):
        return read_value(data, "application/json").value
    return None


def _reading(data: bytes) -> None:
    """The first byte tells type and encoding."""
    with suppress(*REFUSALS):
        pick = data[0] if data else 0
        _read("generic", data[1:], TYPES[pick % len(TYPES)], ENCODINGS[pick // len(TYPES) % len(ENCODINGS)])


def _presets(data: bytes) -> None:
    """The first byte tells whose."""
    with suppress(*REFUSALS):
        _read(PRESETS[data[0] % len(PRESETS)] if data else PRESETS[0], data[1:])


def _mapping(data: bytes) -> None:
    """The first line is a mapping, the rest a body."""
    line, _newline, body = data.partition(b"\n")
    mapping = _value(line)
    with suppress(ValueError):
        shapes = compile_mapping(mapping)
        with suppress(*REFUSALS):
            read_mapped(shapes, read_value(body), "x")
    with suppress(*REFUSALS):
        _read("generic", body, mapping=mapping)


def _selectors(data: bytes) -> None:
    line, _newline, body = data.partition(b"\n")
    event = _value(body)
    with suppress(ValueError):
        compile_selector(_value(line))(event, event)


def _mail(data: bytes) -> None:
    with suppress(*REFUSALS):
        _read("generic", mail_as_json(data), "application/json")


def _pagerduty(data: bytes) -> None:
    for read in (read_version_1, read_change):
        with suppress(*REFUSALS):
            read(Reading(_value(data)))
    with suppress(*REFUSALS):
        _read("pagerduty", data)


def _cloudevents(data: bytes) -> None:
    """The first line is a header's value."""
    line, _newline, body = data.partition(b"\n")
    with suppress(*REFUSALS):
        _read("cloudevents", structured({"ce-type": line.decode("latin-1"), "ce-id": "1"}, body, ""))


def _sns(data: bytes) -> None:
    value = _value(data)
    if isinstance(value, dict):
        certificate_url(value)
        confirmation_url(value)
        is_signed(value, str(value.get("certificate", "")))
    with suppress(*REFUSALS):
        _read("sns", data)


def _alertmanager_api(data: bytes) -> None:
    value = _value(data)
    for read in (read_held, read_up_since, read_hush, lambda one: read_groups(one, {"ours"})):
        with suppress(NotThat):
            read(value)


def _instants(data: bytes) -> None:
    read_instant(data.decode(errors="replace"))
    read_instant(_value(data))


def _goalert(data: bytes) -> None:
    """The first line stands in the address."""
    line, _newline, body = data.partition(b"\n")
    with suppress(*REFUSALS):
        _read("goalert" if "goalert" in READERS else "generic", fields_of(line.decode("latin-1"), body))


TARGETS: Mapping[str, Target] = {
    **{kind: _of_kind(kind) for kind in ("alertmanager", "generic", "grafana", "opsgenie")},
    "alertmanager_api": _alertmanager_api,
    "cloudevents": _cloudevents,
    "goalert": _goalert,
    "instants": _instants,
    "mail": _mail,
    "mapping": _mapping,
    "pagerduty": _pagerduty,
    "presets": _presets,
    "reading": _reading,
    "selectors": _selectors,
    "sns": _sns,
}
