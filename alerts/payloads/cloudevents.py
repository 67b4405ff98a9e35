"""CloudEvents in binary mode: the attributes are headers, the body is the data. Pure."""

import json
from collections.abc import Mapping
from urllib.parse import unquote

from alerts.payloads.alert import Malformed
from alerts.payloads.reading import read_value

PREFIX = "ce-"
MOST_ATTRIBUTES = 100


def structured(headers: Mapping[str, str], body: bytes, content_type: str) -> bytes:
    """The event as one JSON object, as structured mode has it; `body` itself when no header says otherwise."""
    named = {name.lower(): value for name, value in headers.items() if name.lower().startswith(PREFIX)}
    if f"{PREFIX}type" not in named:
        return body
    attributes = {
        name.removeprefix(PREFIX): unquote(value, errors="replace")
        for name, value in list(named.items())[:MOST_ATTRIBUTES]
    }
    data: object = None
    if body.strip():
        try:
            data = read_value(body, content_type).value
        except Malformed:
            data = body.decode(errors="replace")
    return json.dumps({**attributes, "data": data}).encode()
