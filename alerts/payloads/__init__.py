"""One pure reader per format: bytes -> `Parsed`. A new kind is one file here and one line in `READERS`."""

from collections.abc import Callable, Mapping

from alerts.payloads.alert import IncomingAlert, Malformed, Mark, Oversize, Parsed, UnsupportedKind
from alerts.payloads.alertmanager import read_alertmanager
from alerts.payloads.generic import read_generic
from alerts.payloads.opsgenie import read_opsgenie
from alerts.payloads.pagerduty import read_pagerduty
from alerts.payloads.reading import Reading, read_value

__all__ = ["READERS", "IncomingAlert", "Malformed", "Mark", "Oversize", "Parsed", "UnsupportedKind", "parse"]

READERS: Mapping[str, Callable[[Reading, str], Parsed]] = {
    "alertmanager": read_alertmanager,
    "generic": read_generic,
    "opsgenie": read_opsgenie,
    "pagerduty": read_pagerduty,
}


def parse(
    kind: str, body: bytes, content_type: str = "", content_encoding: str = "", *, source_slug: str = ""
) -> Parsed:
    """Read one delivery's body for a source of `kind`; `content_type` and `content_encoding` are the header's words.

    Raises Malformed (its text is one sentence for the sender), UnsupportedKind (a Malformed), and Oversize (over
    20 MB); nothing else, whatever the bytes.
    """
    reader = READERS.get(kind)
    if reader is None:
        raise UnsupportedKind(f"Alerts of the kind {kind[:50]!r} cannot be read yet.")
    return reader(read_value(body, content_type, content_encoding), source_slug)
