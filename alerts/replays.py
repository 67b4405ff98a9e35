"""Signed messages that come twice: the second one decides nothing.

Standard Webhooks, Slack and Grafana may sign a time, and Amazon does: an old one is refused (`alerts.signatures`,
`alerts.sns`). GitHub and Sentry sign the body alone: their delivery ids and times stand in headers that anybody may change,
but the body names its run or event with its times, so no honest one is ever the same twice but for a retry. It is answered
2xx, for the sender has done right, and stands under the deliveries with the mark `replayed`. The window is as long as bodies
are kept (`BODIES_KEPT`). Grafana without a time tells with each alert when it began, which makes a second copy a duplicate
(`alerts.episodes`). Whoever signs generic JSON signs a time too: there an equal body may well be news.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from alerts.door import Reader
from alerts.models import Source
from alerts.payloads import Parsed

NEVER_TWICE = frozenset({"github", "sentry"})
"""Kinds whose signed bodies are never the same twice."""


def named(kind: str, source: Source, read: Reader) -> Reader:
    """`read`, and where `source` is signed and of such a kind, each body has a name of its own."""
    if not source.signing_secret or kind not in NEVER_TWICE:
        return read

    def once(body: bytes, content_type: str) -> Parsed:
        return replace(read(body, content_type), once=name_of(kind, body))

    return once


def name_of(kind: str, said: bytes) -> str:
    """A name for what was said, as long as the digest of a body."""
    return sha256(kind.encode() + b" " + said).hexdigest()
