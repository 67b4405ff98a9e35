"""One pure reader per format: bytes -> `Parsed`.

A new kind is a mapping in `presets/`, or one file here and one line in `READERS`.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from alerts.payloads.alert import IncomingAlert, Malformed, Mark, Oversize, Parsed, UnsupportedKind
from alerts.payloads.alertmanager import read_alertmanager
from alerts.payloads.generic import read_generic
from alerts.payloads.grafana import read_grafana
from alerts.payloads.mapping import compiled, read_mapped
from alerts.payloads.opsgenie import read_opsgenie
from alerts.payloads.pagerduty import read_pagerduty
from alerts.payloads.presets import NAMES as PRESETS
from alerts.payloads.presets import preset
from alerts.payloads.reading import Reading, read_value
from alerts.payloads.sns import unfolded

__all__ = [
    "MAPPED",
    "READERS",
    "IncomingAlert",
    "Malformed",
    "Mark",
    "Oversize",
    "Parsed",
    "UnsupportedKind",
    "parse",
]


def _read_preset(kind: str, reading: Reading, source_name: str = "") -> Parsed:
    return read_mapped(preset(kind), _opened(kind, reading), source_name)


def _opened(kind: str, reading: Reading) -> Reading:
    return unfolded(reading) if kind == "sns" else reading


READERS: Mapping[str, Callable[[Reading, str], Parsed]] = {
    **{kind: partial(_read_preset, kind) for kind in PRESETS},
    "alertmanager": read_alertmanager,
    "generic": read_generic,
    "grafana": read_grafana,
    "opsgenie": read_opsgenie,
    "pagerduty": read_pagerduty,
}
MAPPED = (PRESETS - {"grafana"}) | {"generic"}
"""Kinds whose sources may have a mapping of their own."""


def parse(
    kind: str,
    body: bytes,
    content_type: str = "",
    content_encoding: str = "",
    *,
    source_name: str = "",
    mapping: Any = None,  # noqa: ANN401 - JSON
) -> Parsed:
    """Read one delivery's body for a source of `kind`; `content_type` and `content_encoding` are the header's words.

    The source's own `mapping` comes before the kind's; what neither is for is read as generic JSON. Raises Malformed
    (its text is one sentence for the sender), UnsupportedKind (a Malformed), and Oversize (over 20 MB); nothing else,
    whatever the bytes.
    """
    reader = READERS.get(kind)
    if reader is None:
        raise UnsupportedKind(f"Alerts of the kind {kind[:50]!r} cannot be read yet.")
    reading = read_value(body, content_type, content_encoding)
    if mapping and kind in MAPPED:
        shapes = (*compiled(json.dumps(mapping, sort_keys=True)), *preset(kind))
        return read_mapped(shapes, _opened(kind, reading), source_name)
    return reader(reading, source_name)
