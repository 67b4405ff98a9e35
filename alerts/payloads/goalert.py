"""GoAlert's generic API: `summary`, `details`, `action`, `dedup` in the address, in a form or in JSON. Pure."""

import json
from urllib.parse import parse_qsl

from alerts.payloads.alert import Malformed
from alerts.payloads.reading import MAX_FORM_FIELDS, read_value

SECRETS = frozenset({"token", "integrationkey", "key"})


def fields_of(query: str, body: bytes, content_type: str = "") -> bytes:
    """What address and body say together, as JSON, without the key; the body's words win.

    Raises Malformed for a body that cannot be read, and without a summary, as GoAlert refuses it.
    """
    try:
        named = parse_qsl(query, max_num_fields=MAX_FORM_FIELDS, errors="replace")
    except ValueError:
        raise Malformed("The address has too many parameters.") from None
    said: dict[str, object] = {name: value for name, value in named if name.lower() not in SECRETS}
    if body.strip():
        value = read_value(body, content_type).value
        if not isinstance(value, dict):
            raise Malformed("The body must be a form or a JSON object.")
        said |= {name: one for name, one in value.items() if name.lower() not in SECRETS}
    if not said.get("summary"):
        raise Malformed("`summary` is required.")
    return json.dumps(said).encode()
